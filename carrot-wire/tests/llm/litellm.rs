//! What proxies add: LiteLLM's headers, costs in the body, errors where no error should be.

use bytes::Bytes;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall};
use carrot_wire::{Record, price};
use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, delta, events, finish, read};

const CHAT: &str = "/v1/chat/completions";

fn answer(usage: Value) -> String {
    json!({ "model": "gpt-4o", "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" },
        "finish_reason": "stop" }], "usage": usage })
    .to_string()
}

#[test]
fn the_senders_cost_wins_over_the_table() {
    let headers = &[
        ("content-type", "application/json"),
        ("x-litellm-call-id", "c-1"),
        ("X-LiteLLM-Response-Cost", "0.00325"),
    ];
    let call = ask(
        CHAT,
        headers,
        &answer(json!({ "prompt_tokens": 1_000_000, "completion_tokens": 0 })),
    );
    assert_eq!((call.cost, call.provider), (Some(0.00325), "litellm"));
    assert_eq!(call.request_id.as_deref(), Some("c-1"));
    let mut record = Record::default();
    call.fill(&mut record);
    price::apply(&mut record);
    assert_eq!(record.metadata["cost_usd"], 0.00325);
}

#[test]
fn a_cost_in_the_body_is_taken() {
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 2, "cost": 0.0123, "cost_details": { "upstream_inference_cost": null } });
    assert_eq!(
        ask(CHAT, JSON, &answer(usage)).cost,
        Some(0.0123),
        "OpenRouter"
    );
    let split = json!({ "prompt_tokens": 10, "completion_tokens": 2, "cost": { "input_tokens_cost": 0.1, "total_cost": 0.3 } });
    assert_eq!(
        ask(CHAT, JSON, &answer(split)).cost,
        Some(0.3),
        "Perplexity"
    );
    for cost in [json!(-1.0), json!("free"), Value::Null] {
        assert_eq!(
            ask(
                CHAT,
                JSON,
                &answer(json!({ "prompt_tokens": 1, "cost": cost }))
            )
            .cost,
            None
        );
    }
}

#[test]
fn a_stream_says_its_cost_at_its_end() {
    let headers = &[
        ("content-type", "text/event-stream"),
        ("x-litellm-response-cost", "0.0"),
    ];
    let body = |usage: Value| {
        events(&[
            delta(json!({ "content": "Hi" })),
            finish("stop"),
            json!({ "choices": [], "usage": usage }),
        ]) + "data: [DONE]\n\n"
    };
    let call = ask(
        CHAT,
        headers,
        &body(json!({ "prompt_tokens": 1, "completion_tokens": 2, "cost": 0.5 })),
    );
    assert_eq!(call.cost, Some(0.5));
    let call = ask(
        CHAT,
        headers,
        &body(json!({ "prompt_tokens": 1, "completion_tokens": 2 })),
    );
    assert_eq!(call.cost, None, "the head is sent before the cost is known");
}

#[test]
fn an_error_in_the_midst_of_a_stream_is_an_error() {
    let body = events(&[
        delta(json!({ "content": "Hel" })),
        json!({ "error": { "message": "litellm.APIError: mocked", "type": null, "param": null, "code": "500" } }),
    ]);
    let call = ask(CHAT, EVENTS, &body);
    let error = call.error.unwrap();
    assert_eq!(
        (error.kind.as_str(), error.message.as_str()),
        ("500", "litellm.APIError: mocked")
    );
    assert_eq!(call.output["message"]["content"], "Hel");
}

#[test]
fn an_error_status_with_a_stream_for_a_body_is_understood() {
    let body = "data: {\"error\": {\"message\": \"No deployments\", \"type\": \"None\", \"code\": \"500\"}}\n\ndata: [DONE]\n\n";
    for kind in ["text/event-stream", "application/json"] {
        let call = read(Endpoint::ChatCompletions, 500, kind, body, true);
        assert_eq!(call.error.unwrap().message, "No deployments");
    }
}

#[test]
fn rate_limits_are_kept_by_their_names() {
    let headers = &[
        ("content-type", "application/json"),
        ("X-RateLimit-Remaining-Requests", "59"),
        ("x-ratelimit-reset-tokens", "6m0s"),
        ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:00Z"),
        ("retry-after", "3"),
        ("x-other", "1"),
    ];
    let call = ask(CHAT, headers, &answer(Value::Null));
    let limits = json!({ "x-ratelimit-remaining-requests": 59, "x-ratelimit-reset-tokens": "6m0s",
        "anthropic-ratelimit-tokens-reset": "2026-01-01T00:00:00Z", "retry-after": 3 });
    assert_eq!(Value::Object(call.rate_limit.clone()), limits);
    let mut record = Record::default();
    call.fill(&mut record);
    assert_eq!(record.metadata["rate_limit"], limits);
}

#[test]
fn the_times_of_a_stream_are_kept() {
    let body = events(&[delta(json!({ "content": "Hi" })), finish("stop")]) + "data: [DONE]\n\n";
    let pieces: Vec<Bytes> = body
        .split_inclusive("\n\n")
        .map(|it| Bytes::copy_from_slice(it.as_bytes()))
        .collect();
    let exchange = |content_type| Exchange {
        host: "h",
        path: CHAT,
        request: b"{}",
        status: Some(200),
        headers: content_type,
        body: &pieces,
        times: &[100, 150, 400],
        ended: true,
        truncated: false,
    };
    let mut record = Record::default();
    LlmCall::read(Endpoint::ChatCompletions, &exchange(EVENTS)).fill(&mut record);
    assert_eq!(
        record.metadata["stream"],
        json!({ "chunks": 3, "times_ms": [100, 150, 400], "longest_gap_ms": 250 })
    );
    let plain = json!({ "choices": [] }).to_string();
    let pieces = [Bytes::from(plain)];
    let mut record = Record::default();
    let exchange = Exchange {
        body: &pieces,
        times: &[100],
        ..exchange(JSON)
    };
    LlmCall::read(Endpoint::ChatCompletions, &exchange).fill(&mut record);
    assert_eq!(
        record.metadata.get("stream"),
        None,
        "only streams have times"
    );
}
