use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::take_common;
use crate::llm::{LlmCall, embeddings};

/// Of `/v1/embeddings`.
#[derive(Deserialize)]
pub(super) struct Answer {
    data: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    model: Value,
    #[serde(default)]
    usage: Value,
    #[serde(default)]
    error: Value,
}

impl embeddings::Answer for Answer {
    fn count(&self) -> Option<usize> {
        self.data.as_ref().map(Vec::len)
    }

    fn tell(self, call: &mut LlmCall) {
        let Answer {
            model,
            usage,
            error,
            ..
        } = self;
        take_common(
            call,
            &json!({ "model": model, "usage": usage, "error": error }),
        );
    }
}
