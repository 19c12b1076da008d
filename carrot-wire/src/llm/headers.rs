//! What the headers of an answer say.

use serde_json::{Map, Value};

use super::Exchange;

/// The most rate-limit headers that are kept of one answer, and the longest value.
const MAX_LIMITS: usize = 40;
const MAX_VALUE: usize = 100;

/// How much more may be asked for: `x-ratelimit-*`, `anthropic-ratelimit-*` and `retry-after`, by
/// their names in lower case; whole numbers as numbers, anything else as it was written.
pub(super) fn rate_limit(exchange: &Exchange<'_>) -> Map<String, Value> {
    let kept = exchange.headers.iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let is_limit = name == "retry-after"
            || name.starts_with("x-ratelimit-")
            || name.starts_with("anthropic-ratelimit-");
        (is_limit && name.len() <= MAX_VALUE && value.len() <= MAX_VALUE).then(|| {
            let number = value.trim().parse::<u64>().map(Value::from);
            (name, number.unwrap_or_else(|_| (*value).into()))
        })
    });
    kept.take(MAX_LIMITS).collect()
}

/// Whether the answer came through a LiteLLM proxy.
pub(super) fn is_litellm(exchange: &Exchange<'_>) -> bool {
    let mut names = exchange.headers.iter().map(|(name, _)| name.as_bytes());
    names.any(|name| {
        let prefix = name.get(..10);
        prefix.is_some_and(|it| it.eq_ignore_ascii_case(b"x-litellm-"))
    })
}

/// What the server says that the call cost, in USD: in LiteLLM's header, or in the body, as `said`.
/// The head of a stream is sent before its cost is known, and may say zero.
pub(super) fn cost(exchange: &Exchange<'_>, streamed: bool, said: Option<f64>) -> Option<f64> {
    let header = exchange.header("x-litellm-response-cost");
    let header: Option<f64> = header.and_then(|it| it.trim().parse().ok());
    let header = header.filter(|cost| cost.is_finite() && *cost >= 0.0);
    if streamed {
        said.or(header.filter(|cost| *cost > 0.0))
    } else {
        header.or(said)
    }
}
