//! What is read from the answers of model servers.

mod records;
mod told;

mod chat;
mod others;

mod anthropic;
mod gemini;
mod interactions;
mod ollama;

mod litellm;
mod tokens;
mod usage;

mod fuzz;
mod generated;
mod bedrock;
mod prices;

mod kept;
mod hostile;
mod memory;

use bytes::Bytes;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall, Spent, usage_of};
use serde_json::{Value, json};

const REQUEST: &str =
    r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"temperature":0.70}"#;

fn read(endpoint: Endpoint, status: u16, content_type: &str, body: &str, ended: bool) -> LlmCall {
    let exchange = Exchange {
        host: "api.openai.com",
        path: "/v1/x",
        request: REQUEST.as_bytes(),
        status: Some(status),
        headers: &[("content-type", content_type), ("x-request-id", "req_1")],
        body: &[Bytes::copy_from_slice(body.as_bytes())],
        times: &[],
        ended,
        truncated: false,
    };
    let call = LlmCall::read(endpoint, &exchange);
    told::assert_is_read_back(&call);
    call
}

fn plain(endpoint: Endpoint, body: Value) -> LlmCall {
    read(
        endpoint,
        200,
        "application/json; charset=utf-8",
        &body.to_string(),
        true,
    )
}

fn events(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect()
}

fn chat_stream(chunks: &[Value]) -> LlmCall {
    let body = events(chunks) + "data: [DONE]\n\n";
    read(
        Endpoint::ChatCompletions,
        200,
        "text/event-stream",
        &body,
        false,
    )
}

fn delta(delta: Value) -> Value {
    json!({ "id": "c1", "model": "gpt-4o-2024-08-06", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

fn finish(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

const EVENTS: &[(&str, &str)] = &[("content-type", "text/event-stream; charset=utf-8")];
const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

/// What is read from the answer to a `POST` to `path`, which came to its end. What a budget sees of it
/// must be the same.
fn ask(path: &str, headers: &[(&str, &str)], body: &str) -> LlmCall {
    let endpoint = Endpoint::find("POST", path).expect("a model call");
    let exchange = Exchange {
        host: "127.0.0.1",
        path,
        request: REQUEST.as_bytes(),
        status: Some(200),
        headers,
        body: &[Bytes::copy_from_slice(body.as_bytes())],
        times: &[],
        ended: true,
        truncated: false,
    };
    let call = LlmCall::read(endpoint, &exchange);
    let Spent { usage, cost, .. } = usage_of(endpoint, &exchange);
    assert_eq!(
        (usage, cost),
        (call.usage, call.cost),
        "a budget sees the same"
    );
    told::assert_is_read_back(&call);
    call
}

/// Events with a name, as Anthropic sends them.
fn named_events(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| {
            let name = event["type"].as_str().or(event["event_type"].as_str());
            format!("event: {}\ndata: {event}\n\n", name.unwrap_or("message"))
        })
        .collect()
}

/// What JSON lines look like.
fn lines(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
