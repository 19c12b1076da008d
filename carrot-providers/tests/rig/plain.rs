//! Answers in one piece.

use carrot_providers::scripted::{Reply, TokenUsage, When};
use carrot_providers::{wrap, wrapper};
use carrot_wire::Status;
use rig_core::http_client::DynHttpClient;
use rig_core::providers::openai::OpenAI;
use rig_reqwest::ReqwestClient;
use serde_json::json;

use crate::support::{Pair, all_recorded, call, config, openai, output, recorded};

#[tokio::test]
async fn chat_completions() {
    let usage = TokenUsage {
        input: 10,
        output: 7,
        cached: 4,
        reasoning: 2,
        ..TokenUsage::default()
    };
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Grüße 🥕").usage(usage)));
    let (answer, record) = pair.call("Hi").await;
    assert_eq!(answer.unwrap()["choice"][0]["text"], "Grüße 🥕");

    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(record.name.as_deref(), Some("chat.completions"));
    let input = record.input.as_ref().unwrap().to_value();
    assert_eq!(input["model"], "gpt-4o-mini");
    assert_eq!(output(&record)["message"]["content"], "Grüße 🥕");
    assert_eq!(record.metadata["input_tokens"], 10);
    assert_eq!(record.metadata["cached_tokens"], 4);
    assert_eq!(record.metadata["request_id"], "req_1");
}

#[tokio::test]
async fn responses() {
    let pair = Pair::new(|it| {
        it.on(
            When::any(),
            Reply::text("Hello").and_tool_call("look", "{}"),
        )
    });
    let bare = call(&pair.bare.responses("gpt-4o-mini"), "Hi").await;
    let (wrapped, record) = recorded(call(&pair.wrapped.responses("gpt-4o-mini"), "Hi")).await;
    assert_eq!(wrapped, bare);
    wrapped.unwrap();
    assert_eq!(record.name.as_deref(), Some("responses"));
    assert_eq!(output(&record)["message"]["content"], "Hello");
}

#[tokio::test]
async fn embeddings() {
    let pair = Pair::new(|it| it);
    let embed = async |client: &OpenAI| {
        let model = client.embedding("text-embedding-3-small", None);
        let texts = vec!["one".to_owned(), "two".to_owned()];
        let answer = model.call(texts).await;
        format!("{:?}", answer.unwrap())
    };
    let bare = embed(&pair.bare).await;
    let (wrapped, record) = recorded(embed(&pair.wrapped)).await;
    assert_eq!(wrapped, bare);
    assert_eq!(output(&record), json!({ "embeddings_count": 2 }));
}

#[tokio::test]
async fn tool_calls() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).and_tool_call("look", "{}");
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let (answer, record) = pair.call("Hi").await;
    answer.unwrap();
    let calls = &output(&record)["message"]["tool_calls"];
    assert_eq!(
        calls[0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# })
    );
    assert_eq!(calls[1]["function"]["name"], "look");
}

#[tokio::test]
async fn name_and_tags_are_set() {
    let server = Pair::new(|it| it).wrapped_server;
    let wrapped: OpenAI = wrapper()
        .name("my-chatbot")
        .tags(["prod"])
        .wrap(openai(&server));
    let (answer, record) = recorded(call(&wrapped.chat("m"), "Hi")).await;
    answer.unwrap();
    assert_eq!(record.name.as_deref(), Some("my-chatbot"));
    assert_eq!(record.tags, Some(vec!["prod".to_owned()]));
}

#[tokio::test]
async fn a_model_and_an_http_client_can_be_wrapped_too() {
    let server = Pair::new(|it| it).wrapped_server;
    let model = wrap(openai(&server).chat("m"));
    let (answer, _) = recorded(call(&model, "Hi")).await;
    let http = DynHttpClient::new(ReqwestClient::from(reqwest::Client::new()));
    let client = config(&server).connect(wrap(http));
    let (again, _) = recorded(call(&client.chat("m"), "Hi")).await;
    assert_eq!(answer.unwrap()["choice"], again.unwrap()["choice"]);
}

#[tokio::test]
async fn wrapped_twice_is_recorded_once() {
    let server = Pair::new(|it| it).wrapped_server;
    let client = wrap(wrap(openai(&server)));
    let model = wrap(client.chat("m"));
    let (answer, _) = recorded(call(&model, "Hi")).await;
    answer.unwrap();
}

#[tokio::test]
async fn what_is_no_model_call_passes() {
    let pair = Pair::new(|it| it);
    let models = async |client: &OpenAI| format!("{:?}", client.list_models().await.unwrap());
    let bare = models(&pair.bare).await;
    let (wrapped, records) = all_recorded(models(&pair.wrapped)).await;
    assert_eq!((wrapped, records.len()), (bare, 0));
}
