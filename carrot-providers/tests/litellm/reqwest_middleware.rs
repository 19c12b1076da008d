//! reqwest-middleware: every path of the proxy, byte for byte.

use carrot_wire::Status;
use reqwest_middleware::ClientWithMiddleware;
use serde_json::{Value, json};

use crate::support::{KEY, SAID, assert_same, cost, origin, recorded, said};

/// The same client, bare and wrapped.
fn both() -> (ClientWithMiddleware, ClientWithMiddleware) {
    carrot_providers::tls::install_ring();
    let http = reqwest::Client::new();
    (http.clone().into(), carrot_providers::wrap(http))
}

/// Status, content type and body.
async fn ask(client: &ClientWithMiddleware, path: &str, body: &Value) -> (u16, String, String) {
    let request = client
        .post(format!("{}{path}", origin()))
        .bearer_auth(KEY)
        .header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap();
    let (status, kind) = (response.status().as_u16(), kind.to_owned());
    let body = response.bytes().await.unwrap();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

fn messages(model: &str) -> Value {
    json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "Hi" }] })
}

fn contents() -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": "Hi" }] }] })
}

/// Asks twice; what is seen is the same, and the span of this name has what the mock says.
async fn assert_recorded(path: &str, body: &Value, name: &str, is_stream: bool) {
    let (bare, wrapped) = both();
    let expected = ask(&bare, path, body).await;
    let (seen, record) = recorded(ask(&wrapped, path, body)).await;
    assert_same(&seen, &expected);
    assert_eq!(
        seen.1.starts_with("text/event-stream"),
        is_stream,
        "{seen:?}"
    );
    assert_eq!(record.status, Some(Status::Success), "{seen:?} {record:?}");
    assert_eq!(record.name.as_deref(), Some(name));
    assert_eq!(said(&record), SAID);
    assert_eq!(record.metadata["provider"], "litellm");
    assert!(record.metadata.contains_key("input_tokens"), "{record:?}");
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test`"]
async fn quick() {
    let mut body = messages("self-messages");
    body["stream"] = json!(true);
    assert_recorded("/v1/messages", &body, "messages", true).await;
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn messages_cost_what_the_proxy_says() {
    let body = messages("self-messages");
    assert_recorded("/v1/messages", &body, "messages", false).await;
    let (_, wrapped) = both();
    let (_, record) = recorded(ask(&wrapped, "/v1/messages", &body)).await;
    assert_eq!(
        record.metadata["cost_usd"],
        cost("/v1/messages", &body).await
    );
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn gemini() {
    let path = "/v1beta/models/self-messages";
    let plain = format!("{path}:generateContent");
    assert_recorded(&plain, &contents(), "generate_content", false).await;
    let events = format!("{path}:streamGenerateContent?alt=sse");
    assert_recorded(&events, &contents(), "generate_content", true).await;
    // The proxy streams events even where Gemini itself would send an array.
    let array = format!("{path}:streamGenerateContent");
    assert_recorded(&array, &contents(), "generate_content", true).await;
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn chats_and_responses() {
    let mut chat = messages("self-chat");
    assert_recorded("/v1/chat/completions", &chat, "chat.completions", false).await;
    chat["stream"] = json!(true);
    chat["stream_options"] = json!({ "include_usage": true });
    assert_recorded("/v1/chat/completions", &chat, "chat.completions", true).await;
    let mut response = json!({ "model": "self-chat", "input": "Hi" });
    assert_recorded("/v1/responses", &response, "responses", false).await;
    response["stream"] = json!(true);
    assert_recorded("/v1/responses", &response, "responses", true).await;
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn embeddings() {
    let (bare, wrapped) = both();
    let body = json!({ "model": "self-embedding", "input": ["a", "b"] });
    let expected = ask(&bare, "/v1/embeddings", &body).await;
    let (seen, record) = recorded(ask(&wrapped, "/v1/embeddings", &body)).await;
    assert_same(&seen, &expected);
    let output = record.output.unwrap().to_value();
    let vectors: Value = serde_json::from_str(&seen.2).unwrap();
    let count = vectors["data"].as_array().unwrap().len();
    assert_eq!(output, json!({ "embeddings_count": count }));
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn errors_of_each_dialect() {
    for (path, body) in [
        ("/v1/chat/completions", messages("busy")),
        ("/v1/messages", messages("busy")),
    ] {
        let (bare, wrapped) = both();
        let expected = ask(&bare, path, &body).await;
        let (seen, record) = recorded(ask(&wrapped, path, &body)).await;
        assert_same(&seen, &expected);
        assert_eq!(seen.0, 429, "{path}: {}", seen.2);
        assert_eq!(record.status, Some(Status::Error));
        let message = record.error.expect("an error").message;
        assert!(message.contains("mock rate limit error"), "{message}");
    }
}
