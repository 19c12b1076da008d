use serde_json::Value;

use crate::llm::Usage;
use crate::llm::usage::{count, sum};

/// Reads a `usage` object of Converse. Its `inputTokens` leave out what was read from or written to the
/// cache.
pub(in crate::llm) fn usage(usage: &Value) -> Usage {
    let one = |name: &str| count(usage, &[name]);
    let cached = count(usage, &["cacheReadInputTokens", "cacheReadInputTokenCount"]);
    let written = count(
        usage,
        &["cacheWriteInputTokens", "cacheWriteInputTokenCount"],
    );
    let kept = usage.get("cacheDetails").and_then(Value::as_array);
    let for_an_hour = kept.into_iter().flatten().filter(|it| it["ttl"] == "1h");
    let for_an_hour = for_an_hour.filter_map(|it| count(it, &["inputTokens"]));
    let input = sum([one("inputTokens"), cached, written]);
    let output = one("outputTokens");
    Usage {
        input,
        output,
        total: sum([input, output]).or(one("totalTokens")),
        cached,
        cache_write: written,
        cache_write_1h: for_an_hour.reduce(u64::saturating_add),
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
