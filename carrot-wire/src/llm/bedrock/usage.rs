use serde_json::Value;

use crate::llm::Usage;
use crate::llm::usage::{count, sum};

/// Reads a `usage` object of Converse. Its `inputTokens` leave out what was read from or written to the
/// cache.
pub(super) fn usage(usage: &Value) -> Usage {
    let one = |name: &str| count(usage, &[name]);
    let cached = count(usage, &["cacheReadInputTokens", "cacheReadInputTokenCount"]);
    let written = count(
        usage,
        &["cacheWriteInputTokens", "cacheWriteInputTokenCount"],
    );
    let input = sum([one("inputTokens"), cached, written]);
    let output = one("outputTokens");
    Usage {
        input,
        output,
        total: sum([input, output]).or(one("totalTokens")),
        cached,
        cache_write: written,
        ..Usage::default()
    }
}

/// Reads `amazon-bedrock-invocationMetrics`, with which a stream of InvokeModel ends.
pub(super) fn metrics(metrics: &Value) -> Usage {
    let one = |name: &str| count(metrics, &[name]);
    let cached = one("cacheReadInputTokenCount");
    let written = one("cacheWriteInputTokenCount");
    Usage {
        input: sum([one("inputTokenCount"), cached, written]),
        output: one("outputTokenCount"),
        cached,
        cache_write: written,
        ..Usage::default()
    }
    .totalled()
}
