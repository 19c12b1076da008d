//! Answers in one piece.

use carrot_providers::scripted::{Reply, When};
use carrot_wire::{SpanKind, Status};
use genai::adapter::AdapterKind;
use genai::chat::ChatOptions;
use genai::embed::EmbedOptions;
use serde_json::{Value, json};

use crate::pair::{input, message, output};
use crate::support::{USAGE, both, pair, request, with_tool};

fn value(item: impl serde::Serialize) -> Value {
    serde_json::to_value(item).unwrap()
}

#[tokio::test]
async fn a_chat() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Go to Settings.").usage(USAGE)));
    let options = ChatOptions::default().with_temperature(0.5);
    let (bare, wrapped, record) = both!(pair, exec_chat(request("How?"), Some(&options)));
    assert_eq!(value(wrapped.unwrap()), value(bare.unwrap()));
    pair.assert_same_requests();

    assert_eq!(record.name.as_deref(), Some("chat.completions"));
    assert_eq!(
        (record.kind, record.status),
        (Some(SpanKind::LlmCall), Some(Status::Success))
    );
    let messages = json!([
        { "role": "system", "content": "Be short." },
        { "role": "user", "content": "How?" },
    ]);
    assert_eq!(
        input(&record),
        json!({ "model": "gpt-4o-mini", "messages": messages, "temperature": 0.5 })
    );
    assert_eq!(message(&record)["content"], "Go to Settings.");
    for (key, value) in [
        ("source", json!("sdk")),
        ("provider", json!("openai")),
        ("model", json!("gpt-4o-mini")),
        ("request_model", json!("gpt-4o-mini")),
        ("input_tokens", json!(150)),
        ("cached_tokens", json!(100)),
        ("output_tokens", json!(42)),
        ("reasoning_tokens", json!(20)),
        ("finish_reason", json!("stop")),
    ] {
        assert_eq!(record.metadata[key], value, "{key}");
    }
    assert!(record.metadata.contains_key("cost_usd"));
    assert_eq!(record.metadata.get("capture_complete"), None);
}

#[tokio::test]
async fn tools_and_reasoning() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).reasoning("let me look");
    let pair = pair(|it| it.on(When::any(), reply()));
    let (bare, wrapped, record) = both!(pair, exec_chat(with_tool("Where?"), None));
    let (bare, wrapped) = (bare.unwrap(), wrapped.unwrap());
    assert_eq!(value(&wrapped), value(bare));
    assert_eq!(wrapped.tool_calls()[0].fn_name, "look");
    pair.assert_same_requests();

    assert_eq!(input(&record)["tools"][0]["function"]["name"], "look");
    let message = message(&record);
    assert_eq!(message["reasoning_content"], "let me look");
    assert_eq!(
        message["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# })
    );

    // What comes back to the model is told too.
    let call = wrapped.into_tool_calls();
    let answer = genai::chat::ToolResponse::from_tool_call(&call[0], "Oslo");
    let next = || {
        with_tool("Where?")
            .append_message(call.clone())
            .append_message(answer.clone())
    };
    let (_, _, record) = both!(pair, exec_chat(next(), None));
    let messages = input(&record)["messages"].take();
    assert_eq!(messages[2]["tool_calls"][0]["function"]["name"], "look");
    assert_eq!(
        (
            &messages[3]["role"],
            &messages[3]["content"],
            &messages[3]["tool_call_id"]
        ),
        (
            &json!("tool"),
            &json!("Oslo"),
            &messages[2]["tool_calls"][0]["id"]
        )
    );
}

#[tokio::test]
async fn the_raw_body_is_the_users_only_if_asked_for() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Hi")));
    for wanted in [true, false] {
        let options = ChatOptions::default().with_capture_raw_body(wanted);
        let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), Some(&options)));
        let wrapped = wrapped.unwrap();
        assert_eq!(wrapped.captured_raw_body.is_some(), wanted);
        assert_eq!(value(wrapped), value(bare.unwrap()));
        assert_eq!(message(&record)["content"], "Hi");
    }
}

#[tokio::test]
async fn embeddings() {
    let pair = pair(|it| it);
    let options = EmbedOptions::new().with_dimensions(8);
    let (bare, wrapped, record) = both!(pair, embed("one", Some(&options)));
    assert_eq!(value(wrapped.unwrap()), value(bare.unwrap()));
    assert_eq!(record.kind, Some(SpanKind::Embedding));
    assert_eq!(
        input(&record),
        json!({ "model": "gpt-4o-mini", "input": "one", "dimensions": 8 })
    );
    assert_eq!(output(&record), json!({ "embeddings_count": 1 }));

    let texts = || vec!["one".to_owned(), "two".to_owned()];
    let (bare, wrapped, record) = both!(pair, embed_batch(texts(), None));
    assert_eq!(value(wrapped.unwrap()), value(bare.unwrap()));
    assert_eq!(output(&record), json!({ "embeddings_count": 2 }));
    assert!(record.metadata.contains_key("input_tokens"));
    pair.assert_same_requests();
}

#[tokio::test]
async fn a_dialect_that_is_not_read_is_told_from_the_clients_own_types() {
    let body = json!({
        "finish_reason": "COMPLETE", "chat_history": [{ "message": "Hello" }], "meta": { "tokens": { "input_tokens": 5, "output_tokens": 2 } },
    });
    let mut pair = pair(|it| {
        it.on(
            When::any(),
            Reply::raw(200, "application/json", body.to_string()),
        )
    });
    // The scripted server answers what looks like a call to a model.
    for target in [&mut pair.bare.target, &mut pair.wrapped.target] {
        let url = format!("{}chat/completions?", target.endpoint.base_url());
        target.endpoint = genai::resolver::Endpoint::from_owned(url);
        target.model.adapter_kind = AdapterKind::Cohere;
    }
    let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), None));
    assert_eq!(value(wrapped.unwrap()), value(bare.unwrap()));
    assert_eq!(message(&record)["content"], "Hello");
    assert_eq!(record.metadata["finish_reason"], "COMPLETE");
    assert_eq!(record.metadata["input_tokens"], 5);
}
