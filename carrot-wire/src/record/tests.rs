use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(value: Value) -> Result<Record, String> {
    Record::from_json(&value.to_string()).map_err(|error| error.to_string())
}

#[test]
fn bad_fields_are_named() {
    assert_eq!(
        read(json!({"id": "trace-1"})).unwrap_err(),
        "id: not a uuid (8-4-4-4-12 hex digits)"
    );
    assert!(
        read(json!({"started_at": "noon"}))
            .unwrap_err()
            .starts_with("started_at: not an RFC 3339")
    );
    assert!(
        read(json!({"tags": "a"}))
            .unwrap_err()
            .starts_with("tags: invalid type: string")
    );
    assert!(
        read(json!({"status": "fine"}))
            .unwrap_err()
            .starts_with("status: unknown variant `fine`")
    );
    assert_eq!(
        read(json!([1])).unwrap_err(),
        "a record must be a JSON object"
    );
    let long = read(json!({"metadata": "x".repeat(10_000)})).unwrap_err();
    assert!(long.len() < 300, "the message quotes the value in full");
}

#[test]
fn null_is_absent_and_unknown_fields_are_passed_over() {
    assert_eq!(
        read(json!({"name": null, "input": null, "whatever": [1]})),
        Ok(Record::default())
    );
}

#[test]
fn an_error_may_be_a_bare_text() {
    let record = read(json!({"error": "too late"})).unwrap();
    assert_eq!(record.error.unwrap().message, "too late");
}

#[test]
fn values_nested_too_deep_spoil_the_record() {
    let deep = format!(
        r#"{{"input": {}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(
        Record::from_json(&deep).unwrap_err().to_string(),
        "input: nested deeper than 127 levels"
    );
    let children = format!("{}{{}}{}", r#"{"children":["#.repeat(101), "]}".repeat(101));
    assert!(
        Record::from_json(&children)
            .unwrap_err()
            .to_string()
            .contains("deeper than 100")
    );
    let children = format!("{}{{}}{}", r#"{"children":["#.repeat(100), "]}".repeat(100));
    assert!(Record::from_json(&children).is_ok());
}

#[test]
fn the_parent_is_found_by_any_of_three_ways() {
    let trace = "0123456789abcdef0123456789abcdef";
    let by_span = read(json!({"trace_id": trace, "parent_span_id": "00000000000000aa"})).unwrap();
    assert_eq!(
        by_span.parent().unwrap().to_string(),
        "01234567-89ab-cdef-0000-0000000000aa"
    );
    let uuid = "01234567-89ab-4def-8123-456789abcdef";
    let by_metadata = read(json!({"metadata": {"parent_trace_id": uuid}})).unwrap();
    assert_eq!(by_metadata.parent().unwrap().to_string(), uuid);
    assert_eq!(
        read(json!({"id": uuid, "parent_id": uuid}))
            .unwrap()
            .parent(),
        None
    );
}

#[test]
fn a_parent_is_named_twice_on_the_wire_and_once_in_a_record() {
    let record = Record {
        parent_id: Some(RecordId(7)),
        ..Record::default()
    };
    let sent = serde_json::to_value(record.clone().for_ingest()).unwrap();
    assert_eq!(sent["metadata"]["parent_trace_id"], sent["parent_id"]);
    assert_eq!(read(sent), Ok(record));
}

#[test]
fn a_merge_overwrites_with_what_is_there() {
    let mut old =
        read(json!({"name": "a", "status": "success", "metadata": {"x": 1, "y": 1}})).unwrap();
    old.merge(read(json!({"output": 2, "status": "running", "metadata": {"y": 2}})).unwrap());
    assert_eq!(
        serde_json::to_value(&old).unwrap(),
        json!({"name": "a", "status": "success", "output": 2, "metadata": {"x": 1, "y": 2}})
    );
}

#[test]
fn a_failure_that_the_level_tells_of_is_not_undone_by_the_end() {
    let failed = json!({"status": "error", "level": "ERROR"});
    let ended = json!({"status": "success", "output": 1});
    for [first, then] in [[&failed, &ended], [&ended, &failed]] {
        let mut record = read(first.clone()).unwrap();
        record.merge(read(then.clone()).unwrap());
        assert_eq!(record.status, Some(Status::Error));
    }
    // Who says that it went well after all is believed, and so is who never said how bad it was.
    let mut record = read(failed).unwrap();
    record.merge(read(json!({"status": "success", "level": "DEFAULT"})).unwrap());
    assert_eq!(record.status, Some(Status::Success));
    let mut record = read(json!({"status": "error"})).unwrap();
    record.merge(read(ended).unwrap());
    assert_eq!(record.status, Some(Status::Success));
}

#[test]
fn scores_come_beside_those_that_are_there() {
    let mut record = read(json!({"scores": [{"id": "a", "value": 1}, {"value": 7}]})).unwrap();
    record.merge(read(json!({"name": "n"})).unwrap());
    for _ in 0..2 {
        let more = json!({"scores": [{"value": 7}, {"id": "a", "value": 2}, {"id": "b"}]});
        record.merge(read(more).unwrap());
        let scores = record.scores.as_ref().unwrap().to_value();
        assert_eq!(
            scores,
            json!([{"value": 7}, {"id": "a", "value": 2}, {"id": "b"}])
        );
    }
    record.merge(read(json!({"scores": "none"})).unwrap());
    assert_eq!(record.scores.unwrap().as_str(), "\"none\"");
}

#[test]
fn a_model_with_tokens_is_a_model_call() {
    assert_eq!(
        read(json!({})).unwrap().kind_or_default(),
        SpanKind::Function
    );
    let call = read(json!({"metadata": {"model": "gpt-4o", "input_tokens": 1}})).unwrap();
    assert_eq!(call.kind_or_default(), SpanKind::LlmCall);
    let call = read(json!({"metadata": {"model": "gpt-4o"}, "input": {"messages": []}})).unwrap();
    assert_eq!(call.kind_or_default(), SpanKind::LlmCall);
}

#[test]
fn a_failed_call_names_its_model_in_its_parameters() {
    let call = read(json!({
        "input": {"model": "gpt-4o", "input": "hi"},
        "metadata": {"provider": "openai"},
    }));
    let call = call.unwrap();
    assert_eq!(call.kind_or_default(), SpanKind::LlmCall);
    assert_eq!(call.request_model().as_deref(), Some("gpt-4o"));

    let function = read(json!({"input": {"model": "gpt-4o"}})).unwrap();
    assert_eq!(function.kind_or_default(), SpanKind::Function);
    assert_eq!(function.request_model(), None);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("\\PC*", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn a_record()(
        id in any::<Option<u128>>(),
        trace in any::<Option<u128>>(),
        name in any::<Option<String>>(),
        kind in prop::option::of(prop::sample::select(SpanKind::ALL)),
        status in prop::option::of(prop::sample::select(Status::ALL)),
        input in prop::option::of(json_value()),
        metadata in prop::collection::btree_map("\\PC*", json_value(), 0..4),
        started in any::<Option<i64>>(),
        tags in any::<Option<Vec<String>>>(),
        error in any::<Option<(String, String, Vec<String>)>>(),
    ) -> Record {
        Record {
            id: id.map(RecordId),
            trace_id: trace.map(|id| TraceId(id | 1)),
            name,
            kind,
            status,
            input: input.filter(|input| !input.is_null()).map(|input| Json::from_value(&input)),
            metadata: metadata.into_iter().collect(),
            started_at: started.map(Timestamp::from_nanos),
            tags,
            error: error.map(|(message, kind, chain)| ErrorInfo { message, kind, chain }),
            ..Record::default()
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(mut record in a_record(), children in prop::collection::vec(a_record(), 0..3)) {
        record.children = children;
        let text = serde_json::to_string(&record).unwrap();
        prop_assert_eq!(Record::from_json(&text).unwrap(), record);
    }

    #[test]
    fn no_input_panics(text in "\\PC*", value in json_value()) {
        let _ = Record::from_json(&text);
        let _ = Record::from_json(&value.to_string());
        for field in ["id", "kind", "error", "tags", "metadata", "children", "started_at", "input"] {
            let _ = read(json!({field: value.clone()}));
        }
    }
}
