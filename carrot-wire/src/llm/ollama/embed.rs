use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::error::take_error;

/// `/api/embed` and the older `/api/embeddings`: embeddings are counted, never kept.
#[derive(Default)]
pub(super) struct Embed {
    count: Option<usize>,
}

/// The vectors are skipped while reading.
#[derive(Deserialize)]
struct Answer {
    embedding: Option<IgnoredAny>,
    embeddings: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    model: Value,
    #[serde(default)]
    prompt_eval_count: Value,
    #[serde(default)]
    error: Value,
}

impl Reader for Embed {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let answer: Answer = serde_json::from_slice(body)?;
        let many = answer.embeddings.map(|it| it.len());
        self.count = many.or(answer.embedding.map(|_| 1));
        call.model = answer.model.as_str().map(str::to_owned);
        call.usage = super::usage(&json!({ "prompt_eval_count": answer.prompt_eval_count }));
        take_error(call, &json!({ "error": answer.error }));
        Ok(())
    }

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
