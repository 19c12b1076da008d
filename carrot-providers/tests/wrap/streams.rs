//! Answers as they are written.

use async_openai::error::OpenAIError;
use async_openai::types::chat::CreateChatCompletionRequest;
use async_openai::types::completions::CreateCompletionRequest;
use async_openai::types::responses::CreateResponse;
use async_openai::types::stream::StreamResponse;
use carrot_providers::scripted::{Reply, TokenUsage, When};
use carrot_wire::Status;
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{Pair, chat_stream, output, recorded, words};

const USAGE: TokenUsage = TokenUsage {
    input: 10,
    output: 7,
    cached: 4,
    cache_write: 0,
    reasoning: 2,
};

/// All items of a stream, errors in words.
async fn items<T: Serialize>(
    stream: Result<StreamResponse<T>, OpenAIError>,
) -> Vec<Result<Value, String>> {
    stream
        .expect("a stream")
        .map(|item| words(&item))
        .collect()
        .await
}

fn typed<T: serde::de::DeserializeOwned>(request: Value) -> T {
    serde_json::from_value(request).expect("a request")
}

#[tokio::test]
async fn chat_completions() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Grüße aus Oslo 🥕").usage(USAGE)));
    let request = || typed::<CreateChatCompletionRequest>(chat_stream("Hi"));
    let bare = items(pair.bare.chat().create_stream(request()).await).await;
    let (wrapped, record) =
        recorded(async { items(pair.wrapped.chat().create_stream(request()).await).await }).await;
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();

    assert_eq!(record.status, Some(Status::Success), "[DONE] came");
    assert_eq!(
        output(&record),
        json!({ "message": { "role": "assistant", "content": "Grüße aus Oslo 🥕" } })
    );
    assert_eq!(record.metadata["finish_reason"], "stop");
    assert_eq!(
        (
            &record.metadata["input_tokens"],
            &record.metadata["cached_tokens"]
        ),
        (&json!(10), &json!(4))
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
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let call = |client: async_openai::Client<_>| async move {
        items::<Value>(client.chat().create_stream_byot(chat_stream("Hi")).await).await
    };
    let bare = call(pair.bare.clone()).await;
    let (wrapped, record) = recorded(call(pair.wrapped.clone())).await;
    assert_eq!(wrapped, bare);
    let message = output(&record)["message"].take();
    assert_eq!(message["reasoning_content"], "let me look");
    let functions = message["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["function"].clone());
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
async fn completions() {
    let pair = Pair::new(|it| it);
    let request = || {
        typed::<CreateCompletionRequest>(
            json!({ "model": "m", "prompt": "Once upon", "stream": true }),
        )
    };
    let bare = items(pair.bare.completions().create_stream(request()).await).await;
    let (wrapped, record) =
        recorded(async { items(pair.wrapped.completions().create_stream(request()).await).await })
            .await;
    assert_eq!(wrapped, bare);
    assert_eq!(output(&record)["message"]["content"], "You said: Once upon");
    assert_eq!(
        record.metadata.get("input_tokens"),
        None,
        "usage was not asked for, and not injected"
    );
    assert_eq!(record.metadata.get("cost_usd"), None);
}

#[tokio::test]
async fn responses() {
    let reply = || {
        Reply::text("Hello there")
            .reasoning("a thought")
            .and_tool_call("look", "{}")
            .usage(USAGE)
    };
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let request = || {
        typed::<CreateResponse>(json!({ "model": "gpt-4o-mini", "input": "Hi", "stream": true }))
    };
    let bare = items(pair.bare.responses().create_stream(request()).await).await;
    assert!(bare.iter().all(Result::is_ok), "{bare:?}");
    let (wrapped, record) =
        recorded(async { items(pair.wrapped.responses().create_stream(request()).await).await })
            .await;
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Success));
    let message = &output(&record)["message"];
    assert_eq!(
        (&message["content"], &message["reasoning_content"]),
        (&json!("Hello there"), &json!("a thought"))
    );
    assert_eq!(
        (
            &record.metadata["total_tokens"],
            &record.metadata["reasoning_tokens"]
        ),
        (&json!(17), &json!(2))
    );
    assert!(record.metadata.contains_key("ttft_ms"));
}

#[tokio::test]
async fn dropped_early_keeps_what_had_arrived() {
    let text = "word ".repeat(1000);
    let pair = Pair::new(|it| {
        it.on(
            When::any(),
            Reply::text(&text).delay(std::time::Duration::from_millis(1)),
        )
    });
    let call = async {
        let mut stream = pair
            .wrapped
            .chat()
            .create_stream_byot::<_, Value>(chat_stream("Hi"))
            .await
            .unwrap();
        for _ in 0..4 {
            stream.next().await.unwrap().unwrap();
        }
    };
    let ((), record) = recorded(call).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    let content = output(&record)["message"]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        content.starts_with("word word word ") && content.len() < text.len(),
        "{content}"
    );
    assert_eq!(record.metadata["capture_complete"], false);
    assert_eq!(
        record.metadata["capture_note"],
        "the stream stopped before its end"
    );
}

#[tokio::test]
async fn a_response_dropped_after_its_last_event_is_a_success() {
    // There is no [DONE] in this API, and the connection stays open.
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Hello").header("x-stay", "open")));
    let call = async {
        let request = json!({ "model": "gpt-4o-mini", "input": "Hi", "stream": true });
        let mut stream = pair
            .wrapped
            .responses()
            .create_stream_byot::<_, Value>(request)
            .await
            .unwrap();
        while stream.next().await.unwrap().unwrap()["type"] != "response.completed" {}
    };
    let ((), record) = recorded(call).await;
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "Hello");
}

#[tokio::test]
async fn a_cut_connection_is_an_error_with_what_had_arrived() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("one two three four").cut_after(3)));
    let call = |client: async_openai::Client<_>| async move {
        items::<Value>(client.chat().create_stream_byot(chat_stream("Hi")).await).await
    };
    let bare = call(pair.bare.clone()).await;
    assert!(bare.last().unwrap().is_err(), "{bare:?}");
    let (wrapped, record) = recorded(call(pair.wrapped.clone())).await;
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.error.as_ref().unwrap().kind, "transport");
    assert_eq!(output(&record)["message"]["content"], "one two ");
    assert_eq!(record.metadata["capture_complete"], false);
}

#[tokio::test]
async fn malformed_events_reach_the_user_as_they_are() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: {oops\n\ndata: [DONE]\n\n";
    let pair = Pair::new(|it| it.on(When::any(), Reply::raw(200, "text/event-stream", body)));
    let call = |client: async_openai::Client<_>| async move {
        items::<Value>(client.chat().create_stream_byot(chat_stream("Hi")).await).await
    };
    let bare = call(pair.bare.clone()).await;
    let (wrapped, record) = recorded(call(pair.wrapped.clone())).await;
    assert_eq!(wrapped, bare);
    assert_eq!((wrapped.len(), wrapped[1].is_err()), (2, true));
    assert_eq!(output(&record)["message"]["content"], "a");
    assert_eq!(
        record.metadata["capture_note"],
        "a stream event is not JSON"
    );
}
