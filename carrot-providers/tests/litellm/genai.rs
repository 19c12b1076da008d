//! genai: its protocols of OpenAI, Anthropic and Gemini, and embeddings.

use carrot_providers::Traced;
use carrot_wire::Status;
use futures_util::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};
use serde_json::{Value, json};

use crate::support::{KEY, SAID, assert_same, origin, recorded, said};

/// The same client, bare and wrapped.
fn both() -> (Client, Traced<Client>) {
    carrot_providers::tls::install_ring();
    let client = Client::new().unwrap();
    (client.clone(), carrot_providers::wrap(client))
}

/// A model of the proxy, asked below this path.
fn target(kind: AdapterKind, path: &str, model: &'static str) -> ServiceTarget {
    ServiceTarget {
        endpoint: Endpoint::from_owned(format!("{}{path}", origin())),
        auth: AuthData::from_single(KEY),
        model: ModelIden::new(kind, model),
    }
}

fn openai(model: &'static str) -> ServiceTarget {
    target(AdapterKind::OpenAI, "/v1/", model)
}

fn request() -> ChatRequest {
    ChatRequest::new(vec![ChatMessage::user("Hi")])
}

/// What the user sees of a whole answer.
async fn call(client: &Client, target: &ServiceTarget) -> Value {
    let answer = client.exec_chat(target.clone(), request(), None).await;
    serde_json::to_value(answer.unwrap()).unwrap()
}

/// What the user sees of a stream, item for item.
async fn items(stream: genai::Result<genai::chat::ChatStreamResponse>) -> Vec<Value> {
    let stream = stream.expect("a stream").stream;
    let items = stream.map(|item| serde_json::to_value(item.expect("an item")).unwrap());
    items.collect().await
}

async fn assert_streamed(target: &ServiceTarget, name: &str) {
    let (bare, wrapped) = both();
    let stream = bare.exec_chat_stream(target.clone(), request(), None);
    let expected = items(stream.await).await;
    let streamed = async {
        let stream = wrapped.exec_chat_stream(target.clone(), request(), None);
        items(stream.await).await
    };
    let (seen, record) = recorded(streamed).await;
    assert_same(&seen, &expected);
    assert!(seen.len() > 4, "a real stream: {seen:?}");
    assert_eq!(record.status, Some(Status::Success), "{record:?}");
    assert_eq!(record.name.as_deref(), Some(name));
    assert_eq!(said(&record), SAID);
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test`"]
async fn quick() {
    assert_streamed(&openai("self-chat"), "chat.completions").await;
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn each_protocol_plain_and_streamed() {
    use AdapterKind::{Anthropic, Gemini, OpenAIResp};
    let (bare, wrapped) = both();
    for (target, name) in [
        (openai("self-chat"), "chat.completions"),
        (target(OpenAIResp, "/v1/", "self-chat"), "responses"),
        (target(Anthropic, "/v1/", "self-messages"), "messages"),
        (
            target(Gemini, "/v1beta/", "self-messages"),
            "generate_content",
        ),
    ] {
        let expected = call(&bare, &target).await;
        let answer = wrapped.exec_chat(target.clone(), request(), None);
        let (seen, record) = recorded(answer).await;
        assert_same(&serde_json::to_value(seen.unwrap()).unwrap(), &expected);
        assert_eq!(record.status, Some(Status::Success), "{record:?}");
        assert_eq!(record.name.as_deref(), Some(name));
        assert_eq!(said(&record), SAID);
        assert!(record.metadata.contains_key("input_tokens"), "{record:?}");
        assert_streamed(&target, name).await;
    }
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn tool_calls() {
    let (bare, wrapped) = both();
    let expected = call(&bare, &openai("tools")).await;
    let answer = wrapped.exec_chat(openai("tools"), request(), None);
    let (seen, record) = recorded(answer).await;
    assert_same(&serde_json::to_value(seen.unwrap()).unwrap(), &expected);
    let output = record.output.unwrap().to_value();
    let function = &output["message"]["tool_calls"][0]["function"];
    assert_eq!(function["name"], "get_weather");
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn embeddings() {
    let (bare, wrapped) = both();
    let model = || openai("text-embedding-3-small");
    let expected = bare.embed(model(), "Hi", None).await.unwrap();
    let (seen, record) = recorded(wrapped.embed(model(), "Hi", None)).await;
    let value = |it| serde_json::to_value(it).unwrap();
    assert_same(&value(seen.unwrap()), &value(expected));
    assert_eq!(record.name.as_deref(), Some("embeddings"));
    let output = record.output.unwrap().to_value();
    assert_eq!(output, json!({ "embeddings_count": 1 }));
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn an_error() {
    let (bare, wrapped) = both();
    let answer = bare.exec_chat(openai("busy"), request(), None).await;
    let expected = answer.unwrap_err().to_string();
    let answer = wrapped.exec_chat(openai("busy"), request(), None);
    let (seen, record) = recorded(answer).await;
    assert_same(&seen.unwrap_err().to_string(), &expected);
    assert_eq!(record.status, Some(Status::Error));
    let message = record.error.unwrap().message;
    assert!(message.contains("mock rate limit error"), "{message}");
}
