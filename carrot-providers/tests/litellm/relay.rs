//! A relay between any client and the proxy: the paths of Gemini and others, byte for byte.

use carrot_wire::Status;
use serde_json::{Value, json};

use crate::support::{KEY, SAID, assert_same, origin, recorded, said};

/// Status, content type and body.
async fn ask(base: &str, path: &str, body: &Value) -> (u16, String, String) {
    carrot_providers::tls::install_ring();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{base}{path}"))
        .bearer_auth(KEY)
        .header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap();
    let (status, kind) = (response.status().as_u16(), kind.to_owned());
    let body = response.bytes().await.unwrap();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

async fn assert_recorded(path: &str, body: &Value, name: &str) {
    let expected = ask(&origin(), path, body).await;
    let relayed = async {
        let relay = carrot_providers::relay(origin()).unwrap();
        ask(relay.url(), path, body).await
    };
    let (seen, record) = recorded(relayed).await;
    assert_same(&seen, &expected);
    assert_eq!(record.status, Some(Status::Success), "{record:?}");
    assert_eq!(record.name.as_deref(), Some(name));
    assert_eq!(said(&record), SAID);
    assert_eq!(record.metadata["provider"], "litellm");
}

fn contents() -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": "Hi" }] }] })
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test`"]
async fn quick() {
    let path = "/v1beta/models/self-messages:streamGenerateContent?alt=sse";
    assert_recorded(path, &contents(), "generate_content").await;
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn plain_answers() {
    let path = "/v1beta/models/self-messages:generateContent";
    assert_recorded(path, &contents(), "generate_content").await;
    let body = json!({ "model": "self-chat", "input": "Hi" });
    assert_recorded("/v1/responses", &body, "responses").await;
}
