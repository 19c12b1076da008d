//! Amazon Bedrock: Converse and InvokeModel, plain and in binary frames.

use base64::Engine as _;
use bytes::Bytes;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall, Usage};
use proptest::prelude::*;
use serde_json::{Value, json};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const FRAMES: &str = "application/vnd.amazon.eventstream";

fn call(path: &str, headers: &[(&str, &str)], status: u16, body: &[u8]) -> LlmCall {
    let exchange = Exchange {
        host: "bedrock-runtime.us-east-1.amazonaws.com",
        path,
        request: br#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#,
        status: Some(status),
        headers,
        body: &[Bytes::copy_from_slice(body)],
        times: &[],
        ended: true,
        truncated: false,
    };
    LlmCall::read(Endpoint::find("POST", path).unwrap(), &exchange)
}

fn plain(operation: &str, body: &Value) -> LlmCall {
    let path = format!("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/{operation}");
    let json = [("content-type", "application/json")];
    call(&path, &json, 200, body.to_string().as_bytes())
}

fn streamed(operation: &str, frames: &[Vec<u8>]) -> LlmCall {
    let path = format!("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/{operation}");
    call(&path, &[("content-type", FRAMES)], 200, &frames.concat())
}

/// A frame of the stream, by hand: lengths, checksum, headers, payload, checksum.
fn frame(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut written = Vec::new();
    for (name, value) in headers {
        written.push(name.len() as u8);
        written.extend(name.as_bytes());
        written.push(7);
        written.extend((value.len() as u16).to_be_bytes());
        written.extend(value.as_bytes());
    }
    let length = 16 + written.len() + payload.len();
    let mut frame = Vec::from((length as u32).to_be_bytes());
    frame.extend((written.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(written);
    frame.extend(payload.as_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

fn event(name: &str, payload: &Value) -> Vec<u8> {
    let headers = [(":message-type", "event"), (":event-type", name)];
    frame(&headers, &payload.to_string())
}

/// An event of InvokeModel's stream.
fn chunk(inner: &Value) -> Vec<u8> {
    let bytes = base64::engine::general_purpose::STANDARD.encode(inner.to_string());
    event("chunk", &json!({ "bytes": bytes, "p": "abcd" }))
}

fn tool_stream() -> Vec<Vec<u8>> {
    let delta = |index: u64, delta: Value| {
        event(
            "contentBlockDelta",
            &json!({ "contentBlockIndex": index, "delta": delta, "p": "ab" }),
        )
    };
    let stop = |index: u64| event("contentBlockStop", &json!({ "contentBlockIndex": index }));
    vec![
        event("messageStart", &json!({ "role": "assistant" })),
        delta(0, json!({ "reasoningContent": { "text": "Let me " } })),
        delta(0, json!({ "reasoningContent": { "text": "see." } })),
        delta(0, json!({ "reasoningContent": { "signature": "c2ln" } })),
        stop(0),
        delta(1, json!({ "text": "I'll " })),
        delta(1, json!({ "text": "look." })),
        stop(1),
        event(
            "contentBlockStart",
            &json!({ "contentBlockIndex": 2,
            "start": { "toolUse": { "toolUseId": "tooluse_1", "name": "weather" } } }),
        ),
        delta(2, json!({ "toolUse": { "input": "" } })),
        delta(2, json!({ "toolUse": { "input": "{\"city\":" } })),
        delta(2, json!({ "toolUse": { "input": "\"Rome\"}" } })),
        stop(2),
        event("messageStop", &json!({ "stopReason": "tool_use" })),
        event(
            "metadata",
            &json!({ "metrics": { "latencyMs": 731 }, "serviceTier": { "type": "flex" },
            "usage": { "inputTokens": 20, "outputTokens": 40, "totalTokens": 1060,
                "cacheReadInputTokens": 900, "cacheWriteInputTokens": 100 } }),
        ),
    ]
}

#[test]
fn converse_plain() {
    let call = plain(
        "converse",
        &json!({
            "output": { "message": { "role": "assistant", "content": [
                { "reasoningContent": { "reasoningText": { "text": "Hm.", "signature": "c2ln" } } },
                { "reasoningContent": { "redactedContent": "c2Vj" } },
                { "text": "I'll look." },
                { "toolUse": { "toolUseId": "tooluse_1", "name": "weather", "input": { "city": "Rome" } } },
            ] } },
            "stopReason": "tool_use", "metrics": { "latencyMs": 551 }, "serviceTier": { "type": "default" },
            "usage": { "inputTokens": 20, "outputTokens": 40, "totalTokens": 60 },
        }),
    );
    assert!(call.complete, "{:?}", call.note);
    assert_eq!(
        (call.provider, call.request_model.as_deref()),
        ("bedrock", Some(CLAUDE))
    );
    assert_eq!(call.finish_reason.as_deref(), Some("tool_use"));
    assert_eq!(
        call.output,
        json!({ "message": { "role": "assistant", "content": "I'll look.", "reasoning_content": "Hm.",
            "tool_calls": [{ "id": "tooluse_1", "type": "function",
                "function": { "name": "weather", "arguments": "{\"city\":\"Rome\"}" } }] } })
    );
    assert_eq!(call.usage, Usage::new(20, 40));
    assert_eq!(call.service_tier.as_deref(), Some("default"));
    assert!(call.input.unwrap().as_str().contains("messages"));
}

#[test]
fn converse_streamed() {
    let call = streamed("converse-stream", &tool_stream());
    assert!(call.complete && call.streamed, "{:?}", call.note);
    assert_eq!(
        call.output["message"],
        json!({ "role": "assistant", "content": "I'll look.", "reasoning_content": "Let me see.",
            "tool_calls": [{ "id": "tooluse_1", "type": "function",
                "function": { "name": "weather", "arguments": "{\"city\":\"Rome\"}" } }] })
    );
    assert_eq!(
        call.usage,
        Usage::new(1020, 40).cached(900).cache_write(100)
    );
    assert_eq!(call.finish_reason.as_deref(), Some("tool_use"));
    assert_eq!(call.service_tier.as_deref(), Some("flex"));
}

#[test]
fn a_stream_that_is_cut_keeps_what_came() {
    let frames = tool_stream();
    let call = streamed("converse-stream", &frames[..11]);
    assert!(!call.complete);
    assert_eq!(call.note, Some("the stream stopped before its end"));
    assert_eq!(
        call.output["message"]["tool_calls"][0]["function"]["arguments"],
        "{\"city\":"
    );
    let mut damaged = frames.clone();
    damaged[6][20] ^= 1;
    let call = streamed("converse-stream", &damaged);
    assert_eq!(call.note, Some("a frame of the stream is damaged"));
    assert_eq!(call.output["message"]["content"], "I'll ");
}

#[test]
fn errors_have_their_names() {
    let headers = [
        ("content-type", "application/json"),
        (
            "x-amzn-ErrorType",
            "ThrottlingException:http://internal.amazon.com/coral/",
        ),
        ("x-amzn-RequestId", "r-1"),
    ];
    let body = br#"{"message":"Too many requests, please wait."}"#;
    let throttled = call("/model/m/converse", &headers, 429, body);
    let error = throttled.error.unwrap();
    assert_eq!(error.kind, "ThrottlingException");
    assert_eq!(error.message, "Too many requests, please wait.");
    assert_eq!(throttled.request_id.as_deref(), Some("r-1"));

    let exception = frame(
        &[
            (":message-type", "exception"),
            (":exception-type", "modelStreamErrorException"),
        ],
        r#"{"message":"The model broke."}"#,
    );
    for operation in ["converse-stream", "invoke-with-response-stream"] {
        let call = streamed(operation, std::slice::from_ref(&exception));
        let error = call.error.unwrap();
        assert_eq!(
            (error.kind.as_str(), error.message.as_str()),
            ("modelStreamErrorException", "The model broke.")
        );
    }
}

#[test]
fn models_are_named_by_the_path() {
    let model = |path: &str| call(path, &[], 200, b"{}").request_model;
    assert_eq!(
        model("/model/amazon.nova-pro-v1%3A0/converse").as_deref(),
        Some("amazon.nova-pro-v1:0")
    );
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-haiku-20241022-v1:0";
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(
        model(&format!("/model/{encoded}/converse-stream")).as_deref(),
        Some(arn)
    );
    assert_eq!(
        model(&format!("/prefix/model/{arn}/invoke")).as_deref(),
        Some(arn)
    );
    assert_eq!(model("/model//converse"), None);
    assert_eq!(Endpoint::find("POST", "/converse"), None);
    assert_eq!(Endpoint::find("GET", "/model/m/converse"), None);
}

#[test]
fn invoked_models_speak_their_own_dialects() {
    let claude = plain(
        "invoke",
        &json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": [{ "type": "text", "text": "Hello" }], "stop_reason": "end_turn",
            "usage": { "input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 3 } }),
    );
    assert_eq!(claude.output["message"]["content"], "Hello");
    assert_eq!(claude.usage, Usage::new(15, 3).cached(5));
    assert_eq!(claude.provider, "bedrock");

    let nova = plain(
        "invoke",
        &json!({ "output": { "message": { "role": "assistant", "content": [{ "text": "Ciao" }] } },
            "stopReason": "end_turn", "usage": { "inputTokens": 4, "outputTokens": 2, "totalTokens": 6 } }),
    );
    assert_eq!(nova.output["message"]["content"], "Ciao");
    assert_eq!(nova.usage, Usage::new(4, 2));

    let gpt = plain(
        "invoke",
        &json!({ "choices": [{ "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": "Hey" } }],
            "usage": { "prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6 } }),
    );
    assert_eq!(gpt.output["message"]["content"], "Hey");

    let llama = plain(
        "invoke",
        &json!({ "generation": "Howdy", "prompt_token_count": 4, "generation_token_count": 2, "stop_reason": "stop" }),
    );
    assert_eq!(llama.output["message"]["content"], "Howdy");
    assert_eq!(llama.usage, Usage::new(4, 2));

    let titan = plain(
        "invoke",
        &json!({ "embedding": [0.1, 0.2], "inputTextTokenCount": 9 }),
    );
    assert_eq!(titan.output, json!({ "embeddings_count": 1 }));
    assert_eq!(titan.usage.input, Some(9));

    let counted = [
        ("content-type", "application/json"),
        ("X-Amzn-Bedrock-Input-Token-Count", "7"),
        ("X-Amzn-Bedrock-Output-Token-Count", "8"),
    ];
    let unknown = call("/model/m/invoke", &counted, 200, br#"{"artifacts":[]}"#);
    assert_eq!(unknown.note, Some("the model's own format is not known"));
    assert_eq!(unknown.usage, Usage::new(7, 8));
}

#[test]
fn invoked_streams_are_unpacked() {
    let call = streamed(
        "invoke-with-response-stream",
        &[
            chunk(
                &json!({ "type": "message_start", "message": { "id": "msg_1", "model": "claude", "content": [],
                "usage": { "input_tokens": 10, "output_tokens": 1 } } }),
            ),
            chunk(
                &json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
            ),
            chunk(
                &json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "Hi" } }),
            ),
            chunk(
                &json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 5 } }),
            ),
            chunk(
                &json!({ "type": "message_stop", "amazon-bedrock-invocationMetrics":
                { "inputTokenCount": 10, "outputTokenCount": 5, "invocationLatency": 700, "firstByteLatency": 300 } }),
            ),
        ],
    );
    assert!(call.complete, "{:?}", call.note);
    assert_eq!(call.output["message"]["content"], "Hi");
    assert_eq!(call.usage, Usage::new(10, 5));

    let llama = streamed(
        "invoke-with-response-stream",
        &[
            chunk(&json!({ "generation": "How", "stop_reason": null })),
            chunk(&json!({ "generation": "dy", "stop_reason": "stop",
                "amazon-bedrock-invocationMetrics": { "inputTokenCount": 6, "outputTokenCount": 2 } })),
        ],
    );
    assert!(llama.complete);
    assert_eq!(llama.output["message"]["content"], "Howdy");
    assert_eq!(llama.usage, Usage::new(6, 2));
}

#[test]
fn what_is_no_stream_of_frames_is_told() {
    let html = call(
        "/model/m/converse-stream",
        &[("content-type", FRAMES)],
        200,
        b"<html>no frames here</html>",
    );
    assert_eq!(html.note, Some("a frame of the stream is damaged"));
    assert!(!html.complete);
    let json = call(
        "/model/m/converse",
        &[("content-type", "text/html")],
        200,
        b"<html>",
    );
    assert_eq!(
        json.note,
        Some("the answer is not the JSON that was expected")
    );
}

proptest! {
    #[test]
    fn no_answer_panics(
        operation in prop::sample::select(vec!["converse", "converse-stream", "invoke", "invoke-with-response-stream"]),
        names in prop::collection::vec(prop::sample::select(vec![
            "messageStart", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata", "chunk", "x",
        ]), 0..6),
        payload in r#"[{}\[\]",:a-z0-9]{0,30}"#,
        frames in any::<bool>(),
    ) {
        let mut body: Vec<u8> = names
            .iter()
            .flat_map(|name| frame(&[(":message-type", "event"), (":event-type", name)], &payload))
            .collect();
        if body.is_empty() {
            body = payload.into_bytes();
        }
        let kind = if frames { FRAMES } else { "application/json" };
        call(&format!("/model/m/{operation}"), &[("content-type", kind)], 200, &body);
    }

    #[test]
    fn no_shape_of_event_panics(
        name in prop::sample::select(vec!["contentBlockStart", "contentBlockDelta", "messageStop", "metadata", "error"]),
        value in prop::sample::select(vec![
            json!(null), json!(1), json!("x"), json!([]), json!({}), json!({ "usage": 1, "serviceTier": [] }),
            json!({ "contentBlockIndex": -1, "delta": 5 }), json!({ "start": { "toolUse": 3 } }),
            json!({ "delta": { "toolUse": { "input": 1 }, "citation": {} }, "contentBlockIndex": u64::MAX }),
            json!({ "bytes": "!!!" }), json!({ "stopReason": [] }),
        ]),
    ) {
        streamed("converse-stream", &[event(name, &value), event("metadata", &value)]);
        streamed("invoke-with-response-stream", &[event("chunk", &value), chunk(&json!({ name: value }))]);
        plain("converse", &json!({ "output": value, "usage": value, "trace": value }));
        plain("converse", &json!({ "output": { "message": { "content": [value, { "toolUse": value, "citationsContent": value }] } } }));
    }
}
