use serde_json::{Value, json};

use super::super::{CREATED, Page, fragments, logprobs};
use super::usage;

pub(in super::super) fn whole(page: &Page<'_>) -> Value {
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
    let words = page.text_words();
    let mut choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": page.finish_reason() });
    if !words.is_empty() {
        choice["logprobs"] = tokens(page, 0, &words);
    }
    let mut body = json!({
        "id": page.id("chatcmpl"),
        "object": "chat.completion",
        "created": CREATED,
        "model": page.request.model(),
        "usage": usage(page),
    });
    if wants_ids(page) {
        choice["token_ids"] = (0..words.len()).map(logprobs::id).collect();
        body["prompt_token_ids"] = prompt_ids(page);
    }
    body["choices"] = json!([choice]);
    body
}

pub(in super::super) fn chunks(page: &Page<'_>) -> Vec<Value> {
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
    if wants_ids(page) {
        chunks[0]["prompt_token_ids"] = prompt_ids(page);
    }
    for part in page.reasoning_words() {
        chunks.push(delta(json!({ "reasoning_content": part })));
    }
    for (index, part) in page.text_words().into_iter().enumerate() {
        let mut chunk = delta(json!({ "content": part }));
        chunk["choices"][0]["logprobs"] = tokens(page, index, &[part]);
        if wants_ids(page) {
            chunk["choices"][0]["token_ids"] = json!([logprobs::id(index)]);
        }
        chunks.push(chunk);
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
        last["usage"] = usage(page);
        chunks.push(last);
    }
    chunks
}

/// The log probabilities of these words, of which the first has this number.
fn tokens(page: &Page<'_>, first: usize, words: &[&str]) -> Value {
    let body = &page.request.body;
    if body["logprobs"] != true {
        return Value::Null;
    }
    let alternatives = body["top_logprobs"].as_u64().unwrap_or(0);
    let token = |(at, word): (usize, &&str)| logprobs::token(first + at, word, alternatives);
    let content: Vec<Value> = words.iter().enumerate().map(token).collect();
    json!({ "content": content, "refusal": null })
}

/// vLLM's extra: the ids of tokens.
fn wants_ids(page: &Page<'_>) -> bool {
    page.request.body["return_token_ids"] == true
}

fn prompt_ids(page: &Page<'_>) -> Value {
    (0..page.usage.input).collect()
}
