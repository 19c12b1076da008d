//! Answers in one piece, parents, and other operations.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::primitives::Blob;
use carrot_runtime::{InCurrentTrace, Site, Span};
use carrot_wire::Status;
use serde_json::json;

use crate::server::{Reply, Request, Server};
use crate::support::{MODEL, Pair, all_recorded, ask, client, config, output, recorded};

#[tokio::test]
async fn converse() {
    let pair = Pair::new(|_, _| Reply::text("Hello there")).await;
    let bare = ask(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(ask(&pair.wrapped, "Hi")).await;
    assert!(
        wrapped.as_ref().is_ok_and(|it| it.contains("Hello there")),
        "{wrapped:?}"
    );
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();

    assert_eq!(record.name.as_deref(), Some("converse"));
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "Hello there");
    assert_eq!(
        record.input.as_ref().unwrap().to_value()["messages"][0]["role"],
        "user"
    );
    let metadata = &record.metadata;
    assert_eq!(metadata["provider"], "bedrock");
    assert_eq!(metadata["request_model"], MODEL);
    assert_eq!(metadata["finish_reason"], "end_turn");
    assert_eq!(metadata["request_id"], "req-1");
    assert_eq!(
        (&metadata["input_tokens"], &metadata["cached_tokens"]),
        (&json!(90), &json!(80))
    );
    assert!(metadata["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0));
    assert_eq!(metadata.get("attempts"), None);
    assert_eq!(metadata.get("capture_complete"), None);
}

#[tokio::test]
async fn tool_calls() {
    let answer = |_: &Request, _| {
        Reply::json(
            &json!({ "stopReason": "tool_use", "usage": { "inputTokens": 1, "outputTokens": 2, "totalTokens": 3 },
            "output": { "message": { "role": "assistant", "content": [
                { "toolUse": { "toolUseId": "t1", "name": "look", "input": { "q": [1, 2.5, "x"] } } } ] } } }),
        )
    };
    let pair = Pair::new(answer).await;
    let bare = ask(&pair.bare, "Look").await;
    let (wrapped, record) = recorded(ask(&pair.wrapped, "Look")).await;
    assert!(wrapped.is_ok());
    assert_eq!(wrapped, bare);
    assert_eq!(
        output(&record)["message"]["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":[1,2.5,"x"]}"# })
    );
}

#[tokio::test]
async fn a_models_own_format() {
    let answer = |_: &Request, _| {
        Reply::json(
            &json!({ "generation": "Howdy", "prompt_token_count": 4, "generation_token_count": 2, "stop_reason": "stop" }),
        )
    };
    let pair = Pair::new(answer).await;
    let invoke = async |client: &Client| {
        let asked = client
            .invoke_model()
            .model_id("meta.llama3-8b-instruct-v1:0");
        let answer = asked
            .body(Blob::new(br#"{"prompt":"Hi"}"#))
            .send()
            .await
            .unwrap();
        answer.body.into_inner()
    };
    let bare = invoke(&pair.bare).await;
    let (wrapped, record) = recorded(invoke(&pair.wrapped)).await;
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();
    assert_eq!(record.name.as_deref(), Some("invoke_model"));
    assert_eq!(output(&record)["message"]["content"], "Howdy");
    assert_eq!(record.metadata["output_tokens"], 2);
}

#[tokio::test]
async fn names_and_tags_of_the_users_choice() {
    let server = Server::start(|_, _| Reply::text("Hi")).await;
    let wrapper = carrot_providers::wrapper()
        .name("my-chatbot")
        .tags(["prod"]);
    let client = wrapper.wrap(client(&server.url()));
    let (_, record) = recorded(ask(&client, "Hi")).await;
    assert_eq!(record.name.as_deref(), Some("my-chatbot"));
    assert_eq!(record.tags, Some(vec!["prod".to_owned()]));
}

#[tokio::test]
async fn calls_at_once_in_tasks_of_their_own_have_their_parents() {
    static AGENT: Site = Site::new("agent");
    let server = Server::start(|request, _| Reply::text(request.says())).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let agent = |says: &'static str| {
        let client = client.clone();
        let run = async move {
            let call = async move { ask(&client, says).await };
            tokio::spawn(call.in_current_trace())
                .await
                .unwrap()
                .unwrap()
        };
        Span::open(&AGENT).scope(run, |_, _| {})
    };
    let (_, records) = all_recorded(async { tokio::join!(agent("one"), agent("two")) }).await;
    assert_eq!(records.len(), 4);
    let calls: Vec<_> = records
        .iter()
        .filter(|it| it.name.as_deref() == Some("converse"))
        .collect();
    assert_eq!(calls.len(), 2);
    assert_ne!(calls[0].parent_span_id, calls[1].parent_span_id);
    for call in calls {
        let parent = records.iter().find(|it| it.span_id == call.parent_span_id);
        assert_eq!(parent.unwrap().name.as_deref(), Some("agent"));
    }
}

#[tokio::test]
async fn other_operations_pass() {
    let answer = |_: &Request, _| Reply::json(&json!({ "inputTokens": 3 }));
    let pair = Pair::new(answer).await;
    let count = async |client: &Client| {
        let answer = client.list_async_invokes().send().await;
        format!("{answer:?}").contains("Ok(")
    };
    let bare = count(&pair.bare).await;
    let (wrapped, records) = all_recorded(count(&pair.wrapped)).await;
    assert_eq!(wrapped, bare);
    assert_eq!(records.len(), 0);
}

#[tokio::test]
async fn a_client_with_the_default_http_client_or_none_is_wrapped_without_a_panic() {
    let mut config = config("http://127.0.0.1:1");
    config.set_http_client(None);
    let bare = Client::from_conf(config.build());
    let wrapped = carrot_providers::wrap(bare.clone());
    let (bare, wrapped) = (ask(&bare, "Hi").await, ask(&wrapped, "Hi").await);
    assert!(bare.is_err());
    assert_eq!(wrapped, bare);
}
