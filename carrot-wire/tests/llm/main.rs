//! What is read from the answers of servers that speak the OpenAI dialect.

mod records;

mod chat;
mod others;

mod hostile;

use bytes::Bytes;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall};
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
    LlmCall::read(endpoint, &exchange)
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
