//! Answers as they are written.

use std::time::Duration;

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use serde_json::json;

use crate::support::{Pair, chat_stream, error, output, recorded};

#[tokio::test]
async fn a_stream_is_the_same_and_recorded() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Grüße aus Oslo 🥕")));
    let (answer, record) = pair.ask(chat_stream("Hi")).await;
    assert!(answer.unwrap().body.0.ends_with(b"data: [DONE]\n\n"));
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(
        output(&record),
        json!({ "message": { "role": "assistant", "content": "Grüße aus Oslo 🥕" } })
    );
    assert!(record.metadata.contains_key("input_tokens"));
    assert!(record.metadata.contains_key("ttft_ms"));
    assert_eq!(record.metadata["finish_reason"], "stop");
}

#[tokio::test]
async fn tool_calls_in_fragments() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).reasoning("let me look");
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let (_, record) = pair.ask(chat_stream("Hi")).await;
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
    let (answer, record) = pair.ask(chat_stream("Hi")).await;
    assert!(answer.unwrap().body.1.is_some(), "the error of the cut");
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
        let mut response = pair.wrapped.send(&chat_stream("Hi")).await.unwrap();
        while let Some(chunk) = response.chunk().await.unwrap() {
            if chunk.windows(3).any(|it| it == b"one") {
                break;
            }
        }
    };
    let ((), record) = recorded(read).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(output(&record)["message"]["content"], "one ");
}

#[tokio::test]
async fn a_stream_dropped_after_its_last_event() {
    let pair = Pair::new(|it| it);
    let read = async {
        let mut response = pair.wrapped.send(&chat_stream("Hi")).await.unwrap();
        while let Some(chunk) = response.chunk().await.unwrap() {
            if chunk.ends_with(b"[DONE]\n\n") {
                break;
            }
        }
    };
    let ((), record) = recorded(read).await;
    assert_eq!(record.status, Some(Status::Success));
}
