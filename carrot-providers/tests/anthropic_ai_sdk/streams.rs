//! Answers as they are written.

use anthropic_ai_sdk::types::message::{MessageClient, StreamEvent};
use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use futures_util::StreamExt;
use serde_json::json;

use crate::pair::{error, message, recorded};
use crate::support::{USAGE, asks, items, pair};

#[tokio::test]
async fn a_message() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Grüße aus Oslo 🥕").usage(USAGE)));
    let bare = items(&pair.bare, "Hi").await;
    assert!(bare.iter().all(Result::is_ok), "{bare:?}");
    let (wrapped, record) = recorded(items(&pair.wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();

    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(message(&record)["content"], "Grüße aus Oslo 🥕");
    assert_eq!(
        (
            &record.metadata["input_tokens"],
            &record.metadata["output_tokens"]
        ),
        (&json!(150), &json!(42))
    );
    assert!(record.metadata.contains_key("cost_usd"));
    assert!(record.metadata.contains_key("ttft_ms"));
    assert_eq!(record.metadata.get("capture_complete"), None);
}

#[tokio::test]
async fn thoughts_and_tool_calls() {
    let reply = || {
        Reply::tool_call("look", r#"{"q":"Straße"}"#)
            .and_tool_call("now", "{}")
            .reasoning("let me look")
    };
    let pair = pair(|it| it.on(When::any(), reply()));
    let bare = items(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(items(&pair.wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    let message = message(&record);
    assert_eq!(message["reasoning_content"], "let me look");
    let calls = message["tool_calls"].as_array().unwrap();
    let functions = calls.iter().map(|call| call["function"].clone());
    assert_eq!(
        functions.collect::<Vec<_>>(),
        [
            json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# }),
            json!({ "name": "now", "arguments": "{}" })
        ]
    );
}

#[tokio::test]
async fn dropped_early_keeps_what_had_arrived() {
    let (reply, hold) = Reply::text("one two three four five").held();
    let pair = pair(|it| it.on(When::any(), reply.clone()));
    let call = async {
        let asked = asks("Hi").with_stream(true);
        hold.release(6);
        let stream = pair.wrapped.create_message_streaming(&asked).await.unwrap();
        let mut stream = Box::pin(stream);
        while !matches!(
            stream.next().await.unwrap().unwrap(),
            StreamEvent::ContentBlockDelta { .. }
        ) {}
    };
    let ((), record) = recorded(call).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    let content = message(&record)["content"].as_str().unwrap().to_owned();
    assert!(
        content.starts_with("one ") && !content.contains("five"),
        "{content}"
    );
    assert_eq!(record.metadata["capture_complete"], false);
    drop(hold);
}

#[tokio::test]
async fn dropped_after_the_last_event_is_a_success() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Hello")));
    let call = async {
        let asked = asks("Hi").with_stream(true);
        let stream = pair.wrapped.create_message_streaming(&asked).await.unwrap();
        let mut stream = Box::pin(stream);
        while !matches!(
            stream.next().await.unwrap().unwrap(),
            StreamEvent::MessageStop
        ) {}
    };
    let ((), record) = recorded(call).await;
    assert_eq!(record.status, Some(Status::Success));
}

#[tokio::test]
async fn a_cut_connection_is_an_error_with_what_had_arrived() {
    let pair = pair(|it| it.on(When::any(), Reply::text("one two three four").cut_after(5)));
    let bare = items(&pair.bare, "Hi").await;
    assert!(bare.last().unwrap().is_err(), "{bare:?}");
    let (wrapped, record) = recorded(items(&pair.wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(error(&record).0, "transport");
    assert_eq!(message(&record)["content"], "one two ");
    assert_eq!(record.metadata["capture_complete"], false);
}

#[tokio::test]
async fn malformed_events_reach_the_user_as_they_are() {
    let body = "event: content_block_delta\ndata: {oops\n\ndata: {\"type\":\"message_stop\"}\n\n";
    let pair = pair(|it| it.on(When::any(), Reply::raw(200, "text/event-stream", body)));
    let bare = items(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(items(&pair.wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    assert_eq!((wrapped.len(), wrapped[0].is_err()), (2, true));
    assert_eq!(
        record.metadata["capture_note"],
        "a stream event is not JSON"
    );
}

#[tokio::test]
async fn an_error_within_the_stream() {
    let pair = pair(|it| {
        it.on(
            When::any(),
            Reply::text("one two three").error_after(4, "too busy"),
        )
    });
    let bare = items(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(items(&pair.wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(error(&record), ("overloaded_error", "too busy"));
}
