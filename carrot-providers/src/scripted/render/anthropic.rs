//! Anthropic's messages.

use serde_json::{Value, json};

use super::super::reply::TokenUsage;
use super::{Page, fragments, frame, parsed, words};

/// What signs a thinking block.
const SIGNATURE: &str = "c2NyaXB0ZWQ=";

/// A block of content: how it starts, what comes in pieces, and the whole of it.
struct Block {
    start: Value,
    deltas: Vec<Value>,
    whole: Value,
}

pub(super) fn whole(page: &Page<'_>) -> Value {
    let content: Vec<Value> = blocks(page).into_iter().map(|it| it.whole).collect();
    let mut message = message(page, usage(page));
    message["content"] = content.into();
    message["stop_reason"] = json!(stop_reason(page));
    message
}

/// The events of a stream, each with its name.
pub(super) fn events(page: &Page<'_>) -> Vec<String> {
    let mut at_start = usage(page);
    at_start["output_tokens"] = json!(1);
    let mut events = vec![
        json!({ "type": "message_start", "message": message(page, at_start) }),
        json!({ "type": "ping" }),
    ];
    for (index, block) in blocks(page).into_iter().enumerate() {
        events.push(
            json!({ "type": "content_block_start", "index": index, "content_block": block.start }),
        );
        for delta in block.deltas {
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    let delta = json!({ "stop_reason": stop_reason(page), "stop_sequence": null });
    events.push(json!({ "type": "message_delta", "delta": delta, "usage": usage(page) }));
    events.push(json!({ "type": "message_stop" }));
    let named = |event: &Value| frame::event(event["type"].as_str().unwrap_or_default(), event);
    events.iter().map(named).collect()
}

fn blocks(page: &Page<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(thinking) = &page.answer.reasoning {
        let delta = |word| json!({ "type": "thinking_delta", "thinking": word });
        let mut deltas: Vec<Value> = words(thinking).into_iter().map(delta).collect();
        deltas.push(json!({ "type": "signature_delta", "signature": SIGNATURE }));
        blocks.push(Block {
            start: json!({ "type": "thinking", "thinking": "", "signature": "" }),
            deltas,
            whole: json!({ "type": "thinking", "thinking": thinking, "signature": SIGNATURE }),
        });
    }
    if let Some(text) = &page.answer.text {
        let delta = |word| json!({ "type": "text_delta", "text": word });
        blocks.push(Block {
            start: json!({ "type": "text", "text": "" }),
            deltas: words(text).into_iter().map(delta).collect(),
            whole: json!({ "type": "text", "text": text }),
        });
    }
    for (index, (name, arguments)) in page.answer.calls.iter().enumerate() {
        let delta = |piece| json!({ "type": "input_json_delta", "partial_json": piece });
        let call = |input: Value| json!({ "type": "tool_use", "id": format!("toolu_scripted_{}_{index}", page.number), "name": name, "input": input });
        let mut pieces = fragments(arguments);
        // The first one is always empty.
        pieces.insert(0, String::new());
        blocks.push(Block {
            start: call(json!({})),
            deltas: pieces.into_iter().map(delta).collect(),
            whole: call(parsed(arguments)),
        });
    }
    blocks
}

fn message(page: &Page<'_>, usage: Value) -> Value {
    json!({
        "id": format!("msg_scripted_{}", page.number),
        "type": "message",
        "role": "assistant",
        "model": page.request.model(),
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage,
    })
}

/// Anthropic's input has neither what was read from the cache nor what was written to it.
fn usage(page: &Page<'_>) -> Value {
    let TokenUsage {
        input,
        output,
        cached,
        cache_write,
        ..
    } = page.usage;
    json!({
        "input_tokens": input.saturating_sub(cached + cache_write),
        "cache_creation_input_tokens": cache_write,
        "cache_read_input_tokens": cached,
        "cache_creation": { "ephemeral_5m_input_tokens": cache_write, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn stop_reason<'a>(page: &'a Page<'_>) -> &'a str {
    match page.finish_reason() {
        "stop" => "end_turn",
        "tool_calls" => "tool_use",
        "length" => "max_tokens",
        "content_filter" => "refusal",
        other => other,
    }
}
