use serde_json::Value;

use crate::llm::Usage;
use crate::llm::usage::{count, detail, sum};

/// Reads a `usage` object. Its `input_tokens` leave out what was read from or written to the cache.
pub(in crate::llm) fn usage(usage: &Value) -> Usage {
    let fresh = count(usage, &["input_tokens"]);
    let cached = count(usage, &["cache_read_input_tokens"]);
    let written = count(usage, &["cache_creation_input_tokens"]).or_else(|| {
        // By how long it is kept, where the sum is not given.
        let kinds = detail(usage, &["cache_creation"]);
        sum([
            count(kinds, &["ephemeral_5m_input_tokens"]),
            count(kinds, &["ephemeral_1h_input_tokens"]),
        ])
    });
    let thinking = detail(usage, &["output_tokens_details"]);
    Usage {
        input: sum([fresh, cached, written]),
        output: count(usage, &["output_tokens"]),
        cached,
        cache_write: written,
        reasoning: count(thinking, &["thinking_tokens", "reasoning_tokens"]),
        ..Usage::default()
    }
    .totalled()
}
