use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::llm::error::take_error;
use crate::llm::{LlmCall, embeddings};

/// Of `/api/embed` and the older `/api/embeddings`.
#[derive(Deserialize)]
pub(super) struct Answer {
    embedding: Option<IgnoredAny>,
    embeddings: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    model: Value,
    #[serde(default)]
    prompt_eval_count: Value,
    #[serde(default)]
    error: Value,
}

impl embeddings::Answer for Answer {
    fn count(&self) -> Option<usize> {
        let many = self.embeddings.as_ref().map(Vec::len);
        many.or(self.embedding.map(|_| 1))
    }

    fn tell(self, call: &mut LlmCall) {
        call.model = self.model.as_str().map(str::to_owned);
        call.usage = super::usage(&json!({ "prompt_eval_count": self.prompt_eval_count }));
        take_error(call, &json!({ "error": self.error }));
    }
}
