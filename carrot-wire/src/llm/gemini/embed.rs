use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::llm::error::take_error;
use crate::llm::{LlmCall, embeddings};

/// Of `embedContent` and `batchEmbedContents`.
#[derive(Deserialize)]
pub(super) struct Answer {
    embedding: Option<IgnoredAny>,
    embeddings: Option<Vec<IgnoredAny>>,
    #[serde(default, rename = "usageMetadata")]
    usage: Value,
    #[serde(default)]
    error: Value,
}

impl embeddings::Answer for Answer {
    fn count(&self) -> Option<usize> {
        let many = self.embeddings.as_ref().map(Vec::len);
        many.or(self.embedding.map(|_| 1))
    }

    fn tell(self, call: &mut LlmCall) {
        call.usage = super::usage(&self.usage);
        take_error(call, &json!({ "error": self.error }));
    }
}
