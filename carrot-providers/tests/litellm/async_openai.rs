//! async-openai: chats, responses and embeddings.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use carrot_wire::Status;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::support::{KEY, SAID, assert_same, cost, origin, recorded, said};

fn bare() -> Client<OpenAIConfig> {
    carrot_providers::tls::install_ring();
    let config = OpenAIConfig::new().with_api_base(format!("{}/v1", origin()));
    Client::with_config(config.with_api_key(KEY))
}

/// The same call, bare and wrapped.
fn both() -> (Client<OpenAIConfig>, Client<OpenAIConfig>) {
    (bare(), carrot_providers::wrap(bare()))
}

fn chat(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "Hi" }] })
}

async fn items(
    stream: Result<impl Stream<Item = Result<Value, OpenAIError>>, OpenAIError>,
) -> Vec<Value> {
    let items: Vec<_> = stream.expect("a stream").collect().await;
    items.into_iter().map(|it| it.expect("an item")).collect()
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test`"]
async fn quick() {
    let (bare, wrapped) = both();
    let mut request = chat("self-chat");
    request["stream"] = json!(true);
    request["stream_options"] = json!({ "include_usage": true });
    let ask = async |client: &Client<OpenAIConfig>| {
        let stream = client.chat().create_stream_byot(request.clone()).await;
        items(stream).await
    };
    let expected = ask(&bare).await;
    let (seen, record) = recorded(ask(&wrapped)).await;
    assert_same(&seen, &expected);
    assert!(seen.len() > 5, "a real stream: {seen:?}");

    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(said(&record), SAID);
    assert_eq!(record.metadata["provider"], "litellm");
    assert_eq!(record.metadata["request_model"], "self-chat");
    assert_eq!(record.metadata["finish_reason"], "stop");
    let usage = &seen.last().unwrap()["usage"];
    assert_eq!(record.metadata["input_tokens"], usage["prompt_tokens"]);
    assert_eq!(record.metadata["output_tokens"], usage["completion_tokens"]);
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn a_chat_costs_what_the_proxy_says() {
    let (bare, wrapped) = both();
    let request = chat("gpt-4o-mini");
    let ask = async |client: &Client<OpenAIConfig>| -> Value {
        client.chat().create_byot(request.clone()).await.unwrap()
    };
    let expected = ask(&bare).await;
    let (seen, record) = recorded(ask(&wrapped)).await;
    assert_same(&seen, &expected);
    assert_eq!(said(&record), SAID);
    assert_eq!(record.metadata["total_tokens"], 30);
    assert_eq!(
        record.metadata["cost_usd"],
        cost("/v1/chat/completions", &request).await
    );
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn tool_calls() {
    let (bare, wrapped) = both();
    let ask = async |client: &Client<OpenAIConfig>| -> Value {
        client.chat().create_byot(chat("tools")).await.unwrap()
    };
    let expected = ask(&bare).await;
    let (seen, record) = recorded(ask(&wrapped)).await;
    assert_same(&seen, &expected);
    let output = record.output.unwrap().to_value();
    let function = &output["message"]["tool_calls"][0]["function"];
    assert_eq!(function["name"], "get_weather");
    assert_eq!(function["arguments"], r#"{"city":"Oslo"}"#);
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn responses_plain_and_streamed() {
    let (bare, wrapped) = both();
    let request = json!({ "model": "self-chat", "input": "Hi" });
    let ask = async |client: &Client<OpenAIConfig>| -> Value {
        client
            .responses()
            .create_byot(request.clone())
            .await
            .unwrap()
    };
    let expected = ask(&bare).await;
    let (seen, record) = recorded(ask(&wrapped)).await;
    assert_same(&seen, &expected);
    assert_eq!(said(&record), SAID);
    assert_eq!(record.name.as_deref(), Some("responses"));

    let mut request = request.clone();
    request["stream"] = json!(true);
    let ask = async |client: &Client<OpenAIConfig>| {
        let stream = client.responses().create_stream_byot(request.clone()).await;
        items(stream).await
    };
    let expected = ask(&bare).await;
    let (seen, record) = recorded(ask(&wrapped)).await;
    assert_same(&seen, &expected);
    assert!(seen.len() > 10, "a real stream: {seen:?}");
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(said(&record), SAID);
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn embeddings() {
    let (bare, wrapped) = both();
    let request = json!({ "model": "text-embedding-3-small", "input": "Hi" });
    let ask = async |client: &Client<OpenAIConfig>| -> Value {
        client
            .embeddings()
            .create_byot(request.clone())
            .await
            .unwrap()
    };
    let expected = ask(&bare).await;
    let (seen, record) = recorded(ask(&wrapped)).await;
    assert_same(&seen, &expected);
    assert_eq!(seen["data"][0]["embedding"], json!([0.1, 0.2]));
    assert_eq!(record.name.as_deref(), Some("embeddings"));
    assert_eq!(record.metadata["input_tokens"], 10);
    assert_eq!(
        record.metadata["cost_usd"],
        cost("/v1/embeddings", &request).await
    );
}

#[tokio::test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
async fn a_model_that_is_not_there() {
    let (bare, wrapped) = both();
    let ask = async |client: &Client<OpenAIConfig>| {
        let answer: Result<Value, OpenAIError> = client.chat().create_byot(chat("nowhere")).await;
        answer.unwrap_err().to_string()
    };
    let expected = ask(&bare).await;
    let (seen, record) = recorded(ask(&wrapped)).await;
    assert_same(&seen, &expected);
    assert!(seen.contains("Invalid model name"), "{seen}");
    assert_eq!(record.status, Some(Status::Error));
    let message = record.error.unwrap().message;
    assert!(message.contains("Invalid model name"), "{message}");
}
