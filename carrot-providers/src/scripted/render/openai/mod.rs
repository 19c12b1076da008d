//! OpenAI's chat completions, completions, responses and embeddings.

pub(super) mod chat;
pub(super) mod completions;
pub(super) mod responses;
pub(super) mod embeddings;

use serde_json::{Value, json};

use super::super::reply::TokenUsage;
use super::Page;

/// Usage in the words of chat completions.
fn usage(page: &Page<'_>) -> Value {
    let TokenUsage {
        input,
        output,
        cached,
        cache_write,
        reasoning,
    } = page.usage;
    json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input + output,
        "prompt_tokens_details": { "cached_tokens": cached, "cache_write_tokens": cache_write },
        "completion_tokens_details": { "reasoning_tokens": reasoning },
    })
}
