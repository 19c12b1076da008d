//! Anthropic's messages, plain and streamed.

use carrot_wire::llm::{Endpoint, LlmCall, Usage};
use carrot_wire::{SpanKind, price};
use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, named_events, read};

const PATH: &str = "/v1/messages";

fn message() -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [
            { "type": "thinking", "thinking": "Let me see.", "signature": "EqQBCgIYAhIM" },
            { "type": "redacted_thinking", "data": "EmwKAhgB" },
            { "type": "text", "text": "Looking " },
            { "type": "text", "text": "it up." },
            { "type": "tool_use", "id": "toolu_1", "name": "weather", "input": { "city": "Paris" } },
            { "type": "tool_use", "id": "toolu_2", "name": "time", "input": {} },
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {
            "input_tokens": 25, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1_000,
            "cache_creation": { "ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40 },
            "output_tokens": 50, "output_tokens_details": { "thinking_tokens": 20 },
            "service_tier": "standard",
        },
    })
}

fn stream() -> String {
    let start = |index: u64, block: Value| json!({ "type": "content_block_start", "index": index, "content_block": block });
    let delta = |index: u64, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let stop = |index: u64| json!({ "type": "content_block_stop", "index": index });
    named_events(&[
        json!({ "type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929", "content": [],
            "stop_reason": null, "usage": { "input_tokens": 25, "cache_creation_input_tokens": 100,
                "cache_creation": { "ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40 },
                "cache_read_input_tokens": 1_000, "output_tokens": 1 } } }),
        start(
            0,
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
        ),
        json!({ "type": "ping" }),
        delta(
            0,
            json!({ "type": "thinking_delta", "thinking": "Let me " }),
        ),
        delta(0, json!({ "type": "thinking_delta", "thinking": "see." })),
        delta(
            0,
            json!({ "type": "signature_delta", "signature": "EqQBCgIYAhIM" }),
        ),
        stop(0),
        start(
            1,
            json!({ "type": "redacted_thinking", "data": "EmwKAhgB" }),
        ),
        stop(1),
        start(2, json!({ "type": "text", "text": "" })),
        delta(2, json!({ "type": "text_delta", "text": "Looking " })),
        delta(2, json!({ "type": "text_delta", "text": "it up." })),
        stop(2),
        start(
            3,
            json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} }),
        ),
        delta(3, json!({ "type": "input_json_delta", "partial_json": "" })),
        delta(
            3,
            json!({ "type": "input_json_delta", "partial_json": "{\"city\":\"Pa" }),
        ),
        delta(
            3,
            json!({ "type": "input_json_delta", "partial_json": "ris\"}" }),
        ),
        stop(3),
        start(
            4,
            json!({ "type": "tool_use", "id": "toolu_2", "name": "time", "input": {} }),
        ),
        stop(4),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use", "stop_sequence": null },
            "usage": { "output_tokens": 50, "output_tokens_details": { "thinking_tokens": 20 } } }),
        json!({ "type": "message_stop" }),
    ])
}

fn check(call: &LlmCall) {
    let function = |name: &str, arguments: &str| json!({ "name": name, "arguments": arguments });
    assert_eq!(
        call.output,
        json!({ "message": {
            "role": "assistant", "content": "Looking it up.", "reasoning_content": "Let me see.",
            "tool_calls": [
                { "id": "toolu_1", "type": "function", "function": function("weather", "{\"city\":\"Paris\"}") },
                { "id": "toolu_2", "type": "function", "function": function("time", "{}") },
            ],
        }})
    );
    let usage = Usage::new(1_125, 50)
        .cached(1_000)
        .cache_write(100)
        .cache_write_1h(40)
        .reasoning(20);
    assert_eq!(call.usage, usage);
    assert_eq!(call.finish_reason.as_deref(), Some("tool_use"));
    assert_eq!(call.model.as_deref(), Some("claude-sonnet-4-5-20250929"));
    assert_eq!(call.response_id.as_deref(), Some("msg_1"));
    assert!(call.complete && call.note.is_none() && call.error.is_none());
}

#[test]
fn a_message_plain_and_streamed() {
    let plain = ask(PATH, JSON, &message().to_string());
    check(&plain);
    assert_eq!((plain.streamed, plain.provider), (false, "anthropic"));
    let streamed = ask(PATH, EVENTS, &stream());
    check(&streamed);
    assert!(streamed.streamed);
    // Clients drop the body once they have seen the last event.
    let dropped = read(
        Endpoint::Messages,
        200,
        "text/event-stream",
        &stream(),
        false,
    );
    check(&dropped);
}

#[test]
fn every_token_of_a_message_is_paid_for_once() {
    let call = ask(PATH, JSON, &message().to_string());
    let rates = price::rates("anthropic", "claude-sonnet-4-5-20250929").unwrap();
    // 25 fresh at $3, 1,000 cached at $0.30, 60 written at $3.75 and 40 for an hour at $6, 50 out at $15 a
    // million.
    assert_eq!(rates.cost(&call.usage), Some(0.00159));
}

#[test]
fn vertex_speaks_it_too() {
    let path = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514:streamRawPredict";
    let call = ask(path, EVENTS, &stream());
    check_endpoint(&call);
    let path = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514:rawPredict";
    check_endpoint(&ask(path, JSON, &message().to_string()));
    assert_eq!(
        Endpoint::find("POST", "/v1/publishers/meta/models/llama:rawPredict"),
        None
    );
}

fn check_endpoint(call: &LlmCall) {
    assert_eq!(call.endpoint, Endpoint::Messages);
    assert_eq!(
        (call.endpoint.operation(), call.endpoint.kind()),
        ("messages", SpanKind::LlmCall)
    );
    assert_eq!(call.output["message"]["content"], "Looking it up.");
}

#[test]
fn only_messages_are_calls() {
    for path in [
        "/v1/messages/count_tokens",
        "/v1/messages/batches",
        "/messages",
        "/v1/threads/t/messages",
    ] {
        assert_eq!(Endpoint::find("POST", path), None, "{path}");
    }
    assert_eq!(
        Endpoint::find("POST", "/anthropic/v1/messages"),
        Some(Endpoint::Messages)
    );
}

#[test]
fn an_error_in_the_midst_of_a_stream_is_an_error() {
    let cut = stream()
        .split("event: content_block_start\ndata: {\"content_block\":{\"id\"")
        .next()
        .unwrap()
        .to_owned();
    let body = cut
        + &named_events(&[
            json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } }),
        ]);
    let call = ask(PATH, EVENTS, &body);
    let error = call.error.unwrap();
    assert_eq!(
        (error.kind.as_str(), error.message.as_str()),
        ("overloaded_error", "Overloaded")
    );
    assert_eq!(call.output["message"]["content"], "Looking it up.");
}

#[test]
fn a_cut_stream_keeps_what_had_arrived() {
    let body = stream();
    let body = &body[..body.find("\"ris").unwrap()];
    let call = ask(PATH, EVENTS, body);
    assert_eq!(
        (call.complete, call.note),
        (false, Some("the stream stopped before its end"))
    );
    assert_eq!(
        call.output["message"]["tool_calls"][0]["function"]["arguments"],
        "{\"city\":\"Pa"
    );
    assert_eq!(call.usage.input, Some(1_125));
}

#[test]
fn what_the_server_did_itself_is_kept_beside_the_message() {
    let blocks = json!([
        { "type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": { "query": "x" } },
        { "type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [] },
        { "type": "text", "text": "Found.", "citations": [{ "type": "web_search_result_location", "url": "https://a" }] },
    ]);
    let plain = ask(
        PATH,
        JSON,
        &json!({ "type": "message", "content": blocks, "stop_reason": "end_turn" }).to_string(),
    );
    assert_eq!(plain.output["items"], blocks);
    assert_eq!(plain.output["message"]["content"], "Found.");
    assert!(plain.output["message"].get("tool_calls").is_none());
    let streamed = ask(
        PATH,
        EVENTS,
        &named_events(&[
            json!({ "type": "message_start", "message": { "content": [] } }),
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {} } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "input_json_delta", "partial_json": "{\"query\":\"x\"}" } }),
            json!({ "type": "content_block_start", "index": 1, "content_block": blocks[1] }),
            json!({ "type": "content_block_start", "index": 2, "content_block": { "type": "text", "text": "" } }),
            json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "text_delta", "text": "Found." } }),
            json!({ "type": "content_block_delta", "index": 2, "delta": { "type": "citations_delta", "citation": blocks[2]["citations"][0] } }),
            json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } }),
            json!({ "type": "message_stop" }),
        ]),
    );
    assert_eq!(streamed.output, plain.output);
}

#[test]
fn an_error_answer_has_the_words_of_the_server() {
    let body = json!({ "type": "error", "error": { "type": "rate_limit_error", "message": "Slow down" }, "request_id": "req_9" });
    let call = read(
        Endpoint::Messages,
        429,
        "application/json",
        &body.to_string(),
        true,
    );
    assert_eq!(call.error.unwrap().kind, "rate_limit_error");
}
