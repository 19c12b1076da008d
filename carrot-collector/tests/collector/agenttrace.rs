//! Batches as AgentTrace's documentation describes them.

use serde_json::{Value, json};

use crate::server::{Server, at, names, with};

const ROUTE: &str = "/api/public/ingestion";

/// Posts a batch with the header that Langfuse's SDKs send.
fn post(server: &Server, body: &Value) -> (u16, Value) {
    let headers = [
        ("Authorization", "Basic cGstbGY6c2stbGY="),
        ("Content-Type", "application/json"),
    ];
    server.request("POST", ROUTE, &headers, &body.to_string())
}

/// Posts events that must all be taken.
fn send(server: &Server, events: &[Value]) {
    let (status, answer) = post(server, &json!({"batch": events}));
    assert_eq!((status, &answer["errors"]), (207, &json!([])), "{answer}");
    let successes = answer["successes"].as_array().unwrap();
    assert_eq!(successes.len(), events.len());
    assert!(successes.iter().all(|success| success["status"] == 201));
}

fn event(kind: &str, body: Value) -> Value {
    json!({"type": kind, "body": body})
}

/// Every type of event, as an agent's run sends them.
fn run() -> Vec<Value> {
    let here = |body: Value| with(body, json!({"traceId": "trace-123"}));
    vec![
        event(
            "trace-create",
            json!({"id": "trace-123", "name": "edit-task", "sessionId": "s-1", "userId": "ada",
            "tags": ["production"], "timestamp": at(0), "input": {"prompt": "Hello"}, "release": "1.2"}),
        ),
        event(
            "span-create",
            here(
                json!({"id": "fetch", "name": "fetch-data", "startTime": at(1), "input": {"k": 1}}),
            ),
        ),
        event(
            "generation-create",
            here(
                json!({"id": "gen", "parentObservationId": "fetch", "name": "gpt-call",
            "model": "gpt-4o", "modelParameters": {"temperature": 0.7}, "startTime": at(2),
            "input": [{"role": "user", "content": "Hello"}]}),
            ),
        ),
        event(
            "generation-update",
            here(json!({"id": "gen", "endTime": at(4), "output": "marmalade",
            "completionStartTime": at(3), "usage": {"inputTokens": 12, "outputTokens": 3}})),
        ),
        event(
            "span-update",
            here(json!({"id": "fetch", "endTime": at(5), "output": {"records": 2}})),
        ),
        event(
            "event-create",
            here(
                json!({"id": "reached", "name": "checkpoint-reached", "startTime": at(6),
            "input": {"step": 1}}),
            ),
        ),
        event(
            "checkpoint-create",
            here(
                json!({"id": "cp", "name": "before-edit", "timestamp": at(7),
            "filesSnapshot": {"main.py": {"size": 3, "hash": "h"}}}),
            ),
        ),
        event(
            "git-link-create",
            here(json!({"id": "git", "commitSha": "abc123", "branch": "main", "timestamp": at(8)})),
        ),
        event(
            "file-operation-create",
            here(
                json!({"id": "file", "operation": "edit", "path": "src/main.py",
            "startedAt": at(9), "completedAt": at(10), "linesAdded": 4}),
            ),
        ),
        event(
            "terminal-command-create",
            here(json!({"id": "npm", "command": "npm test", "exitCode": 2,
            "stdout": "one failed", "startedAt": at(11), "durationMs": 500})),
        ),
        event(
            "sdk-log",
            here(json!({"id": "log", "log": {"queue": 1}, "timestamp": at(12)})),
        ),
        event(
            "score-create",
            here(json!({"id": "sc-1", "name": "quality", "value": 0.95, "comment": "good"})),
        ),
        event(
            "score-create",
            here(json!({"id": "sc-2", "observationId": "gen", "name": "rating", "value": "fine"})),
        ),
        event(
            "trace-update",
            json!({"id": "trace-123", "endTime": at(20), "output": "done", "metadata": {"v": "1"}}),
        ),
    ]
}

fn trace(server: &Server) -> Value {
    server.read("/v1/traces/trace-123")
}

/// The child of this name, at any depth.
fn find<'a>(record: &'a Value, name: &str) -> Option<&'a Value> {
    let children = record["children"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    children.iter().find_map(|child| {
        let is_it = child["name"] == name;
        if is_it {
            Some(child)
        } else {
            find(child, name)
        }
    })
}

#[test]
fn a_run_arrives_as_one_tree() {
    let server = Server::start();
    send(&server, &run());
    let trace = trace(&server);
    assert_eq!(
        (&trace["name"], &trace["status"]),
        (&json!("edit-task"), &json!("success"))
    );
    assert_eq!(
        (&trace["session_id"], &trace["user_id"]),
        (&json!("s-1"), &json!("ada"))
    );
    assert_eq!(
        (&trace["output"], &trace["metadata"]["v"]),
        (&json!("done"), &json!("1"))
    );
    assert_eq!(trace["metadata"]["release"], "1.2");
    assert_eq!(trace["scores"][0]["value"], 0.95);
    let steps = [
        "fetch-data",
        "checkpoint-reached",
        "before-edit",
        "git-link",
        "file update",
        "terminal",
        "sdk-log",
    ];
    assert_eq!(names(&trace["children"]), steps);
    let call = find(&trace, "gpt-call").unwrap();
    assert_eq!(
        (&call["kind"], &call["output"]),
        (&json!("llm_call"), &json!("marmalade"))
    );
    assert_eq!(
        call["metadata"]["ttft_ms"],
        Value::Null,
        "start and first token are in two events"
    );
    assert_eq!(
        call["metadata"]["completionStartTime"],
        "2026-01-31T12:00:03.000000Z"
    );
    assert_eq!(call["metadata"]["modelParameters"]["temperature"], 0.7);
    assert_eq!(call["scores"][0]["data_type"], "CATEGORICAL");
    assert!(call["metadata"]["cost_usd"].as_f64() > Some(0.0));
    assert_eq!(
        (&trace["totals"]["spans"], &trace["totals"]["errors"]),
        (&json!(9), &json!(1))
    );
    assert_eq!(trace["totals"]["input_tokens"], 12);
    for query in [
        "session=s-1",
        "user=ada",
        "tag=production",
        "model=gpt-4o",
        "q=marmalade",
    ] {
        assert_eq!(server.names(query), ["edit-task"], "{query}");
    }
}

#[test]
fn in_any_order_and_more_than_once_it_is_the_same() {
    let server = Server::start();
    send(&server, &run());
    let straight = trace(&server);
    send(&server, &run());
    assert_eq!(trace(&server), straight, "sent again");

    let backwards = Server::start();
    for event in run().into_iter().rev() {
        send(&backwards, &[event]);
    }
    let mut mixed = trace(&backwards);
    // Each of its own store: what was hashed is the same all the same.
    assert_eq!(mixed["id"], straight["id"]);
    mixed["scores"]
        .as_array_mut()
        .unwrap()
        .sort_by_key(Value::to_string);
    assert_eq!(mixed, straight, "backwards");
}

#[test]
fn a_score_is_kept_until_its_trace_comes() {
    let server = Server::start();
    let score = |id: &str, value: Value| {
        event(
            "score-create",
            json!({"id": id, "traceId": "late", "name": "n", "value": value}),
        )
    };
    send(&server, &[score("a", json!(1))]);
    send(&server, &[score("b", json!(true)), score("a", json!(2))]);
    send(
        &server,
        &[event(
            "trace-create",
            json!({"id": "late", "name": "late", "timestamp": at(0)}),
        )],
    );
    let trace = server.read("/v1/traces/late");
    assert_eq!(
        (&trace["name"], &trace["status"]),
        (&json!("late"), &json!("running"))
    );
    let scores = trace["scores"].as_array().unwrap();
    let values: Vec<&Value> = scores.iter().map(|score| &score["value"]).collect();
    assert_eq!(values, [&json!(1), &json!(2)]);
}

#[test]
fn an_answer_tells_of_each_event() {
    let server = Server::start();
    let (status, answer) = post(
        &server,
        &json!({"metadata": {"sdk": "x"}, "batch": [
            {"id": "e-1", "timestamp": at(0), "type": "trace-create", "body": {"id": "t", "name": "good"}},
            {"id": "e-2", "type": "span-create", "body": {"id": "s", "startTime": "yesterday"}},
            {"type": "trace-erase", "body": {"id": "t"}},
            7,
        ]}),
    );
    assert_eq!(status, 207);
    assert_eq!(answer["successes"], json!([{"id": "e-1", "status": 201}]));
    let errors = answer["errors"].as_array().unwrap();
    let ids: Vec<&Value> = errors.iter().map(|error| &error["id"]).collect();
    assert_eq!(ids, ["e-2", "t", ""]);
    assert!(errors.iter().all(|error| error["status"] == 400));
    assert!(
        errors[0]["message"]
            .as_str()
            .unwrap()
            .starts_with("batch[1]: startTime: not an RFC 3339")
    );
    assert_eq!(server.names(""), ["good"]);
}

#[test]
fn what_is_no_batch_is_refused() {
    let server = Server::start();
    for (body, reason) in [
        ("{", "body is not JSON"),
        ("{}", "body has no batch: send {\"batch\": [...]}"),
        (r#"{"batch":[]}"#, "batch must not be empty"),
    ] {
        server.refuses(ROUTE, body, reason);
    }
    let deep = format!(
        r#"{{"batch":[{{"type":"span-create","body":{{"input":{}1{}}}}}]}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let (status, answer) = server.request("POST", ROUTE, &[], &deep);
    assert_eq!(
        (status, &answer["successes"]),
        (207, &json!([])),
        "{answer}"
    );
    let (status, _) = server.request("GET", ROUTE, &[], "");
    assert_eq!(status, 405);
}

#[test]
fn projects_do_not_see_each_other() {
    let server = Server::start();
    let body = json!({"batch": [event("trace-create", json!({"id": "t", "name": "blue one"}))]})
        .to_string();
    let (status, _) = server.request("POST", ROUTE, &[("X-Carrot-Project", "blue")], &body);
    assert_eq!(status, 207);
    assert_eq!(server.get("/v1/traces/t").0, 404);
    assert_eq!(server.read("/v1/traces/t?project=blue")["name"], "blue one");
}
