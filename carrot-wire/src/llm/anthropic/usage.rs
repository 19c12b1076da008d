use serde_json::Value;

use crate::llm::Usage;
use crate::llm::usage::{count, detail, sum};

/// Reads a `usage` object. Its `input_tokens` leave out what was read from or written to the cache.
pub(in crate::llm) fn usage(usage: &Value) -> Usage {
    let fresh = count(usage, &["input_tokens"]);
    let cached = count(usage, &["cache_read_input_tokens"]);
    let kinds = detail(usage, &["cache_creation"]);
    let for_an_hour = count(kinds, &["ephemeral_1h_input_tokens"]);
    let for_minutes = count(kinds, &["ephemeral_5m_input_tokens"]);
    let written = count(usage, &["cache_creation_input_tokens"]);
    let written = written.or_else(|| sum([for_minutes, for_an_hour]));
    let thinking = detail(usage, &["output_tokens_details"]);
    Usage {
        input: sum([fresh, cached, written]),
        output: count(usage, &["output_tokens"]),
        cached,
        cache_write: written,
        // Written as zero in every answer.
        cache_write_1h: for_an_hour.filter(|tokens| *tokens > 0),
        reasoning: count(thinking, &["thinking_tokens", "reasoning_tokens"]),
        ..Usage::default()
    }
    .totalled()
}
