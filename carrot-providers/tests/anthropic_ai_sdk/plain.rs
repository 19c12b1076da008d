//! Answers in one piece.

use anthropic_ai_sdk::types::message::{CountMessageTokensParams, MessageClient};
use carrot_providers::scripted::{Reply, When};
use carrot_wire::{SpanKind, Status};
use serde_json::json;

use crate::pair::{all_recorded, input, message, recorded};
use crate::support::{USAGE, pair, whole};

#[tokio::test]
async fn a_message() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Go to Settings.").usage(USAGE)));
    let bare = whole(&pair.bare, "How?").await;
    let (wrapped, record) = recorded(whole(&pair.wrapped, "How?")).await;
    assert!(bare.is_ok(), "{bare:?}");
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();

    assert_eq!(record.name.as_deref(), Some("messages"));
    assert_eq!(
        (record.kind, record.status),
        (Some(SpanKind::LlmCall), Some(Status::Success))
    );
    assert_eq!(input(&record), pair.sent()[0].body);
    assert_eq!(message(&record)["content"], "Go to Settings.");
    for (key, value) in [
        ("source", json!("sdk")),
        ("provider", json!("anthropic")),
        ("model", json!("claude-sonnet-4-5")),
        ("request_model", json!("claude-sonnet-4-5")),
        ("input_tokens", json!(150)),
        ("cached_tokens", json!(100)),
        ("cache_write_tokens", json!(10)),
        ("output_tokens", json!(42)),
    ] {
        assert_eq!(record.metadata[key], value, "{key}");
    }
    assert!(record.metadata.contains_key("cost_usd"));
    assert!(record.metadata.contains_key("request_id"));
    assert_eq!(record.metadata.get("capture_complete"), None);
}

#[tokio::test]
async fn thoughts_and_tool_calls() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).reasoning("let me look");
    let pair = pair(|it| it.on(When::any(), reply()));
    let bare = whole(&pair.bare, "Where?").await;
    let (wrapped, record) = recorded(whole(&pair.wrapped, "Where?")).await;
    assert!(bare.is_ok(), "{bare:?}");
    assert_eq!(wrapped, bare);
    let message = message(&record);
    assert_eq!(message["reasoning_content"], "let me look");
    assert_eq!(
        message["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# })
    );
    assert_eq!(input(&record)["tools"][0]["name"], "look");
}

#[tokio::test]
async fn what_is_no_call_to_a_model_passes() {
    let reply = || Reply::raw(200, "application/json", r#"{"input_tokens":7}"#);
    let pair = pair(|it| it.on(When::path("/v1/messages/count_tokens"), reply()));
    let asked = CountMessageTokensParams::default();
    let (count, records) = all_recorded(pair.wrapped.count_tokens(Some(&asked))).await;
    assert_eq!(count.unwrap().input_tokens, 7);
    assert!(records.is_empty(), "{records:?}");
}
