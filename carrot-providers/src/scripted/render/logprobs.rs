//! Log probabilities, for requests that ask for them: each word of the answer is a token.

use serde_json::{Value, json};

/// The log probability of the n-th token: eighths, which are exact.
pub(super) fn of(index: usize) -> f64 {
    -((index + 1) as f64) / 8.0
}

/// The id that a token would have in a vocabulary.
pub(super) fn id(index: usize) -> usize {
    1000 + index
}

/// A token as OpenAI and Ollama describe it, with so many alternatives, of which the first is itself.
pub(super) fn token(index: usize, token: &str, alternatives: u64) -> Value {
    let described = |token: &str, logprob: f64| json!({ "token": token, "logprob": logprob, "bytes": token.as_bytes() });
    let alternative = |rank: u64| match rank {
        0 => described(token, of(index)),
        _ => described(&format!("other{rank}"), of(index) - rank as f64),
    };
    let mut token = described(token, of(index));
    token["top_logprobs"] = (0..alternatives.min(20)).map(alternative).collect();
    token
}
