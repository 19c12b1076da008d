use serde_json::{Value, json};

use super::super::super::reply::TokenUsage;
use super::super::{CREATED, Page, fragments, frame, logprobs, words};

pub(in super::super) fn whole(page: &Page<'_>) -> Value {
    response(page, "completed", items(page))
}

fn response(page: &Page<'_>, status: &str, output: Vec<Value>) -> Value {
    let TokenUsage {
        input,
        output: written,
        cached,
        cache_write,
        reasoning,
    } = page.usage;
    let usage = json!({
        "input_tokens": input,
        "output_tokens": written,
        "total_tokens": input + written,
        "input_tokens_details": { "cached_tokens": cached, "cache_write_tokens": cache_write },
        "output_tokens_details": { "reasoning_tokens": reasoning },
    });
    json!({
        "id": page.id("resp"),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "metadata": {},
        "model": page.request.model(),
        "output": output,
        "parallel_tool_calls": true,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": if status == "completed" { usage } else { Value::Null },
    })
}

fn items(page: &Page<'_>) -> Vec<Value> {
    let mut items = Vec::new();
    if let Some(text) = &page.answer.reasoning {
        let summary = json!([{ "type": "summary_text", "text": text }]);
        items.push(json!({ "type": "reasoning", "id": page.id("rs"), "summary": summary }));
    }
    if let Some(text) = &page.answer.text {
        items.push(message(page, "completed", vec![part(text, tokens(page))]));
    }
    for (index, (name, arguments)) in page.answer.calls.iter().enumerate() {
        items.push(call(page, index, name, arguments, "completed"));
    }
    items
}

fn message(page: &Page<'_>, status: &str, content: Vec<Value>) -> Value {
    json!({ "type": "message", "id": page.id("msg"), "role": "assistant", "status": status, "content": content })
}

fn part(text: &str, logprobs: Vec<Value>) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": logprobs })
}

/// The log probabilities of the text's words, if they are asked for.
fn tokens(page: &Page<'_>) -> Vec<Value> {
    let body = &page.request.body;
    let included = body["include"].as_array();
    if !included.is_some_and(|it| it.iter().any(|it| it == "message.output_text.logprobs")) {
        return Vec::new();
    }
    let alternatives = body["top_logprobs"].as_u64().unwrap_or(0);
    let words = page.text_words().into_iter().enumerate();
    words
        .map(|(at, word)| logprobs::token(at, word, alternatives))
        .collect()
}

fn call(page: &Page<'_>, index: usize, name: &str, arguments: &str, status: &str) -> Value {
    json!({
        "type": "function_call",
        "id": format!("fc_scripted_{}_{index}", page.number),
        "call_id": page.call_id(index),
        "name": name,
        "arguments": arguments,
        "status": status,
    })
}

/// The events of a stream, each with its name and its number.
pub(in super::super) fn events(page: &Page<'_>) -> Vec<String> {
    let mut stream = Stream::default();
    stream.push(
        "response.created",
        json!({ "response": response(page, "in_progress", Vec::new()) }),
    );
    stream.push(
        "response.in_progress",
        json!({ "response": response(page, "in_progress", Vec::new()) }),
    );
    let mut at = 0;
    if let Some(text) = &page.answer.reasoning {
        let id = page.id("rs");
        stream.push(
            "response.output_item.added",
            json!({ "output_index": at, "item": { "type": "reasoning", "id": id, "summary": [] } }),
        );
        let place = json!({ "item_id": id, "output_index": at, "summary_index": 0 });
        for word in words(text) {
            stream.push_at(
                "response.reasoning_summary_text.delta",
                &place,
                json!({ "delta": word }),
            );
        }
        stream.push_at(
            "response.reasoning_summary_text.done",
            &place,
            json!({ "text": text }),
        );
        stream.push(
            "response.output_item.done",
            json!({ "output_index": at, "item": items(page)[at] }),
        );
        at += 1;
    }
    if let Some(text) = &page.answer.text {
        let item = message(page, "in_progress", Vec::new());
        stream.push(
            "response.output_item.added",
            json!({ "output_index": at, "item": item }),
        );
        let place = json!({ "item_id": page.id("msg"), "output_index": at, "content_index": 0 });
        stream.push_at(
            "response.content_part.added",
            &place,
            json!({ "part": part("", Vec::new()) }),
        );
        let tokens = tokens(page);
        for (at, word) in words(text).into_iter().enumerate() {
            stream.push_at(
                "response.output_text.delta",
                &place,
                json!({ "delta": word, "logprobs": tokens.get(at).as_slice() }),
            );
        }
        stream.push_at(
            "response.output_text.done",
            &place,
            json!({ "text": text, "logprobs": tokens }),
        );
        stream.push_at(
            "response.content_part.done",
            &place,
            json!({ "part": part(text, tokens) }),
        );
        stream.push(
            "response.output_item.done",
            json!({ "output_index": at, "item": items(page)[at] }),
        );
        at += 1;
    }
    for (index, (name, arguments)) in page.answer.calls.iter().enumerate() {
        let item = call(page, index, name, "", "in_progress");
        let place = json!({ "item_id": item["id"], "output_index": at });
        stream.push(
            "response.output_item.added",
            json!({ "output_index": at, "item": item }),
        );
        for piece in fragments(arguments) {
            stream.push_at(
                "response.function_call_arguments.delta",
                &place,
                json!({ "delta": piece }),
            );
        }
        let done = json!({ "name": name, "arguments": arguments });
        stream.push_at("response.function_call_arguments.done", &place, done);
        stream.push(
            "response.output_item.done",
            json!({ "output_index": at, "item": items(page)[at] }),
        );
        at += 1;
    }
    stream.push("response.completed", json!({ "response": whole(page) }));
    stream.events
}

#[derive(Default)]
struct Stream {
    events: Vec<String>,
}

impl Stream {
    fn push(&mut self, kind: &str, mut event: Value) {
        event["type"] = json!(kind);
        event["sequence_number"] = json!(self.events.len());
        self.events.push(frame::event(kind, &event));
    }

    /// An event that says which part of the answer it belongs to.
    fn push_at(&mut self, kind: &str, place: &Value, mut event: Value) {
        if let (Some(event), Some(place)) = (event.as_object_mut(), place.as_object()) {
            event.extend(place.clone());
        }
        self.push(kind, event);
    }
}
