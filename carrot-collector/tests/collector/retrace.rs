//! Retrace's dialect, by WebSocket and over HTTP.

use std::net::TcpStream;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::server::{Server, at, id, names, with};

const ROUTE: &str = "/api/v1/traces";

/// A client that has said who it is, and was let in.
struct Client(WebSocket<TcpStream>);

impl Client {
    fn open(server: &Server) -> Client {
        let url = format!("ws://{}/ws/v1/stream", server.address());
        let (socket, _) = tungstenite::client(url, server.connect()).unwrap();
        let mut client = Client(socket);
        client.text(&json!({"type": "auth", "api_key": "rt_live_1", "resumable": false, "replay_generation": 1,
            "acks": true}).to_string());
        assert_eq!(client.next()["type"], "auth_ok");
        client
    }

    fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    fn send(&mut self, seq: u64, kind: &str, data: &Value) {
        self.text(&json!({"type": kind, "data": data, "seq": seq}).to_string());
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(self.0.read().unwrap().to_text().unwrap()).unwrap()
    }
}

/// The frames of a run: a model call inside a tool call.
fn run() -> [(&'static str, Value); 6] {
    let (trace, tool, call) = (id(1), id(2), id(3));
    let span = |own: &str, more| with(json!({"id": own, "trace_id": trace}), more);
    [
        (
            "trace_started",
            json!({"id": trace, "name": "agent", "status": "running", "input": {"q": "marmalade?"},
            "started_at": at(0), "session_id": "s", "total_tokens": 0, "total_cost": 0.0}),
        ),
        (
            "span_started",
            span(
                &tool,
                json!({"parent_id": null, "span_type": "tool_call", "name": "search",
            "input": {"query": "x"}, "started_at": at(1)}),
            ),
        ),
        (
            "span_started",
            span(
                &call,
                json!({"parent_id": tool, "span_type": "llm_call", "name": "chat",
            "model": "gpt-4o", "input": [], "input_tokens": 5, "started_at": at(2), "agent_id": "planner"}),
            ),
        ),
        (
            "span_ended",
            span(
                &call,
                json!({"ended_at": at(3), "output": "ok", "output_tokens": 2, "cost": 0.5,
            "duration_ms": 1000}),
            ),
        ),
        (
            "span_ended",
            span(
                &tool,
                json!({"ended_at": at(4), "output": null, "error": "ValueError: no"}),
            ),
        ),
        (
            "trace_ended",
            json!({"id": trace, "started_at": at(0), "ended_at": at(5), "output": "done",
            "status": "completed", "total_tokens": 7, "total_cost": 0.5, "total_duration_ms": 5000, "span_count": 2}),
        ),
    ]
}

fn trace(server: &Server) -> Value {
    server.read(&format!("/v1/traces/{}", id(1)))
}

#[test]
fn a_run_arrives_by_websocket_and_sent_again_is_not_there_twice() {
    let server = Server::start();
    let mut client = Client::open(&server);
    for (seq, (kind, data)) in (1..).zip(run()) {
        client.send(seq, kind, &data);
        let ack = json!({"type": "ack", "id": data["id"], "seq": seq});
        assert_eq!(client.next(), ack);
        if seq == 1 {
            assert_eq!(
                trace(&server)["status"],
                "running",
                "acknowledged when it is there"
            );
        }
    }
    let whole = trace(&server);
    assert_eq!(
        (&whole["status"], &whole["output"]),
        (&json!("success"), &json!("done"))
    );
    assert_eq!(names(&whole["children"]), ["search"]);
    let search = &whole["children"][0];
    assert_eq!(
        (&search["status"], &search["kind"]),
        (&json!("error"), &json!("tool_call"))
    );
    assert_eq!(search["error"]["message"], "ValueError: no");
    let call = &search["children"][0];
    assert_eq!(call["metadata"]["agent"], "planner");
    assert_eq!(
        (&whole["totals"]["total_tokens"], &whole["totals"]["spans"]),
        (&json!(7), &json!(3))
    );

    // What a socket that died did not confirm is sent again by the next one; here all of it, and backwards too.
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]] {
        let mut client = Client::open(&server);
        for (seq, at) in (1..).zip(order) {
            let (kind, data) = &run()[at];
            client.send(seq, kind, data);
            assert_eq!(client.next()["seq"], seq);
        }
        assert_eq!(trace(&server), whole, "{order:?}");
    }
    assert_eq!(server.names(""), ["agent"]);
}

#[test]
fn a_bad_frame_is_told_in_the_word_that_the_sdk_reads() {
    let server = Server::start();
    let mut client = Client::open(&server);
    client.send(1, "span_started", &json!({"name": "no id"}));
    assert_eq!(
        client.next(),
        json!({"type": "error", "error": "id: is missing", "seq": 1})
    );
    let (kind, data) = &run()[0];
    client.send(2, kind, data);
    assert_eq!(client.next()["seq"], 2);
}

/// The same run as one body.
fn body() -> Value {
    let mut trace = json!({});
    let mut spans: Vec<Value> = Vec::new();
    for (kind, data) in run() {
        if kind.starts_with("trace") {
            trace = with(trace, data);
        } else if let Some(span) = spans.iter_mut().find(|span| span["id"] == data["id"]) {
            *span = with(span.take(), data);
        } else {
            spans.push(data);
        }
    }
    with(trace, json!({"spans": spans}))
}

fn ask(server: &Server, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let key = [("x-retrace-key", "rt_live_1")];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    server.request(method, &format!("{ROUTE}{path}"), &key, &body)
}

#[test]
fn a_posted_trace_is_the_same_as_one_by_websocket() {
    let (server, other) = (Server::start(), Server::start());
    assert_eq!(
        ask(&server, "POST", "", &body()),
        (201, json!({"id": id(1)}))
    );
    let mut client = Client::open(&other);
    for (seq, (kind, data)) in (1..).zip(run()) {
        client.send(seq, kind, &data);
        client.next();
    }
    assert_eq!(trace(&server), trace(&other));
}

#[test]
fn a_trace_that_is_there_is_not_posted_again_but_no_span_is_lost() {
    let server = Server::start();
    assert_eq!(ask(&server, "POST", "", &body()).0, 201);
    let late = json!({"id": id(9), "span_type": "action", "name": "late", "started_at": at(6), "ended_at": at(7)});
    let again = json!({"id": id(1), "name": "another name", "spans": [late]});
    let (status, answer) = ask(&server, "POST", "", &again);
    assert!(
        status == 409
            && answer["error"]
                .as_str()
                .unwrap()
                .contains("is there already"),
        "{answer}"
    );
    let trace = trace(&server);
    assert_eq!(
        (&trace["name"], &names(&trace["children"])[..]),
        (
            &json!("agent"),
            &["search".to_owned(), "late".to_owned()][..]
        )
    );
}

#[test]
fn a_trace_is_ended_marked_and_read() {
    let server = Server::start();
    let path = format!("/{}", id(1));
    let end = json!({"status": "failed", "error": "no", "ended_at": at(9), "lossy": true});
    assert_eq!(ask(&server, "PATCH", &path, &end).0, 404);
    let begun = json!({"id": id(1), "name": "agent", "started_at": at(0), "status": "running"});
    assert_eq!(ask(&server, "POST", "", &begun).0, 201);
    assert_eq!(ask(&server, "PATCH", &path, &end).0, 200);
    assert_eq!(
        ask(
            &server,
            "POST",
            &format!("{path}/golden"),
            &json!({"golden": true})
        )
        .0,
        200
    );
    assert_eq!(
        ask(
            &server,
            "POST",
            &format!("{path}/golden"),
            &json!({"gold": 1})
        )
        .0,
        400
    );
    assert_eq!(
        ask(&server, "POST", "/nobody/golden", &json!({"golden": true})).0,
        404
    );

    let (status, read) = ask(&server, "GET", &path, &Value::Null);
    assert_eq!(
        (status, &read["status"], &read["golden"]),
        (200, &json!("failed"), &json!(true))
    );
    assert_eq!(
        (&read["error"], &read["metadata"]["lossy"]),
        (&json!("no"), &json!(true))
    );
    assert_eq!(ask(&server, "GET", "/nobody", &Value::Null).0, 404);
    assert_eq!(trace(&server)["status"], "error");

    let whole = with(body(), json!({"id": "run-7"}));
    let spans: Vec<Value> = { whole["spans"].as_array().unwrap().iter() }
        .map(|span| with(span.clone(), json!({"trace_id": "run-7"})))
        .collect();
    assert_eq!(
        ask(&server, "POST", "", &with(whole, json!({"spans": spans}))).0,
        201
    );
    let (_, read) = ask(&server, "GET", "/run-7", &Value::Null);
    let kinds: Vec<&Value> = { read["spans"].as_array().unwrap().iter() }
        .map(|span| &span["span_type"])
        .collect();
    assert_eq!(kinds, ["tool_call", "llm_call"]);
    assert_eq!(read["spans"][0]["parent_id"], Value::Null);
    assert_eq!(read["spans"][1]["parent_id"], read["spans"][0]["id"]);
}

#[test]
fn a_deleted_trace_is_gone_and_its_neighbours_are_not() {
    let server = Server::start();
    // In one request, so that they are kept in one block.
    let other = json!({"id": id(20), "name": "other", "status": "success", "output": "kept", "started_at": at(1)});
    let deleted = json!({"id": id(10), "name": "deleted", "output": "marmalade", "started_at": at(2), "children": [
        {"id": id(11), "name": "below", "started_at": at(3)}]});
    server.send(&[other, deleted]);
    let path = format!("/{}", id(10));
    assert_eq!(
        ask(&server, "DELETE", &format!("/{}", id(11)), &Value::Null).0,
        404,
        "a step is no trace"
    );
    assert_eq!(ask(&server, "DELETE", &path, &Value::Null).0, 204);
    assert_eq!(ask(&server, "DELETE", &path, &Value::Null).0, 404);
    assert_eq!(server.names(""), ["other"]);
    assert_eq!(server.names("q=marmalade"), Vec::<String>::new());
    for gone in [10, 11] {
        assert_eq!(server.get(&format!("/v1/traces/{}", id(gone))).0, 404);
    }
    let server = server.restart();
    let kept = server.read(&format!("/v1/traces/{}", id(20)));
    assert_eq!(
        (&kept["output"], &kept["totals"]["spans"]),
        (&json!("kept"), &json!(1))
    );
    // What is sent after that is a trace of its own.
    server.send(&[json!({"id": id(10), "name": "anew"})]);
    assert_eq!(server.names("name=anew"), ["anew"]);
}

#[test]
fn traces_are_listed_by_offset() {
    let server = Server::start();
    for number in 0..5 {
        let status = if number == 0 { "failed" } else { "completed" };
        let trace = json!({"id": id(number + 10), "name": format!("t{number}"), "status": status,
            "started_at": at(number as u32)});
        assert_eq!(ask(&server, "POST", "", &trace).0, 201);
    }
    let list = |query: &str| {
        let (status, answer) = ask(&server, "GET", query, &Value::Null);
        assert_eq!(status, 200, "{answer}");
        (
            names(&answer["traces"]),
            answer["has_more"].as_bool().unwrap(),
        )
    };
    let named = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("?limit=2"), (named(&["t4", "t3"]), true));
    assert_eq!(list("?limit=2&offset=3"), (named(&["t1", "t0"]), false));
    assert_eq!(list("?offset=9"), (Vec::new(), false));
    assert_eq!(list("?status=failed"), (named(&["t0"]), false));
    for query in [
        "?limit=0",
        "?limit=x",
        "?offset=-1",
        "?offset=10001",
        "?status=odd",
        "?page=2",
    ] {
        assert_eq!(ask(&server, "GET", query, &Value::Null).0, 400, "{query}");
    }
}

#[test]
fn what_is_no_trace_is_refused() {
    let server = Server::start();
    for (body, reason) in [
        ("[]", "a record must be a JSON object"),
        ("{", "not JSON"),
        ("{}", "id: is missing"),
        (
            r#"{"id":"a","spans":[{"id":"b","cost":"x"}]}"#,
            "spans[0].cost: invalid type",
        ),
        (r#"{"id":"a","status":"odd"}"#, "status: unknown variant"),
    ] {
        server.refuses(ROUTE, body, reason);
    }
    let deep = format!(
        r#"{{"id":"a","input":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(server.request("POST", ROUTE, &[], &deep).0, 400);
    assert_eq!(server.names(""), Vec::<String>::new());
}
