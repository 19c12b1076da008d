//! Answers in one piece.

use carrot_providers::scripted::{Reply, When};
use carrot_runtime::InCurrentTrace;
use carrot_wire::Status;
use misanthropic::{Prompt, Transport};
use serde_json::json;

use crate::pair::{self, all_recorded, input, message, named, recorded};
use crate::support::{USAGE, asks, pair, seen};

#[tokio::test]
async fn a_message() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Go to Settings.").usage(USAGE)));
    let bare = seen(pair.bare.message(asks("How?")).await);
    let (wrapped, record) =
        recorded(async { seen(pair.wrapped.message(asks("How?")).await) }).await;
    assert!(bare.is_ok(), "{bare:?}");
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();

    assert_eq!(record.name.as_deref(), Some("messages"));
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(input(&record), pair.sent()[0].body);
    assert_eq!(message(&record)["content"], "Go to Settings.");
    for (key, value) in [
        ("provider", json!("anthropic")),
        ("model", json!("claude-sonnet-4-5")),
        ("input_tokens", json!(150)),
        ("cached_tokens", json!(100)),
        ("output_tokens", json!(42)),
    ] {
        assert_eq!(record.metadata[key], value, "{key}");
    }
    assert!(record.metadata.contains_key("cost_usd"));
}

#[tokio::test]
async fn thoughts_and_tool_calls() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).reasoning("let me look");
    let pair = pair(|it| it.on(When::any(), reply()));
    let bare = seen(pair.bare.message(asks("Where?")).await);
    let (wrapped, record) =
        recorded(async { seen(pair.wrapped.message(asks("Where?")).await) }).await;
    assert!(bare.is_ok(), "{bare:?}");
    assert_eq!(wrapped, bare);
    assert_eq!(
        message(&record)["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# })
    );
}

#[tokio::test]
async fn a_transport_and_calls_by_url_are_recorded_too() {
    let pair = pair(|it| it);
    let (answer, _) = recorded(Transport::send(&pair.wrapped, &Prompt::user("Hi"))).await;
    assert!(answer.is_ok());
    let url = pair.wrapped.messages_url.clone();
    let (response, record) = recorded(async {
        let response = pair
            .wrapped
            .post_raw(url.as_str(), asks("Hi"))
            .await
            .unwrap();
        response.text().await.unwrap()
    })
    .await;
    assert!(response.contains("You said: Hi"), "{response}");
    assert_eq!(message(&record)["content"], "You said: Hi");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_once_and_in_tasks_are_siblings() {
    let pair = pair(|it| it);
    let client = pair.wrapped.clone();
    let call = async {
        let task = async move { seen(client.message(asks("c")).await) };
        let task = tokio::spawn(task.in_current_trace());
        let two = futures_util::join!(
            pair.wrapped.message(asks("a")),
            pair.wrapped.message(asks("b"))
        );
        ([seen(two.0), seen(two.1)], task.await.unwrap())
    };
    let (([a, b], c), records) = all_recorded(pair::asks(call)).await;
    let texts = [a, b, c].map(|it| it.unwrap()["content"].to_string());
    for (text, says) in texts.iter().zip(["a", "b", "c"]) {
        assert!(text.contains(&format!("You said: {says}")), "{text}");
    }
    let parent = named(&records, "asks").span_id;
    let calls = records.iter().filter(|it| it.parent_span_id == parent);
    assert_eq!((records.len(), calls.count()), (4, 3));
}
