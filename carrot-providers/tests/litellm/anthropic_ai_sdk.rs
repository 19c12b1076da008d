//! anthropic-ai-sdk: messages.

use anthropic_ai_sdk::client::AnthropicClient;
use anthropic_ai_sdk::types::message::{
    CreateMessageParams, Message, MessageClient, MessageError, RequiredMessageParams, Role,
};
use carrot_providers::Traced;
use carrot_wire::{Record, Status};
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::Value;

use crate::support::{KEY, SAID, assert_same, origin, recorded, said};

/// The same client, bare and wrapped.
fn both() -> (AnthropicClient, Traced<AnthropicClient>) {
    (bare(), carrot_providers::wrap(bare()))
}

fn bare() -> AnthropicClient {
    AnthropicClient::builder(KEY, "2023-06-01")
        .with_api_base_url(format!("{}/v1", origin()))
        .build::<MessageError>()
        .unwrap()
}

fn messages(model: &str) -> CreateMessageParams {
    CreateMessageParams::new(RequiredMessageParams {
        model: model.to_owned(),
        messages: vec![Message::new_text(Role::User, "Hi")],
        max_tokens: 9,
    })
}

/// What the user sees: an item, or an error.
fn seen(item: Result<impl Serialize, MessageError>) -> Result<Value, String> {
    let item = item.map_err(|error| format!("{error:?}"));
    item.map(|it| serde_json::to_value(it).unwrap())
}

async fn whole(client: &impl MessageClient, model: &str) -> Result<Value, String> {
    seen(client.create_message(Some(&messages(model))).await)
}

async fn items(client: &impl MessageClient, model: &str) -> Vec<Result<Value, String>> {
    let request = messages(model).with_stream(true);
    let stream = client.create_message_streaming(&request).await;
    stream.expect("a stream").map(seen).collect().await
}

fn assert_recorded(record: &Record) {
    assert_eq!(record.status, Some(Status::Success), "{record:?}");
    assert_eq!(record.name.as_deref(), Some("messages"));
    assert_eq!(record.metadata["provider"], "litellm");
    assert!(record.metadata.contains_key("input_tokens"), "{record:?}");
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test`"]
async fn quick() {
    let (bare, wrapped) = both();
    let expected = items(&bare, "self-messages").await;
    let (seen, record) = recorded(items(&wrapped, "self-messages")).await;
    assert_same(&seen, &expected);
    assert!(seen.len() > 5, "a real stream: {seen:?}");
    assert_recorded(&record);
    assert_eq!(said(&record), SAID);
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn plain_answers_and_tool_calls() {
    let (bare, wrapped) = both();
    let expected = whole(&bare, "self-messages").await;
    let (seen, record) = recorded(whole(&wrapped, "self-messages")).await;
    assert_same(&seen, &expected);
    assert_recorded(&record);
    assert_eq!(said(&record), SAID);

    let expected = whole(&bare, "self-tools").await;
    let (seen, record) = recorded(whole(&wrapped, "self-tools")).await;
    assert_same(&seen, &expected);
    assert_recorded(&record);
    let output = record.output.unwrap().to_value();
    let function = &output["message"]["tool_calls"][0]["function"];
    assert_eq!(function["name"], "get_weather");
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn an_error() {
    let (bare, wrapped) = both();
    let expected = whole(&bare, "busy").await.unwrap_err();
    let (seen, record) = recorded(whole(&wrapped, "busy")).await;
    assert_same(&seen.unwrap_err(), &expected);
    assert_eq!(record.status, Some(Status::Error));
    let message = record.error.unwrap().message;
    assert!(message.contains("mock rate limit error"), "{message}");
}
