use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::take_common;
use crate::llm::LlmCall;
use crate::llm::body::Reader;

/// Embeddings are counted, never kept.
#[derive(Default)]
pub(super) struct Embeddings {
    count: Option<usize>,
}

/// The vectors are skipped while reading: a batch of them can hold millions of numbers.
#[derive(Deserialize)]
struct Answer {
    data: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    model: Value,
    #[serde(default)]
    usage: Value,
    #[serde(default)]
    error: Value,
}

impl Reader for Embeddings {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let Answer {
            data,
            model,
            usage,
            error,
        } = serde_json::from_slice(body)?;
        self.count = data.map(|it| it.len());
        take_common(
            call,
            &json!({ "model": model, "usage": usage, "error": error }),
        );
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, event: Value) -> bool {
        take_common(call, &event);
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
