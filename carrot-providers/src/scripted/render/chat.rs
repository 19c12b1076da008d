use serde_json::{Value, json};

use super::{CREATED, Page, words};

pub(super) fn whole(page: &Page<'_>) -> Value {
    let answer = page.answer;
    let mut message = json!({ "role": "assistant", "content": answer.text, "refusal": null });
    if let Some(reasoning) = &answer.reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    if !answer.calls.is_empty() {
        let call = |(index, (name, arguments)): (usize, &(String, String))| {
            let function = json!({ "name": name, "arguments": arguments });
            json!({ "id": page.call_id(index), "type": "function", "function": function })
        };
        message["tool_calls"] = answer.calls.iter().enumerate().map(call).collect();
    }
    json!({
        "id": page.id("chatcmpl"),
        "object": "chat.completion",
        "created": CREATED,
        "model": page.request.model(),
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": page.finish_reason() }],
        "usage": page.usage(),
    })
}

pub(super) fn chunks(page: &Page<'_>) -> Vec<Value> {
    let answer = page.answer;
    let chunk = |choices: Value| {
        json!({
            "id": page.id("chatcmpl"),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": page.request.model(),
            "choices": choices,
        })
    };
    let delta = |delta: Value| {
        chunk(json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }]))
    };
    let mut chunks = vec![delta(json!({ "role": "assistant", "content": "" }))];
    for part in answer.reasoning.as_deref().map(words).unwrap_or_default() {
        chunks.push(delta(json!({ "reasoning_content": part })));
    }
    for part in answer.text.as_deref().map(words).unwrap_or_default() {
        chunks.push(delta(json!({ "content": part })));
    }
    for (index, (name, arguments)) in answer.calls.iter().enumerate() {
        let function = json!({ "name": name, "arguments": "" });
        let call = json!({ "index": index, "id": page.call_id(index), "type": "function", "function": function });
        chunks.push(delta(json!({ "tool_calls": [call] })));
        for part in fragments(arguments) {
            let call = json!({ "index": index, "function": { "arguments": part } });
            chunks.push(delta(json!({ "tool_calls": [call] })));
        }
    }
    chunks.push(chunk(json!([{ "index": 0, "delta": {}, "logprobs": null, "finish_reason": page.finish_reason() }])));
    if page.request.wants_usage() {
        let mut last = chunk(json!([]));
        last["usage"] = page.usage();
        chunks.push(last);
    }
    chunks
}

/// Arguments in pieces of a few characters.
pub(super) fn fragments(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(5)
        .map(|piece| piece.iter().collect())
        .collect()
}
