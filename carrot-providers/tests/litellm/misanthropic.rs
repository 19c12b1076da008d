//! misanthropic: messages.

use carrot_providers::Traced;
use carrot_wire::{Record, Status};
use futures_util::StreamExt;
use misanthropic::Client;
use reqwest_0_12::header::{AUTHORIZATION, HeaderMap};
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{KEY, SAID, assert_same, origin, recorded, said};

/// The same client, bare and wrapped.
fn both() -> (Client, Traced<Client>) {
    (bare(), carrot_providers::wrap(bare()))
}

fn bare() -> Client {
    // It takes only keys as long as Anthropic's; the proxy looks at this header first.
    let authorization = format!("Bearer {KEY}").parse().unwrap();
    let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization)]);
    let http = reqwest_0_12::Client::builder().default_headers(headers);
    let mut client = Client::new("k".repeat(108)).unwrap();
    client.inner = http.build().unwrap();
    client.base_url(origin()).unwrap()
}

fn messages(model: &str) -> Value {
    json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "Hi" }] })
}

/// What the user sees: an answer, or an error with all it holds.
fn seen(answer: misanthropic::client::Result<impl Serialize>) -> Result<Value, String> {
    let answer = answer.map_err(|error| serde_json::to_string(&error).unwrap());
    answer.map(|it| serde_json::to_value(it).unwrap())
}

async fn items(stream: misanthropic::client::Result<misanthropic::Stream>) -> Vec<Value> {
    let stream = stream.expect("a stream");
    let items = stream.map(|item| serde_json::to_value(item.expect("an item")).unwrap());
    items.collect().await
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
    let request = messages("self-messages");
    let expected = items(bare.stream(&request).await).await;
    let (seen, record) = recorded(async { items(wrapped.stream(&request).await).await }).await;
    assert_same(&seen, &expected);
    assert!(seen.len() > 5, "a real stream: {seen:?}");
    assert_recorded(&record);
    assert_eq!(said(&record), SAID);
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn plain_answers_and_tool_calls() {
    let (bare, wrapped) = both();
    let request = messages("self-messages");
    let expected = seen(bare.message(&request).await).unwrap();
    let (answer, record) = recorded(wrapped.message(&request)).await;
    assert_same(&seen(answer).unwrap(), &expected);
    assert_recorded(&record);
    assert_eq!(said(&record), SAID);

    let request = messages("self-tools");
    let expected = seen(bare.message(&request).await).unwrap();
    let (answer, record) = recorded(wrapped.message(&request)).await;
    assert_same(&seen(answer).unwrap(), &expected);
    assert_recorded(&record);
    let output = record.output.unwrap().to_value();
    let function = &output["message"]["tool_calls"][0]["function"];
    assert_eq!(function["name"], "get_weather");
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn an_error() {
    let (bare, wrapped) = both();
    let request = messages("busy");
    let expected = seen(bare.message(&request).await).unwrap_err();
    let (answer, record) = recorded(wrapped.message(&request)).await;
    assert_same(&seen(answer).unwrap_err(), &expected);
    assert_eq!(record.status, Some(Status::Error));
    let message = record.error.unwrap().message;
    assert!(message.contains("mock rate limit error"), "{message}");
}
