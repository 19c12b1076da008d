//! Embeddings, in whatever dialect: they are counted, never kept. An answer can hold millions of numbers, so
//! they are skipped while it is read.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::LlmCall;
use super::body::Reader;
use super::error::take_error;

/// What an answer with embeddings says in one dialect.
pub(super) trait Answer: DeserializeOwned {
    /// How many there are, if it has any.
    fn count(&self) -> Option<usize>;

    /// Writes all else into the call.
    fn tell(self, call: &mut LlmCall);
}

/// Reads such an answer.
pub(super) struct Embeddings<A> {
    count: Option<usize>,
    answer: PhantomData<A>,
}

impl<A> Default for Embeddings<A> {
    fn default() -> Self {
        Embeddings {
            count: None,
            answer: PhantomData,
        }
    }
}

impl<A: Answer> Reader for Embeddings<A> {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let answer: A = serde_json::from_slice(body)?;
        self.count = answer.count();
        answer.tell(call);
        Ok(())
    }

    /// None of them is streamed.
    fn event(&mut self, call: &mut LlmCall, event: Value) -> bool {
        take_error(call, &event);
        false
    }

    fn settled(&self) -> bool {
        false
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        if let Some(count) = self.count {
            call.output = json!({ "embeddings_count": count });
        }
    }
}
