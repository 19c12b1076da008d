//! What a span says, as a record.

use carrot_wire::{Record, SpanKind, Status};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Link;
use serde_json::{Value, json};

use crate::requests::{event, failed, hex, record, span, taken, with};

fn seen(record: &Record) -> Value {
    serde_json::to_value(record).unwrap()
}

#[test]
fn a_span_becomes_a_whole_record() {
    let span = Span {
        parent_span_id: hex("eee19b7ec3c1b173"),
        trace_state: "a=b".to_owned(),
        kind: 2,
        dropped_attributes_count: 3,
        events: vec![event("cache.miss", json!({"key": "k", "size": 7}))],
        links: vec![Link {
            trace_id: hex("5b8efff798038103d269b633813fc60d"),
            span_id: hex("eee19b7ec3c1b175"),
            ..Link::default()
        }],
        ..with(
            "handle",
            json!({
                "http.route": "/a", "n": 7, "ratio": 0.5, "is": true, "list": ["a", 1], "map": {"deep": [{"x": null}]},
                "session.id": "chat-7", "user.id": "u-1", "tag.tags": ["prod"], "input.value": "in", "output.value": "out",
            }),
        )
    };
    let expected = json!({
        "id": "5b8efff7-9803-8103-eee1-9b7ec3c1b174",
        "trace_id": "5b8efff798038103d269b633813fc60c",
        "span_id": "eee19b7ec3c1b174",
        "parent_span_id": "eee19b7ec3c1b173",
        "parent_id": "5b8efff7-9803-8103-eee1-9b7ec3c1b173",
        "name": "handle",
        "input": "in",
        "output": "out",
        "status": "success",
        "started_at": "2026-01-31T12:00:00.000000Z",
        "ended_at": "2026-01-31T12:00:01.000000Z",
        "tags": ["prod"],
        "session_id": "chat-7",
        "user_id": "u-1",
        "events": [{"name": "cache.miss", "at": "2026-01-31T12:00:00.000000001Z", "data": {"key": "k", "size": 7}}],
        "metadata": {
            "http.route": "/a", "n": 7, "ratio": 0.5, "is": true, "list": ["a", 1], "map": {"deep": [{"x": null}]},
            "source": "otlp",
            "resource": {"service.name": "shop"},
            "scope": {"name": "an.instrumentation", "version": "1.2"},
            "trace_state": "a=b",
            "span_kind": "server",
            "dropped_attributes": 3,
            "links": [{"trace_id": "5b8efff798038103d269b633813fc60d", "span_id": "eee19b7ec3c1b175"}],
        },
    });
    assert_eq!(seen(&record(span)), expected);
}

#[test]
fn a_call_of_a_model_is_one_in_every_convention() {
    let gen_ai = json!({
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 2,
        "gen_ai.input.messages": json!([{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]).to_string(),
        "gen_ai.output.messages": json!([{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}]).to_string(),
    });
    let openinference = json!({
        "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.provider": "openai",
        "llm.token_count.prompt": 5, "llm.token_count.completion": 2,
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Hi",
        "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": "Hello",
    });
    let openllmetry = json!({
        "llm.request.type": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 5, "gen_ai.usage.completion_tokens": 2,
        "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Hi",
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "Hello",
    });
    for said in [gen_ai, openinference, openllmetry] {
        let span = Span {
            kind: 3,
            ..with("call", said)
        };
        let record = record(span);
        assert_eq!(record.kind, Some(SpanKind::LlmCall));
        let record = seen(&record);
        assert_eq!(
            record["input"]["messages"],
            json!([{"role": "user", "content": "Hi"}])
        );
        assert_eq!(
            record["output"],
            json!({"message": {"role": "assistant", "content": "Hello"}})
        );
        assert_eq!(record["metadata"]["total_tokens"], 7);
        assert_eq!(record["metadata"]["provider"], "openai");
        assert_eq!(record["metadata"].get("span_kind"), None);
    }
}

#[test]
fn how_it_ended_is_told_by_its_status_and_times() {
    let status = |span| record(span).status;
    assert_eq!(status(span("unset")), Some(Status::Success));
    let open = Span {
        end_time_unix_nano: 0,
        ..span("open")
    };
    assert_eq!(status(open), Some(Status::Running));
    let bare = record(Span {
        status: failed("broke"),
        ..span("failed")
    });
    assert_eq!(bare.status, Some(Status::Error));
    assert_eq!(
        seen(&bare)["error"],
        json!({"message": "broke", "type": ""})
    );

    let by_attribute = record(with("timed out", json!({"error.type": "timeout"})));
    assert_eq!(by_attribute.status, Some(Status::Error));
    assert_eq!(seen(&by_attribute)["error"]["type"], "timeout");
}

#[test]
fn the_last_exception_is_the_error_of_a_span_that_failed() {
    let thrown = |kind, message| {
        let said = json!({"exception.type": kind, "exception.message": message, "exception.stacktrace": "at 1\nat 2"});
        event("exception", said)
    };
    let spans = || Span {
        events: vec![thrown("Retried", "first"), thrown("Lost", "last")],
        ..span("work")
    };
    let record_failed = record(Span {
        status: failed("Lost: last"),
        ..spans()
    });
    assert_eq!(
        seen(&record_failed)["error"],
        json!({"message": "last", "type": "Lost"})
    );
    let events = seen(&record_failed)["events"].clone();
    assert_eq!(events[1]["data"]["exception.stacktrace"], "at 1\nat 2");

    let caught = record(spans());
    assert_eq!((caught.status, caught.error), (Some(Status::Success), None));
    assert_eq!(
        seen(&record(spans()))["events"].as_array().unwrap().len(),
        2
    );

    // Of our own the event says nothing that the error does not.
    let ours = Span {
        status: failed("last"),
        ..spans()
    };
    let ours = taken("carrot-ai", vec![ours]).records.remove(0);
    assert_eq!(
        seen(&ours)["error"],
        json!({"message": "last", "type": "Lost", "chain": ["at 1", "at 2"]})
    );
    assert_eq!(ours.events, None);
}

#[test]
fn messages_may_be_events() {
    let by_field = Span {
        events: vec![
            event(
                "gen_ai.system.message",
                json!({"gen_ai.system": "openai", "content": "Be brief"}),
            ),
            event("gen_ai.user.message", json!({"content": "Hi"})),
            event(
                "gen_ai.tool.message",
                json!({"id": "call_1", "content": "7"}),
            ),
            event(
                "gen_ai.choice",
                json!({"index": 0, "finish_reason": "stop", "message": {"content": "Hello"}}),
            ),
        ],
        ..with(
            "chat",
            json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}),
        )
    };
    let by_text = Span {
        events: vec![
            event(
                "gen_ai.system.message",
                json!({"gen_ai.event.content": r#"{"role":"system","content":"Be brief"}"#}),
            ),
            event(
                "gen_ai.user.message",
                json!({"gen_ai.event.content": r#"{"content":"Hi"}"#}),
            ),
            event(
                "gen_ai.tool.message",
                json!({"gen_ai.event.content": r#"{"content":"7","id":"call_1"}"#}),
            ),
            event(
                "gen_ai.choice",
                json!({"gen_ai.event.content": r#"{"message":{"content":"Hello"},"finish_reason":"stop"}"#}),
            ),
        ],
        ..with(
            "chat",
            json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}),
        )
    };
    for span in [by_field, by_text] {
        let record = seen(&record(span));
        assert_eq!(
            record["input"]["messages"],
            json!([
                {"role": "system", "content": "Be brief"},
                {"role": "user", "content": "Hi"},
                {"role": "tool", "tool_call_id": "call_1", "content": "7"},
            ])
        );
        assert_eq!(
            record["output"],
            json!({"message": {"role": "assistant", "content": "Hello"}})
        );
        assert_eq!(record["metadata"]["finish_reason"], "stop");
        assert_eq!(record.get("events"), None);
    }
    let whole = Span {
        events: vec![
            event("gen_ai.content.prompt", json!({"gen_ai.prompt": "Hi"})),
            event(
                "gen_ai.content.completion",
                json!({"gen_ai.completion": "Hello"}),
            ),
        ],
        ..with("chat", json!({"gen_ai.request.model": "m"}))
    };
    let record = seen(&record(whole));
    assert_eq!(
        record["input"]["messages"],
        json!([{"role": "user", "content": "Hi"}])
    );
    assert_eq!(record["output"]["message"]["content"], "Hello");
}
