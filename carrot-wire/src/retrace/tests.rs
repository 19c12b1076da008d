use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::SpanKind;

/// Not much of a hash, but one that tells the names of these tests apart.
fn key(name: &str) -> RecordId {
    let number = |number, byte| u128::wrapping_mul(number, 257).wrapping_add(u128::from(byte));
    RecordId(name.bytes().fold(1, number))
}

const TRACE: &str = "8c46816a-6fa3-442c-a7a1-7862d84c2bec";
const SPAN: &str = "11111111-2222-4333-8444-555555555555";

fn frame(event: Event, data: Value) -> Record {
    read_frame(event, &data.to_string(), &key).unwrap()
}

fn span_started() -> Value {
    json!({
        "id": SPAN, "trace_id": TRACE, "parent_id": null, "span_type": "llm_call", "name": "chat",
        "model": "gpt-4o", "input": {"messages": []}, "input_tokens": 5, "metadata": {"provider": "openai", "model": "mine"},
        "agent_id": "planner", "agent_role": "lead", "parent_agent_id": "boss", "started_at": "2026-01-31T12:00:00Z",
        "token_ids": [1, 2], "logprobs": [{"token": "a"}],
    })
}

fn span_ended() -> Value {
    json!({
        "id": SPAN, "trace_id": TRACE, "ended_at": "2026-01-31T12:00:01Z", "output": "hi", "output_tokens": 2,
        "cost": 0.25, "duration_ms": 1000,
    })
}

#[test]
fn a_span_is_told_by_its_two_frames() {
    let mut span = frame(Event::SpanStarted, span_started());
    assert_eq!(
        (span.status, span.kind),
        (Some(Status::Running), Some(SpanKind::LlmCall))
    );
    assert_eq!(span.parent(), TRACE.parse().ok());
    assert_eq!(
        span.logprobs.as_ref().unwrap().as_str(),
        r#"[{"token":"a"}]"#
    );
    span.merge(frame(Event::SpanEnded, span_ended()));
    assert_eq!(span.status, Some(Status::Success));
    let metadata = json!({
        "model": "gpt-4o", "metadata.model": "mine", "provider": "openai", "agent": "planner", "agent_role": "lead",
        "parent_agent": "boss", "input_tokens": 5, "output_tokens": 2, "cost_usd": 0.25, "latency_ms": 1000,
        "token_ids": [1, 2], "parent_trace_id": TRACE, "source": "sdk",
    });
    assert_eq!(Value::from(span.metadata.clone()), metadata);

    // Sent again after a reconnect, or out of order.
    let whole = span.clone();
    span.merge(frame(Event::SpanStarted, span_started()));
    assert_eq!(span, whole);
    let mut backwards = frame(Event::SpanEnded, span_ended());
    backwards.merge(frame(Event::SpanStarted, span_started()));
    assert_eq!(backwards, whole);
}

#[test]
fn a_parent_is_not_forgotten_by_a_frame_that_names_only_the_trace() {
    let mut child = span_started();
    child["parent_id"] = "outer".into();
    let mut span = frame(Event::SpanStarted, child);
    span.merge(frame(Event::SpanEnded, span_ended()));
    assert_eq!(span.parent(), Some(key("outer")));
}

#[test]
fn a_span_fails_by_its_error() {
    let mut ended = span_ended();
    ended["error"] = "ValueError: no".into();
    let span = frame(Event::SpanEnded, ended);
    assert_eq!(span.status, Some(Status::Error));
    assert_eq!(span.error.unwrap().message, "ValueError: no");
    let odd = frame(Event::SpanStarted, json!({"id": "s", "span_type": "dream"}));
    assert_eq!(
        (odd.kind, odd.metadata["span_type"].as_str()),
        (None, Some("dream"))
    );
    assert_eq!(
        (odd.id, odd.external_id.as_deref()),
        (Some(key("s")), Some("s"))
    );
}

#[test]
fn a_trace_is_told_by_its_two_frames() {
    let started = json!({
        "id": TRACE, "name": "agent", "status": "running", "input": {"q": 1}, "metadata": {"_resumable": true},
        "session_id": "s", "project_id": "p", "total_tokens": 0, "total_cost": 0.0, "total_duration_ms": 0,
        "started_at": "2026-01-31T12:00:00Z",
    });
    let ended = json!({
        "id": TRACE, "started_at": "2026-01-31T12:00:00Z", "ended_at": "2026-01-31T12:00:02Z", "output": 1,
        "status": "failed", "total_tokens": 7, "total_cost": 0.5, "total_duration_ms": 2000, "span_count": 1,
        "error": "no", "lossy": true, "terminated_early": true,
    });
    let mut trace = frame(Event::TraceEnded, ended);
    trace.merge(frame(Event::TraceStarted, started));
    assert_eq!((trace.status, trace.parent()), (Some(Status::Error), None));
    assert_eq!(
        (trace.session_id.as_deref(), trace.project.as_deref()),
        (Some("s"), Some("p"))
    );
    let metadata = json!({
        "_resumable": true, "total_tokens": 7, "cost_usd": 0.5, "latency_ms": 2000, "span_count": 1, "lossy": true,
        "terminated_early": true, "source": "sdk",
    });
    assert_eq!(Value::from(trace.metadata.clone()), metadata);
    let view = serde_json::to_value(TraceView::of(trace)).unwrap();
    assert_eq!(
        (&view["status"], &view["error"], &view["golden"]),
        (&json!("failed"), &json!("no"), &json!(false))
    );
}

#[test]
fn a_whole_trace_has_its_spans() {
    let body = json!({"id": "run", "status": "completed", "spans": [
        {"id": "a", "span_type": "tool_call"},
        {"id": "b", "parent_id": "a"},
    ]});
    let trace = read_trace(&body.to_string(), &key).unwrap();
    assert_eq!(trace.root.status, Some(Status::Success));
    let parents: Vec<_> = trace.spans.iter().map(Record::parent).collect();
    assert_eq!(parents, [Some(key("run")), Some(key("a"))]);

    let error = |body: Value| read_trace(&body.to_string(), &key).unwrap_err().to_string();
    assert_eq!(error(json!({"name": "x"})), "id: is missing");
    assert_eq!(
        error(json!({"id": "x", "spans": [{}]})),
        "spans[0].id: is missing"
    );
    assert!(error(json!({"id": "x", "status": "odd"})).starts_with("status: unknown variant"));
    let many = json!({"id": "x", "spans": vec![json!({"id": "s"}); MAX_RECORDS]});
    assert!(error(many).starts_with("spans: 10000 in one request"));
}

#[test]
fn a_key_tells_who_speaks() {
    let auth = |key: &str| Auth {
        api_key: key.to_owned(),
        ..Auth::default()
    };
    assert!(is_spoken(&auth("rt_live_1")));
    assert!(!is_spoken(&auth("ck_1")) && !is_spoken(&auth("")));
    let error = ServerFrame::error("no", Some(3));
    let written: Value = serde_json::from_str(&write_frame(&error)).unwrap();
    assert_eq!(written, json!({"type": "error", "error": "no", "seq": 3}));
    assert_eq!(write_frame(&ServerFrame::Ping), ServerFrame::Ping.write());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*", name in "id|spans|status|error|metadata|cost|trace_id|span_type|started_at", number: f64) {
        for body in [text.clone(), format!(r#"{{"id":"a","{name}":{text}}}"#), json!({"id": "a", name.clone(): number}).to_string()] {
            let _ = read_trace(&body, &key);
            let _ = read_end(&body, RecordId(1));
            for event in [Event::TraceStarted, Event::SpanStarted, Event::SpanEnded, Event::TraceEnded] {
                let _ = read_frame(event, &body, &key);
            }
        }
    }
}
