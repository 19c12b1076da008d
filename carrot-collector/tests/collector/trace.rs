//! One trace.

use carrot_wire::Record;
use carrot_wire::totals::Totals;
use carrot_wire::tree::Forest;
use serde_json::{Value, json};

use crate::server::{Server, at, child, id, names, record, with};

#[test]
fn a_trace_answers_to_several_names() {
    let server = Server::start();
    let trace = "0123456789ab4def8123456789abcdef";
    server.send(&[
        json!({"id": "01234567-89ab-4def-8123-456789abcdef", "trace_id": trace, "span_id": "8123456789abcdef", "name": "root", "started_at": at(0)}),
        json!({"id": "01234567-89ab-4def-0000-000000000001", "trace_id": trace, "span_id": "0000000000000001",
            "parent_span_id": "8123456789abcdef", "name": "child", "started_at": at(1)}),
        json!({"id": "01234567-89ab-4def-0000-000000000002", "trace_id": trace, "span_id": "0000000000000002",
            "parent_span_id": "0000000000000001", "name": "grandchild", "started_at": at(2)}),
    ]);
    for name in [
        "01234567-89ab-4def-8123-456789abcdef",
        trace,
        "0123456789AB4DEF8123456789ABCDEF",
    ] {
        assert_eq!(
            server.read(&format!("/v1/traces/{name}"))["name"],
            "root",
            "{name}"
        );
    }
    let part = server.read("/v1/traces/01234567-89ab-4def-0000-000000000001");
    assert_eq!(
        (&part["name"], &part["totals"]["spans"]),
        (&json!("child"), &json!(2))
    );
    assert_eq!(names(&part["children"]), ["grandchild"]);

    // A trace that began elsewhere: no record has the trace's own id.
    server.send(&[json!({"id": "11111111-1111-4111-0000-000000000001", "trace_id": "11111111111141118111111111111111",
        "parent_span_id": "9999999999999999", "name": "continued", "started_at": at(0)})]);
    assert_eq!(
        server.read("/v1/traces/11111111111141118111111111111111")["name"],
        "continued"
    );
}

#[test]
fn children_are_in_time_order() {
    let server = Server::start();
    server.send(&[
        child(4, 1, "c", 3),
        child(3, 1, "b", 2),
        child(2, 1, "a", 1),
        record(1, "root", 0),
        child(5, 3, "b1", 9),
    ]);
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!(names(&trace["children"]), ["a", "b", "c"]);
    assert_eq!(names(&trace["children"][1]["children"]), ["b1"]);
}

#[test]
fn what_is_said_of_a_span_by_hand_comes_back() {
    let server = Server::start();
    let events = json!([{"name": "retry", "at": "2026-01-01T00:00:00.5Z", "level": "WARNING", "data": {"attempt": 2}}]);
    let root = json!({"level": "WARNING", "session_id": "s", "user_id": "u", "events": events,
        "metadata": {"agent": "planner", "agent_role": "plans", "sample_weight": 2.5, "skeleton": true, "truncated": true,
            "capture_complete": false, "latency_ms": 1}});
    let below = json!({"level": "DEBUG", "session_id": "other", "user_id": "v", "events": events,
        "metadata": {"agent": "searcher", "parent_agent": "planner", "latency_ms": 1}});
    server.send(&[
        with(record(1, "root", 0), root.clone()),
        with(child(2, 1, "below", 1), below.clone()),
    ]);
    let fields = |span: &Value, said: &Value| {
        for (key, value) in said.as_object().unwrap() {
            assert_eq!(&span[key], value, "{key}");
        }
    };
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    fields(&trace, &root);
    fields(&trace["children"][0], &below);

    // The list has the heads alone.
    let row = &server.read("/v1/traces?session=s&user=u")["traces"][0];
    assert_eq!(row["level"], "WARNING");
    assert_eq!(row["metadata"]["sample_weight"], 2.5);
    assert_eq!(row["events"], Value::Null);
}

/// The store adds up as spans come, carrot-wire adds up a whole forest: tests of users and the dashboard agree.
#[test]
fn totals_are_those_of_carrot_wire() {
    let server = Server::start();
    let call = json!({"metadata": {"model": "gpt-4o", "input_tokens": 100, "output_tokens": 10}});
    let records = [
        with(
            record(1, "agent", 0),
            json!({"metadata": {"input_tokens": 200, "output_tokens": 20, "cost_usd": 9.0}}),
        ),
        with(child(2, 1, "wrapper", 1), call.clone()),
        with(child(3, 2, "call", 2), call.clone()),
        with(child(4, 1, "call", 3), call),
        with(
            child(5, 1, "call", 4),
            json!({"metadata": {"total_tokens": 7, "cost_usd": 0.2}}),
        ),
        with(
            child(6, 1, "call", 5),
            json!({"metadata": {"output_tokens": 3}}),
        ),
    ];
    server.send(&records);
    let records = records.map(|record| Record::from_json(&record.to_string()).unwrap());
    let known = Totals::of(&Forest::new(records.to_vec()));
    let totals = &server.read(&format!("/v1/traces/{}", id(1)))["totals"];
    let tokens = ["input_tokens", "output_tokens", "total_tokens"].map(|key| totals[key].as_u64());
    assert_eq!(
        tokens,
        [known.input_tokens, known.output_tokens, known.total_tokens].map(Some)
    );
    assert_eq!(totals["cost_usd"].as_f64(), known.cost_usd);
}

#[test]
fn what_is_not_there_is_said_so() {
    let server = Server::start();
    for name in [
        id(1),
        "trace-1".to_owned(),
        "0".repeat(32),
        "%20".to_owned(),
        "x".repeat(5000),
    ] {
        let (status, answer) = server.get(&format!("/v1/traces/{name}"));
        assert_eq!(status, 404);
        let error = answer["error"].as_str().unwrap();
        assert!(
            error.starts_with("there is no trace") && error.len() < 200,
            "{error}"
        );
    }
}

/// How many levels are below a record. As a `Value` it would be too deep for serde_json.
fn depth(record: &Record) -> usize {
    record
        .children
        .iter()
        .map(|child| 1 + depth(child))
        .max()
        .unwrap_or(0)
}

fn count(trace: &Value) -> usize {
    let below = trace["children"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    1 + below.iter().map(count).sum::<usize>()
}

#[test]
fn of_a_deep_trace_the_top_is_shown() {
    let server = Server::start();
    // Leaf first: every step hangs a larger tree under a new root.
    let mut chain: Vec<_> = (2..=150)
        .map(|n| child(n, n - 1, "step", n as u32))
        .collect();
    chain.reverse();
    chain.push(record(1, "root", 0));
    chain.chunks(10).for_each(|part| {
        server.send(part);
    });
    let top = server.text(&format!("/v1/traces/{}", id(1))).1;
    assert_eq!(depth(&Record::from_json(&top).unwrap()), 100);
    assert!(top.ends_with(r#""truncated":true}"#) && top.contains(r#""totals":{"spans":150,"#));
    let lower = server.text(&format!("/v1/traces/{}", id(51))).1;
    assert_eq!(depth(&Record::from_json(&lower).unwrap()), 99);
    assert!(!lower.contains("truncated"));
}

#[test]
fn of_a_wide_trace_the_top_is_shown() {
    let server = Server::start();
    server.send(&[record(1, "root", 0)]);
    let below: Vec<_> = (0..10_000u128)
        .map(|n| child(n + 2, if n < 9_000 { 1 } else { 2 }, "step", n as u32 / 10))
        .collect();
    below.chunks(1000).for_each(|part| {
        server.send(part);
    });
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!((count(&trace), &trace["truncated"]), (10_000, &json!(true)));
    assert_eq!(
        trace["children"].as_array().unwrap().len(),
        9_000,
        "level by level"
    );
    assert_eq!(trace["totals"]["spans"], 10_001);
}

#[test]
fn cycles_and_spans_that_are_their_own_parent_are_read() {
    let server = Server::start();
    server.send(&[child(1, 2, "one", 0)]);
    server.send(&[child(2, 3, "two", 1)]);
    server.send(&[child(3, 1, "three", 2), child(9, 9, "own parent", 3)]);
    assert_eq!(server.names("").len(), 2);
    for number in 1..=3 {
        let trace = server.read(&format!("/v1/traces/{}", id(number)));
        assert_eq!(trace["id"], id(number));
        assert_eq!(count(&trace), 3);
    }
    assert_eq!(count(&server.read(&format!("/v1/traces/{}", id(9)))), 1);
    server.send(&[with(
        record(1, "one", 0),
        json!({"status": "error", "metadata": {"model": "m", "input_tokens": 3}}),
    )]);
    assert_eq!(
        server.names("status=error").len() + server.names("status=success").len(),
        2
    );
}

#[test]
fn a_span_may_get_another_parent() {
    let server = Server::start();
    let tokens = json!({"metadata": {"model": "m", "input_tokens": 7}});
    server.send(&[
        record(1, "a", 0),
        record(2, "b", 1),
        child(3, 1, "moved", 2),
        with(child(4, 3, "below", 3), tokens),
    ]);
    server.send(&[json!({"id": id(3), "parent_id": id(2)})]);
    let (a, b) = (
        server.read(&format!("/v1/traces/{}", id(1))),
        server.read(&format!("/v1/traces/{}", id(2))),
    );
    assert_eq!(
        (&a["totals"]["spans"], &a["totals"]["input_tokens"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&b["totals"]["spans"], &b["totals"]["input_tokens"]),
        (&json!(3), &json!(7))
    );
    assert_eq!(names(&b["children"]), ["moved"]);

    server.send(&[json!({"id": id(2), "parent_id": id(1)})]);
    assert_eq!(
        server.names(""),
        ["a"],
        "a root that gets a parent is a root no more"
    );
    server.send(&[json!({"id": id(3), "parent_id": id(77)})]);
    assert_eq!(
        server.names(""),
        ["moved", "a"],
        "and one whose parent is not there is one again"
    );
    let list = server.read("/v1/traces");
    for row in list["traces"].as_array().unwrap() {
        let trace = server.read(&format!("/v1/traces/{}", row["id"].as_str().unwrap()));
        assert_eq!(row["totals"], trace["totals"]);
    }
}
