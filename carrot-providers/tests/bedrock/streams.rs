//! Answers as they are written.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::primitives::Blob;
use base64::Engine as _;
use carrot_wire::Status;
use serde_json::{Value, json};

use crate::server::{Reply, Request, Server, delta, ends, event};
use crate::support::{MODEL, Pair, client, output, recorded, stream, user};

#[tokio::test]
async fn converse_stream() {
    let pair = Pair::new(|_, _| Reply::streamed("Grüße aus Oslo 🥕")).await;
    let bare = stream(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(stream(&pair.wrapped, "Hi")).await;
    assert!(
        wrapped.len() > 5 && wrapped.iter().all(Result::is_ok),
        "{wrapped:?}"
    );
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();

    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(
        output(&record),
        json!({ "message": { "role": "assistant", "content": "Grüße aus Oslo 🥕" } })
    );
    assert_eq!(record.metadata["output_tokens"], 5);
    assert_eq!(record.metadata["finish_reason"], "end_turn");
    assert!(record.metadata["ttft_ms"].is_u64());
    assert_eq!(record.metadata.get("capture_complete"), None);
}

#[tokio::test]
async fn tool_calls_and_reasoning_are_joined() {
    let answer = |_: &Request, _| {
        let mut frames = vec![
            event("messageStart", &json!({ "role": "assistant" })),
            delta(0, &json!({ "reasoningContent": { "text": "Let me " } })),
            delta(0, &json!({ "reasoningContent": { "text": "see." } })),
            event(
                "contentBlockStart",
                &json!({ "contentBlockIndex": 1,
                "start": { "toolUse": { "toolUseId": "t1", "name": "look" } } }),
            ),
            delta(1, &json!({ "toolUse": { "input": "{\"q\":" } })),
            delta(1, &json!({ "toolUse": { "input": "1}" } })),
        ];
        frames.extend(ends("tool_use"));
        // In pieces that no frame ends with.
        let joined = frames.concat();
        Reply::frames(joined.chunks(37).map(<[u8]>::to_vec).collect())
    };
    let pair = Pair::new(answer).await;
    let bare = stream(&pair.bare, "Look").await;
    let (wrapped, record) = recorded(stream(&pair.wrapped, "Look")).await;
    assert_eq!(wrapped.len(), 8, "{wrapped:?}");
    assert_eq!(wrapped, bare);
    let message = &output(&record)["message"];
    assert_eq!(message["reasoning_content"], "Let me see.");
    assert_eq!(
        message["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": "{\"q\":1}" })
    );
}

#[tokio::test]
async fn a_models_own_format() {
    fn chunk(inner: &Value) -> Vec<u8> {
        let bytes = base64::engine::general_purpose::STANDARD.encode(inner.to_string());
        event("chunk", &json!({ "bytes": bytes }))
    }
    let answer = |_: &Request, _| {
        Reply::frames(vec![
            chunk(&json!({ "generation": "How", "stop_reason": null })),
            chunk(&json!({ "generation": "dy", "stop_reason": "stop",
                "amazon-bedrock-invocationMetrics": { "inputTokenCount": 6, "outputTokenCount": 2 } })),
        ])
    };
    let pair = Pair::new(answer).await;
    let invoke = async |client: &Client| {
        let asked = client
            .invoke_model_with_response_stream()
            .model_id("meta.llama3-8b-instruct-v1:0");
        let mut answer = asked
            .body(Blob::new(br#"{"prompt":"Hi"}"#))
            .send()
            .await
            .unwrap();
        let mut items = Vec::new();
        while let Some(item) = answer.body.recv().await.unwrap() {
            items.push(format!("{item:?}"));
        }
        items
    };
    let bare = invoke(&pair.bare).await;
    let (wrapped, record) = recorded(invoke(&pair.wrapped)).await;
    assert_eq!(wrapped.len(), 2);
    assert_eq!(wrapped, bare);
    assert_eq!(output(&record)["message"]["content"], "Howdy");
    assert_eq!(record.metadata["input_tokens"], 6);
}

#[tokio::test]
async fn a_stream_that_is_dropped_early_is_cancelled_and_keeps_what_came() {
    let server = Server::start(|_, _| Reply::streamed("one two three").silent_after(3)).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let (_, record) = recorded(async {
        let asked = client
            .converse_stream()
            .model_id(MODEL)
            .messages(user("Hi"));
        let mut answer = asked.send().await.unwrap();
        for _ in 0..3 {
            answer.stream.recv().await.unwrap().unwrap();
        }
    })
    .await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(output(&record)["message"]["content"], "one two ");
    assert_eq!(record.metadata["capture_complete"], false);
}

#[tokio::test]
async fn a_stream_whose_last_event_was_seen_is_a_success() {
    // The server keeps the connection open behind the last event.
    let server = Server::start(|_, _| Reply::streamed("one").silent_after(5)).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let (_, record) = recorded(async {
        let asked = client
            .converse_stream()
            .model_id(MODEL)
            .messages(user("Hi"));
        let mut answer = asked.send().await.unwrap();
        for _ in 0..5 {
            answer.stream.recv().await.unwrap().unwrap();
        }
    })
    .await;
    assert_eq!(record.status, Some(Status::Success), "{record:?}");
    assert_eq!(record.metadata["output_tokens"], 5);
}

#[tokio::test]
async fn a_cut_connection_is_an_error_as_the_bare_client_has_it() {
    let pair = Pair::new(|_, _| Reply::streamed("one two three").cut_after(3)).await;
    let bare = stream(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(stream(&pair.wrapped, "Hi")).await;
    assert!(wrapped.last().unwrap().is_err(), "{wrapped:?}");
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.error.as_ref().unwrap().kind, "transport");
    assert_eq!(output(&record)["message"]["content"], "one two ");
}

#[tokio::test]
async fn an_exception_within_a_stream_is_the_calls_error() {
    let answer = |_: &Request, _| {
        Reply::frames(vec![
            event("messageStart", &json!({ "role": "assistant" })),
            delta(0, &json!({ "text": "so far" })),
            crate::server::exception("modelStreamErrorException", "The model broke."),
        ])
    };
    let pair = Pair::new(answer).await;
    let bare = stream(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(stream(&pair.wrapped, "Hi")).await;
    assert!(
        wrapped
            .last()
            .unwrap()
            .as_ref()
            .unwrap_err()
            .contains("The model broke.")
    );
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    let error = record.error.as_ref().unwrap();
    assert_eq!(
        (error.kind.as_str(), error.message.as_str()),
        ("modelStreamErrorException", "The model broke.")
    );
    assert_eq!(output(&record)["message"]["content"], "so far");
}

#[tokio::test]
async fn what_is_no_frame_is_told() {
    let pair = Pair::new(|_, _| {
        Reply::raw(
            "application/vnd.amazon.eventstream",
            "<html>no frames here</html>",
        )
    })
    .await;
    let bare = stream(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(stream(&pair.wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    assert_eq!(
        record.metadata["capture_note"],
        "a frame of the stream is damaged"
    );
}
