use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Not much of a hash, but one that tells the names of these tests apart.
fn key(name: &str) -> RecordId {
    let number = |number, byte| { u128::wrapping_mul(number, 257) }.wrapping_add(u128::from(byte));
    RecordId(name.bytes().fold(1, number))
}

fn batch(events: &[Value]) -> Batch {
    let body = json!({"batch": events}).to_string();
    read(body.as_bytes(), &key).unwrap()
}

/// What one event says, which must be taken.
fn record(kind: &str, body: Value) -> Record {
    let mut batch = batch(&[json!({"type": kind, "body": body})]);
    assert_eq!(batch.answer.errors, []);
    batch.records.pop().unwrap()
}

fn refused(kind: &str, body: Value) -> String {
    let mut batch = batch(&[json!({"id": "e", "type": kind, "body": body})]);
    assert!(batch.records.is_empty() && batch.answer.successes.is_empty());
    let failure = batch.answer.errors.pop().unwrap();
    assert_eq!((&*failure.id, failure.status), ("e", 400));
    failure.message
}

fn json_of(json: &Option<Json>) -> Value {
    json.as_ref().unwrap().to_value()
}

#[test]
fn a_trace_says_who_it_was_done_for() {
    let body = json!({
        "id": "trace-1", "name": "chat", "sessionId": "s", "userId": "u", "tags": ["a"], "input": {"q": 1},
        "timestamp": "2026-01-31T12:00:00Z", "metadata": {"k": 1, "release": "mine"}, "release": "r", "public": true,
    });
    let trace = record("trace-create", body);
    assert_eq!(trace.id, Some(key("trace-1")));
    assert_eq!(trace.external_id.as_deref(), Some("trace-1"));
    assert_eq!(trace.session_id.as_deref(), Some("s"));
    assert_eq!(trace.user_id.as_deref(), Some("u"));
    assert_eq!(trace.tags, Some(vec!["a".to_owned()]));
    assert_eq!((trace.status, trace.parent()), (None, None));
    let metadata = json!({"k": 1, "release": "r", "metadata.release": "mine", "public": true, "source": "sdk"});
    assert_eq!(Value::from(trace.metadata), metadata);

    let id = "8c46816a-6fa3-442c-a7a1-7862d84c2bec";
    let ended = json!({"id": id, "endTime": "2026-01-31T12:00:01Z", "output": 2});
    let ended = record("trace-update", ended);
    assert_eq!((ended.id, ended.external_id), (id.parse().ok(), None));
    assert_eq!(ended.status, Some(Status::Success));
    let failed = json!({"id": id, "level": "ERROR", "statusMessage": "no"});
    let failed = record("trace-update", failed);
    assert_eq!(failed.status, Some(Status::Error));
    assert_eq!(failed.error.unwrap().message, "no");
    // Of a sender that never says when a trace ends.
    let told = record("trace-create", json!({"id": id, "output": 2}));
    assert_eq!(told.status, Some(Status::Success));
}

#[test]
fn a_generation_is_a_model_call_with_its_tokens() {
    let body = json!({
        "id": "g", "traceId": "t", "parentObservationId": "p", "name": "call", "model": "gpt-4o",
        "modelParameters": {"temperature": 0.5}, "startTime": "2026-01-31T12:00:00Z",
        "completionStartTime": "2026-01-31T12:00:00.250Z", "endTime": "2026-01-31T12:00:01Z",
        "input": [{"role": "user", "content": "hi"}], "output": "hello", "promptName": "p", "promptVersion": 3,
        "usage": {"promptTokens": 7, "completionTokens": 2, "totalTokens": 9, "cacheReadTokens": 3,
            "cacheCreationTokens": 1, "unit": "TOKENS", "totalCost": null},
    });
    let call = record("generation-create", body);
    assert_eq!(call.kind, Some(SpanKind::LlmCall));
    assert_eq!(call.id, Some(key("observation g")));
    assert_eq!(call.parent(), Some(key("observation p")));
    assert_eq!(
        json_of(&call.input),
        json!([{"role": "user", "content": "hi"}])
    );
    assert_eq!(call.status, Some(Status::Success));
    let metadata = json!({
        "model": "gpt-4o", "modelParameters": {"temperature": 0.5}, "ttft_ms": 250,
        "completionStartTime": "2026-01-31T12:00:00.250000Z", "input_tokens": 7, "output_tokens": 2,
        "total_tokens": 9, "cached_tokens": 3, "cache_write_tokens": 1, "usage": {"unit": "TOKENS"},
        "parent_trace_id": key("t"), "promptName": "p", "promptVersion": 3, "source": "sdk",
    });
    assert_eq!(Value::from(call.metadata), metadata);

    // Without a nearer one the trace is the parent.
    let usage = json!({"inputTokens": 1, "outputTokens": 2});
    let body = json!({"id": "g", "traceId": "t", "usage": usage});
    let update = record("generation-update", body);
    assert_eq!(update.parent(), Some(key("t")));
    assert_eq!(update.meta_u64("input_tokens"), Some(1));
    assert_eq!(update.meta_u64("output_tokens"), Some(2));
}

#[test]
fn what_comes_in_any_order_is_the_same() {
    let parts = [
        json!({"type": "span-create", "body": {"id": "s", "traceId": "t", "parentObservationId": "p", "name": "step",
            "startTime": "2026-01-31T12:00:00Z", "metadata": {"a": 1}}}),
        json!({"type": "span-update", "body": {"id": "s", "traceId": "t", "level": "ERROR", "statusMessage": "no"}}),
        json!({"type": "span-update", "body": {"id": "s", "endTime": "2026-01-31T12:00:02Z", "metadata": {"b": 2}}}),
    ];
    let whole = |order: [usize; 3]| {
        let records = order.map(|at| batch(&parts[at..=at]).records.remove(0));
        let mut whole = Record::default();
        records.into_iter().for_each(|record| whole.merge(record));
        whole
    };
    let straight = whole([0, 1, 2]);
    assert_eq!(straight.status, Some(Status::Error));
    assert_eq!(straight.parent(), Some(key("observation p")));
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(whole(order), straight, "{order:?}");
    }
}

#[test]
fn observations_have_kinds() {
    for (event, body, kind) in [
        ("span-create", json!({}), None),
        ("event-create", json!({}), Some(SpanKind::Event)),
        (
            "observation-create",
            json!({"type": "GENERATION"}),
            Some(SpanKind::LlmCall),
        ),
        (
            "observation-update",
            json!({"id": "a", "type": "TOOL"}),
            Some(SpanKind::ToolCall),
        ),
        ("observation-update", json!({"id": "a"}), None),
    ] {
        assert_eq!(record(event, body).kind, kind, "{event}");
    }
    let odd = record("observation-create", json!({"type": "GUARDRAIL"}));
    assert_eq!(
        (odd.kind, &odd.metadata["type"]),
        (None, &json!("GUARDRAIL"))
    );
    let event = record("event-create", json!({"startTime": "2026-01-31T12:00:00Z"}));
    assert_eq!(
        (event.status, event.ended_at),
        (Some(Status::Success), event.started_at)
    );
}

#[test]
fn what_an_agent_did_is_a_step_of_its_trace() {
    let checkpoint = json!({"id": "c", "traceId": "t", "observationId": "o", "name": "before-edit", "type": "manual",
        "filesSnapshot": {"main.py": {"size": 1, "hash": "h"}}, "timestamp": "2026-01-31T12:00:00Z"});
    let checkpoint = record("checkpoint-create", checkpoint);
    assert_eq!(checkpoint.name.as_deref(), Some("before-edit"));
    assert_eq!(checkpoint.parent(), Some(key("observation o")));
    assert_eq!(checkpoint.metadata["filesSnapshot"]["main.py"]["size"], 1);

    let link = record(
        "git-link-create",
        json!({"traceId": "t", "commitSha": "abc", "additions": 3}),
    );
    assert_eq!(
        (link.name.as_deref(), link.kind),
        (Some("git-link"), Some(SpanKind::Event))
    );
    assert_eq!(link.metadata["commitSha"], "abc");

    let file = json!({"traceId": "t", "operation": "edit", "path": "a.py", "linesAdded": 2, "contentAfterHash": "h",
        "startedAt": "2026-01-31T12:00:00Z", "durationMs": 1500});
    let file = record("file-operation-create", file);
    assert_eq!(file.name.as_deref(), Some("file update"));
    assert_eq!(json_of(&file.input), json!({"path": "a.py"}));
    assert_eq!(json_of(&file.output), json!({"linesAdded": 2}));
    assert_eq!(file.metadata["contentAfterHash"], "h");
    assert_eq!(file.latency().unwrap().as_millis(), 1500);
    assert_eq!(
        (file.status, file.kind),
        (Some(Status::Success), Some(SpanKind::Action))
    );

    let command = json!({"traceId": "t", "command": "npm", "args": ["test"], "exitCode": 1, "stdout": "s", "stderr": "e"});
    let command = record("terminal-command-create", command);
    assert_eq!(
        json_of(&command.input),
        json!({"command": "npm", "args": ["test"]})
    );
    assert_eq!(
        json_of(&command.output),
        json!({"stdout": "s", "stderr": "e"})
    );
    assert_eq!(command.status, Some(Status::Error));
    assert_eq!(command.error.unwrap().message, "exit code 1");

    let log = record("sdk-log", json!({"log": {"dropped": 3}, "traceId": "t"}));
    assert_eq!(
        (json_of(&log.output), log.level),
        (json!({"dropped": 3}), Some(Level::Debug))
    );
}

#[test]
fn scores_are_kept_on_what_they_are_about() {
    let score = |body: Value| json!({"type": "score-create", "body": body});
    let batch = batch(&[
        score(
            json!({"id": "1", "traceId": "t", "name": "quality", "value": 0.95, "comment": "good", "source": "API"}),
        ),
        score(
            json!({"id": "2", "traceId": "t", "name": "correct", "value": 1, "dataType": "BOOLEAN"}),
        ),
        score(
            json!({"id": "3", "traceId": "t", "observationId": "o", "name": "rating", "value": "good"}),
        ),
        score(
            json!({"id": "4", "traceId": "t", "name": "mood", "stringValue": "fine", "value": 3,
            "dataType": "CATEGORICAL"}),
        ),
    ]);
    assert_eq!(batch.answer.successes.len(), 4);
    let [trace, observation] = &batch.records[..] else {
        panic!("{:?}", batch.records);
    };
    assert_eq!((trace.id, trace.parent()), (Some(key("t")), None));
    let scores = json!([
        {"id": "1", "name": "quality", "value": 0.95, "data_type": "NUMERIC", "comment": "good", "source": "API"},
        {"id": "2", "name": "correct", "value": 1, "data_type": "BOOLEAN"},
        {"id": "4", "name": "mood", "value": "fine", "data_type": "CATEGORICAL"},
    ]);
    let mut known = json_of(&trace.scores);
    // The number beside the text of a category is nothing that counts.
    known[2]
        .as_object_mut()
        .unwrap()
        .retain(|name, _| scores[2].get(name).is_some());
    assert_eq!(known, scores);
    assert_eq!(
        (observation.id, observation.parent()),
        (Some(key("observation o")), Some(key("t")))
    );
    assert_eq!(json_of(&observation.scores)[0]["data_type"], "CATEGORICAL");
}

#[test]
fn a_bad_event_spoils_only_itself_and_is_told_where_it_is_bad() {
    assert_eq!(
        refused("span-update", json!({})),
        "batch[0]: body.id: is missing: an update says what it updates"
    );
    assert_eq!(
        refused("trace-delete", json!({})),
        "batch[0]: type: there is no event \"trace-delete\""
    );
    assert!(
        refused("trace-create", json!({"name": 1})).starts_with("batch[0]: name: invalid type")
    );
    assert!(
        refused("span-create", json!({"startTime": "now"}))
            .starts_with("batch[0]: startTime: not an RFC 3339")
    );
    assert!(
        refused("trace-create", json!([])).starts_with("batch[0]: a record must be a JSON object")
    );
    assert_eq!(
        refused("file-operation-create", json!({})),
        "batch[0]: operation: is missing"
    );
    for (body, reason) in [
        (json!({"name": "a", "value": 1}), "traceId: is missing"),
        (json!({"traceId": "t", "value": 1}), "name: is missing"),
        (json!({"traceId": "t", "name": "a"}), "value: is missing"),
        (
            json!({"traceId": "t", "name": "a", "value": 2, "dataType": "BOOLEAN"}),
            "value: a BOOLEAN is 0 or 1",
        ),
        (
            json!({"traceId": "t", "name": "a", "value": "x", "dataType": "NUMERIC"}),
            "value: is no number, but dataType is NUMERIC",
        ),
        (
            json!({"traceId": "t", "name": "a", "value": 1, "dataType": "X"}),
            "dataType: one of NUMERIC, BOOLEAN, CATEGORICAL",
        ),
        (
            json!({"traceId": "t", "name": "a", "value": []}),
            "value: is no number, text or truth",
        ),
    ] {
        assert_eq!(refused("score-create", body), format!("batch[0]: {reason}"));
    }
    let batch = batch(&[
        json!({"type": "trace-create", "body": {"id": "a"}}),
        json!(7),
        json!({"id": "e", "type": "trace-create", "body": {"id": "b"}}),
        json!({"type": "trace-create"}),
    ]);
    let ids: Vec<&str> = { batch.answer.successes.iter() }
        .map(|it| &*it.id)
        .collect();
    assert_eq!((ids, batch.records.len()), (vec!["a", "e"], 2));
    assert_eq!(batch.answer.errors[1].message, "batch[3]: body: is missing");
}

#[test]
fn an_event_without_any_id_is_there_once_however_often_it_is_sent() {
    let event = json!({"type": "event-create", "body": {"traceId": "t", "name": "n"}});
    let [first, second] = [(); 2].map(|()| batch(std::slice::from_ref(&event)));
    assert_eq!(first.records, second.records);
    assert_eq!(first.answer, second.answer);
    let other = batch(&[json!({"type": "event-create", "body": {"traceId": "t", "name": "m"}})]);
    assert_ne!(first.records[0].id, other.records[0].id);
    assert_eq!(
        first.answer.successes[0].id,
        first.records[0].id.unwrap().to_string()
    );
}

proptest! {
    #[test]
    fn no_body_panics(bytes: Vec<u8>, text in "\\PC*") {
        let _ = read(&bytes, &key);
        let _ = read(format!(r#"{{"batch":[{text}]}}"#).as_bytes(), &key);
    }

    #[test]
    fn every_event_is_answered_once(
        kinds in prop::collection::vec("(trace|span|generation|event|observation|score|sdk-log|checkpoint|git-link|file-operation|terminal-command)(-create|-update)?", 1..20),
        name in "id|name|traceId|value|usage|metadata|timestamp|startTime|level|args|exitCode|durationMs|operation",
        value in prop_oneof![Just(json!(null)), Just(json!("x")), Just(json!([1])), Just(json!({"a": {}})), any::<i64>().prop_map(|it| json!(it))],
    ) {
        let events: Vec<Value> = kinds.iter().map(|kind| json!({"type": kind, "body": {name.clone(): value.clone()}})).collect();
        let batch = batch(&events);
        prop_assert_eq!(batch.answer.successes.len() + batch.answer.errors.len(), events.len());
        prop_assert!(batch.records.iter().all(|record| record.id.is_some()));
    }
}
