//! Ollama's own dialect: JSON lines, of which the last one counts.

mod embed;
mod generate;

use super::embeddings::Embeddings;
use serde_json::Value;

use super::body::Reader;
use super::usage::count;
use super::{Endpoint, Usage};

/// The reader of an endpoint's answers.
pub(super) fn reader(endpoint: Endpoint) -> Box<dyn Reader> {
    match endpoint {
        Endpoint::OllamaEmbed => Box::new(Embeddings::<embed::Answer>::default()),
        _ => Box::new(generate::Generate::default()),
    }
}

/// Reads the counts of an answer's last line.
pub(super) fn usage(answer: &Value) -> Usage {
    Usage {
        input: count(answer, &["prompt_eval_count"]),
        output: count(answer, &["eval_count"]),
        ..Usage::default()
    }
    .totalled()
}
