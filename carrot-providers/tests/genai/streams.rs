//! Answers as they are written.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use futures_util::StreamExt;
use genai::chat::{ChatOptions, ChatStreamEvent};
use serde_json::json;

use crate::pair::{error, input, message, recorded};
use crate::support::{USAGE, both_streams, captures, pair, request, with_tool};

#[tokio::test]
async fn a_chat() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Grüße aus Oslo 🥕").usage(USAGE)));
    let options = captures();
    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), Some(&options));
    assert_eq!(wrapped, bare);
    assert!(wrapped.len() > 4, "{wrapped:?}");
    pair.assert_same_requests();

    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(input(&record)["stream"], true);
    assert_eq!(message(&record)["content"], "Grüße aus Oslo 🥕");
    assert_eq!(record.metadata["finish_reason"], "stop");
    assert_eq!(
        (
            &record.metadata["input_tokens"],
            &record.metadata["cached_tokens"]
        ),
        (&json!(150), &json!(100))
    );
    assert!(record.metadata.contains_key("cost_usd"));
    assert!(record.metadata.contains_key("ttft_ms"));
    assert_eq!(record.metadata.get("capture_complete"), None);
}

#[tokio::test]
async fn tool_calls_and_reasoning() {
    let reply = || {
        Reply::tool_call("look", r#"{"q":"Straße"}"#)
            .and_tool_call("now", "{}")
            .reasoning("let me look")
    };
    let pair = pair(|it| it.on(When::any(), reply()));
    let (bare, wrapped, record) = both_streams!(pair, with_tool("Hi"), None);
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
    assert_eq!(record.metadata["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn a_sink_of_the_users_hears_all_frames() {
    let pair = pair(|it| it.on(When::any(), Reply::text("one two")));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let options = || {
        let heard = heard.clone();
        ChatOptions::default().with_raw_frame_fn(move |_, frame| {
            let mut heard = heard.lock().unwrap();
            heard.push((
                frame.index,
                frame.event.map(str::to_owned),
                frame.data.to_owned(),
            ));
        })
    };
    let (bare, theirs) = (&pair.bare, options());
    let stream = bare
        .client
        .exec_chat_stream(bare.target.clone(), request("Hi"), Some(&theirs));
    crate::support::items(stream.await).await;
    let bare = std::mem::take(&mut *heard.lock().unwrap());
    assert!(bare.len() > 2, "{bare:?}");

    let wrapped = &pair.wrapped;
    let options = options();
    let call = async {
        let target = wrapped.target.clone();
        let stream = wrapped
            .client
            .exec_chat_stream(target, request("Hi"), Some(&options));
        crate::support::items(stream.await).await
    };
    let (_, record) = recorded(call).await;
    assert_eq!(*heard.lock().unwrap(), bare);
    assert_eq!(message(&record)["content"], "one two");
}

#[tokio::test]
async fn dropped_early_keeps_what_had_arrived() {
    let text = "word ".repeat(1000);
    let reply = || Reply::text(&text).delay(Duration::from_millis(1));
    let pair = pair(|it| it.on(When::any(), reply()));
    let call = async {
        let wrapped = &pair.wrapped;
        let stream = wrapped
            .client
            .exec_chat_stream(wrapped.target.clone(), request("Hi"), None);
        let mut stream = stream.await.unwrap().stream;
        let mut chunks = 0;
        while chunks < 3 {
            if let ChatStreamEvent::Chunk(_) = stream.next().await.unwrap().unwrap() {
                chunks += 1;
            }
        }
    };
    let ((), record) = recorded(call).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    let content = message(&record)["content"].as_str().unwrap().to_owned();
    assert!(
        content.starts_with("word word ") && content.len() < text.len(),
        "{content}"
    );
    assert_eq!(record.metadata["capture_complete"], false);
}

#[tokio::test]
async fn never_read_is_never_sent() {
    let pair = pair(|it| it);
    let wrapped = &pair.wrapped;
    let stream = wrapped
        .client
        .exec_chat_stream(wrapped.target.clone(), request("Hi"), None);
    let (_, record) = recorded(async { drop(stream.await.unwrap()) }).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert!(pair.sent().is_empty());
}

#[tokio::test]
async fn a_cut_connection_is_an_error_with_what_had_arrived() {
    let pair = pair(|it| it.on(When::any(), Reply::text("one two three four").cut_after(3)));
    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), None);
    assert!(bare.iter().any(Result::is_err), "{bare:?}");
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(error(&record).0, "transport");
    assert_eq!(message(&record)["content"], "one two ");
    assert_eq!(record.metadata["capture_complete"], false);
}

#[tokio::test]
async fn malformed_frames_reach_the_user_as_they_are() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: {oops\n\ndata: [DONE]\n\n";
    let pair = pair(|it| it.on(When::any(), Reply::raw(200, "text/event-stream", body)));
    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), None);
    assert_eq!(wrapped, bare);
    assert!(wrapped.iter().any(Result::is_err), "{wrapped:?}");
    assert_eq!(message(&record)["content"], "a");
    assert_eq!(
        record.metadata["capture_note"],
        "a stream event is not JSON"
    );
}
