//! Answers as they are written.

use std::time::Duration;

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use futures_util::StreamExt;
use serde_json::json;

use crate::support::{Pair, error, output, recorded, request, stream};

#[tokio::test]
async fn chat_completions() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Grüße aus Oslo 🥕")));
    let (items, record) = pair.stream("Hi").await;
    assert!(items.last().unwrap().contains("Grüße aus Oslo 🥕"));
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(
        output(&record),
        json!({ "message": { "role": "assistant", "content": "Grüße aus Oslo 🥕" } })
    );
    assert!(
        record.metadata.contains_key("input_tokens"),
        "rig asks for the usage itself"
    );
    assert!(record.metadata.contains_key("ttft_ms"));
}

#[tokio::test]
async fn responses() {
    let reply = || Reply::text("Hello there").reasoning("a thought");
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let bare = stream(&pair.bare.responses("gpt-4o-mini"), "Hi").await;
    let (wrapped, record) = recorded(stream(&pair.wrapped.responses("gpt-4o-mini"), "Hi")).await;
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "Hello there");
}

#[tokio::test]
async fn tool_calls_in_fragments() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).reasoning("let me look");
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let (_, record) = pair.stream("Hi").await;
    let message = output(&record)["message"].take();
    assert_eq!(message["reasoning_content"], "let me look");
    assert_eq!(
        message["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# })
    );
}

#[tokio::test]
async fn a_stream_that_is_cut() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("one two three").cut_after(2)));
    let (_, record) = pair.stream("Hi").await;
    assert_eq!(
        (record.status, error(&record).0),
        (Some(Status::Error), "transport")
    );
    assert_eq!(output(&record)["message"]["content"], "one ");
}

#[tokio::test]
async fn a_stream_that_is_dropped_early() {
    let slow = Reply::text("one two three").delay(Duration::from_millis(20));
    let pair = Pair::new(|it| it.on(When::any(), slow.clone()));
    let read = async {
        let mut stream = pair.wrapped.chat("m").stream(request("Hi")).unwrap();
        while let Some(item) = stream.next().await {
            if format!("{item:?}").contains("one") {
                break;
            }
        }
    };
    let ((), record) = recorded(read).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(output(&record)["message"]["content"], "one ");
}
