//! What goes in comes out, whatever the order and however often.

use serde_json::json;

use crate::server::{Server, at, child, id, names, record, with};

#[test]
fn a_record_is_read_back_whole() {
    let server = Server::start();
    let record = json!({
        "id": id(1), "external_id": "trace-123", "name": "answer", "kind": "agent",
        "input": {"question": "Where?\n<b>", "n": 1.0}, "output": ["there", null],
        "status": "error", "error": {"message": "no", "type": "Lost", "chain": ["deeper"]},
        "level": "WARNING", "started_at": "2026-01-31T12:00:00.000001Z",
        "ended_at": "2026-01-31T12:00:01.500000Z", "tags": ["a", "b"],
        "session_id": "s", "user_id": "u",
        "metadata": {"mine": {"deep": [1]}, "latency_ms": 7},
        "events": [{"name": "e"}], "scores": [{"value": 1}], "logprobs": [-0.5], "exchange": {"request": {}},
    });
    server.send(std::slice::from_ref(&record));
    let totals = json!({
        "spans": 1, "errors": 1, "input_tokens": 0, "output_tokens": 0, "total_tokens": 0,
        "cost_usd": null, "models": [], "tags": ["a", "b"],
    });
    let whole = with(record.clone(), json!({"totals": totals}));
    assert_eq!(server.read(&format!("/v1/traces/{}", id(1))), whole);

    let mut row = whole;
    for payload in [
        "input", "output", "events", "scores", "logprobs", "exchange",
    ] {
        row.as_object_mut().unwrap().remove(payload);
    }
    assert_eq!(
        server.read("/v1/traces"),
        json!({"traces": [row], "next_cursor": null})
    );
}

#[test]
fn what_is_absent_is_filled_in_for_readers() {
    let server = Server::start();
    let ids = server.send(&[json!({"name": "bare"})]);
    let bare = server.read(&format!("/v1/traces/{}", ids[0]));
    assert_eq!(
        (&bare["status"], &bare["kind"]),
        (&json!("running"), &json!("function"))
    );
    assert!(bare["started_at"].is_string());
    assert_eq!(
        bare.get("metadata"),
        None,
        "no latency of times that nobody gave"
    );

    server.send(
        &[json!({"id": id(1), "started_at": at(0), "ended_at": at(2),
        "metadata": {"model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100}})],
    );
    let call = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!(call["metadata"]["latency_ms"], 2000);
    assert_eq!(call["kind"], "llm_call");
    assert!(call["metadata"]["cost_usd"].as_f64().unwrap() > 0.0);
    assert_eq!(call["metadata"]["cost_usd"], call["totals"]["cost_usd"]);
}

#[test]
fn an_update_overwrites_with_what_it_has() {
    let server = Server::start();
    server.send(&[
        json!({"id": id(1), "name": "a", "started_at": at(0), "input": 1,
        "metadata": {"x": 1, "model": "gpt-4o", "input_tokens": 10}}),
    ]);
    let early = server.read(&format!("/v1/traces/{}", id(1)))["totals"]["cost_usd"].clone();
    server.send(&[
        json!({"id": id(1), "name": null, "ended_at": at(1), "status": "success", "output": 2,
        "metadata": {"y": 2, "output_tokens": 5}}),
    ]);
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!(
        (&trace["name"], &trace["input"], &trace["output"]),
        (&json!("a"), &json!(1), &json!(2))
    );
    assert_eq!(
        (&trace["metadata"]["x"], &trace["metadata"]["y"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(trace["totals"]["total_tokens"], 15);
    let late = trace["totals"]["cost_usd"].as_f64().unwrap();
    assert!(
        late > early.as_f64().unwrap(),
        "priced anew with the tokens that came"
    );
    assert_eq!(
        server.read("/v1/traces")["traces"][0]["totals"],
        trace["totals"]
    );
}

#[test]
fn children_may_come_long_before_their_parent() {
    let server = Server::start();
    let call = |name: &str, second| {
        json!({"name": name, "started_at": at(second), "status": "success",
        "metadata": {"parent_trace_id": id(1), "model": "gpt-4o", "input_tokens": 5}})
    };
    server.send(&[call("second", 2)]);
    server.send(&[call("first", 1)]);
    assert_eq!(
        server.names(""),
        ["second", "first"],
        "roots as long as their parent is away"
    );
    server.send(&[record(1, "root", 0)]);
    assert_eq!(server.names(""), ["root"]);
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!(names(&trace["children"]), ["first", "second"]);
    assert_eq!(trace["totals"]["spans"], 3);
    assert_eq!(trace["totals"]["input_tokens"], 10);
}

#[test]
fn nested_children_are_taken_apart() {
    let server = Server::start();
    let step = json!({"name": "step", "started_at": at(1)});
    let root = with(
        record(1, "root", 0),
        json!({"children": [
            step, step, with(record(2, "named", 2), json!({"children": [step]})),
        ]}),
    );
    assert_eq!(server.send(std::slice::from_ref(&root)), [id(1)]);
    server.send(&[root]);
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!(
        names(&trace["children"]),
        ["step", "step", "named"],
        "equal siblings are two, sent twice or not"
    );
    assert_eq!(names(&trace["children"][2]["children"]), ["step"]);
    assert_eq!(trace["totals"]["spans"], 5);
}

#[test]
fn what_is_sent_again_is_not_there_twice() {
    let server = Server::start();
    let records = [
        json!({"name": "no id", "started_at": at(0), "input": [1]}),
        record(1, "id", 1),
        child(2, 1, "child", 2),
    ];
    let first = server.send(&records);
    assert_eq!(server.send(&records), first);
    assert_eq!(server.send(&records), first);
    assert_eq!(server.names(""), ["id", "no id"]);
    assert_eq!(
        server.read(&format!("/v1/traces/{}", id(1)))["totals"]["spans"],
        2
    );

    let other = server.send_to("other", &records);
    assert_ne!(
        other[0], first[0],
        "an id that was made is made per project"
    );
}

#[test]
fn a_foreign_id_names_a_record() {
    let server = Server::start();
    server.send(&[json!({"external_id": "trace/123 ü", "name": "a", "started_at": at(0)})]);
    server.send(&[json!({"external_id": "trace/123 ü", "output": 1})]);
    assert_eq!(
        server.names(""),
        ["a"],
        "the same foreign id is the same record"
    );
    let trace = server.read("/v1/traces/trace%2F123%20%C3%BC");
    assert_eq!((&trace["name"], &trace["output"]), (&json!("a"), &json!(1)));
}

#[test]
fn a_bad_record_spoils_only_itself() {
    let server = Server::start();
    let body = json!({"traces": [
        record(1, "good", 0),
        {"id": "trace-1", "name": "bad id"},
        {"id": id(3), "started_at": "noon"},
        {"id": id(4), "tags": "a"},
        record(5, "good too", 1),
    ]});
    let (status, answer) = server.post("default", body.to_string());
    assert_eq!(status, 202);
    assert_eq!(answer["traces"], json!([{"id": id(1)}, {"id": id(5)}]));
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(
        errors[0],
        json!({"index": 1, "error": "id: not a uuid (8-4-4-4-12 hex digits)"})
    );
    assert_eq!(
        (&errors[1]["index"], &errors[1]["id"]),
        (&json!(2), &json!(id(3)))
    );
    assert!(
        errors[1]["error"]
            .as_str()
            .unwrap()
            .starts_with("started_at: not an RFC 3339")
    );
    assert!(errors[2]["error"].as_str().unwrap().starts_with("tags: "));
    assert_eq!(server.names(""), ["good too", "good"]);
}

#[test]
fn projects_are_spaces_of_their_own() {
    let server = Server::start();
    server.send_to("blue", &[record(1, "blue root", 0)]);
    server.send_to(
        "grün",
        &[child(2, 1, "green child", 1), record(1, "green root", 0)],
    );
    assert!(server.names("").is_empty());
    assert_eq!(server.names("project=blue"), ["blue root"]);
    assert_eq!(server.names("project=gr%C3%BCn"), ["green root"]);
    assert_eq!(server.names("project=blue&q=green"), [""; 0]);
    assert_eq!(server.names("project=unheard+of"), [""; 0]);
    let blue = server.read(&format!("/v1/traces/{}?project=blue", id(1)));
    assert_eq!(blue["totals"]["spans"], 1);
    assert_eq!(
        server.get(&format!("/v1/traces/{}?project=blue", id(2))).0,
        404
    );
    assert_eq!(server.get(&format!("/v1/traces/{}", id(1))).0, 404);
}

#[test]
fn a_restart_keeps_everything() {
    let server = Server::start();
    server.send(&[child(2, 1, "child", 1)]);
    let server = server.restart();
    server.send(&[record(1, "root", 0)]);
    let server = server.restart();
    let trace = server.read(&format!("/v1/traces/{}", id(1)));
    assert_eq!(names(&trace["children"]), ["child"]);
}
