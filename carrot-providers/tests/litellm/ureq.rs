//! ureq, which blocks: chats and messages, byte for byte.

use carrot_wire::Status;
use serde_json::{Value, json};
use ureq::Agent;

use crate::support::{KEY, SAID, assert_same, origin, recorded, said};

/// Status, content type and body.
fn ask(agent: &Agent, path: &str, body: &Value) -> (u16, String, String) {
    let request = agent
        .post(format!("{}{path}", origin()))
        .header("authorization", format!("Bearer {KEY}"))
        .header("content-type", "application/json");
    let mut answer = request.send(body.to_string()).unwrap();
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), kind, body)
}

/// The same agent, bare and wrapped, asks. Gives the status of the span.
async fn assert_recorded(path: &str, body: &Value, name: &str) {
    let bare = ureq::agent();
    let wrapped = carrot_providers::wrap(bare.clone());
    let expected = ask(&bare, path, body);
    let (seen, record) = recorded(async { ask(&wrapped, path, body) }).await;
    assert_same(&seen, &expected);
    assert_eq!(record.status, Some(Status::Success), "{record:?}");
    assert_eq!(record.name.as_deref(), Some(name));
    assert_eq!(said(&record), SAID);
    assert_eq!(record.metadata["provider"], "litellm");
}

fn messages(model: &str, stream: bool) -> Value {
    json!({ "model": model, "max_tokens": 9, "stream": stream, "messages": [{ "role": "user", "content": "Hi" }] })
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test`"]
async fn quick() {
    let body = messages("self-messages", true);
    assert_recorded("/v1/messages", &body, "messages").await;
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn chats() {
    for stream in [false, true] {
        let body = messages("self-chat", stream);
        assert_recorded("/v1/chat/completions", &body, "chat.completions").await;
    }
}
