//! The scripted model server, asked without any client of a model.

mod script;
mod openai;
mod anthropic;
mod gemini;
mod interactions;
mod ollama;
mod faults;

use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};
use reqwest::{Client, Response};
use serde_json::{Value, json};

/// Counts that are all different, to see where each of them goes.
const USAGE: TokenUsage = TokenUsage {
    input: 1000,
    output: 200,
    cached: 400,
    cache_write: 50,
    reasoning: 30,
};

fn http() -> Client {
    carrot_providers::tls::install_ring();
    Client::new()
}

async fn post(server: &ModelServer, path: &str, body: Value) -> Response {
    let request = http()
        .post(format!("{}{path}", server.origin()))
        .header("content-type", "application/json");
    request.body(body.to_string()).send().await.unwrap()
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

async fn text_of(response: Response) -> String {
    String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
}

/// The events of a stream: names, which may be missing, and data.
async fn events(response: Response) -> Vec<(Option<String>, String)> {
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    let text = text_of(response).await;
    assert!(text.ends_with("\n\n"), "{text}");
    let event = |event: &str| {
        let (name, data) = match event.strip_prefix("event: ") {
            Some(rest) => rest
                .split_once('\n')
                .map(|(name, data)| (Some(name), data))
                .unwrap(),
            None => (None, event),
        };
        let data = data.strip_prefix("data: ").unwrap();
        (name.map(str::to_owned), data.to_owned())
    };
    text.split_terminator("\n\n").map(event).collect()
}

/// The JSON of events.
fn parsed(events: &[(Option<String>, String)]) -> Vec<Value> {
    let parse = |(_, data): &(_, String)| serde_json::from_str(data).unwrap();
    events.iter().map(parse).collect()
}

/// A server that has one answer: thoughts, a text and two calls.
fn rich() -> ModelServer {
    let reply = Reply::text("It is sunny.")
        .reasoning("Let me see.")
        .and_tool_call("get_weather", r#"{"city":"Oslo"}"#)
        .and_tool_call("get_time", "{}")
        .usage(USAGE);
    one(reply)
}

/// A server that has one answer.
fn one(reply: Reply) -> ModelServer {
    ModelServer::builder().on(When::any(), reply).start()
}

/// The strings at this place of all these values, joined.
fn joined(values: &[Value], pointer: &str) -> String {
    let parts = values.iter().filter_map(|it| it.pointer(pointer)?.as_str());
    parts.collect()
}

fn chat(text: &str) -> Value {
    json!({ "model": "m", "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": text }] })
}
