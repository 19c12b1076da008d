//! Records told in the conventions' words, and read back.

mod dialects;
mod generated;
mod goldens;
mod requests;

use std::collections::BTreeMap;

use carrot_wire::genai::emit::{AttributeValue, Emitted, Options, Profile};
use carrot_wire::genai::{Attributes, emit, fill};
use carrot_wire::llm::Usage;
use carrot_wire::{Record, SpanKind};
use serde_json::{Value, json};

fn tell(record: &Record) -> Emitted {
    emit(record, Options::default())
}

fn for_profile(record: &Record, profile: Profile) -> Emitted {
    let options = Options {
        profile,
        ..Options::default()
    };
    emit(record, options)
}

fn by_name(told: &Emitted) -> BTreeMap<String, AttributeValue> {
    let named = |(name, value): &(std::borrow::Cow<'_, str>, AttributeValue)| {
        (name.to_string(), value.clone())
    };
    let attributes: BTreeMap<_, _> = told.attributes.iter().map(named).collect();
    assert_eq!(
        attributes.len(),
        told.attributes.len(),
        "a name is said twice: {told:?}"
    );
    attributes
}

/// Reads what was told into a record that knows the span's name.
fn read_back(told: Emitted) -> Record {
    let mut record = Record {
        name: Some(told.name),
        ..Record::default()
    };
    let attributes: Attributes = told.attributes.into_iter().collect();
    fill(attributes, &mut record);
    record
}

/// A JSON attribute.
fn json_of(told: &Emitted, name: &str) -> Value {
    match by_name(told).get(name) {
        Some(AttributeValue::Text(text)) => serde_json::from_str(text).unwrap(),
        other => panic!("{name} is {other:?}"),
    }
}

/// The messages with the instructions that stand apart from them.
fn with_system(told: &Emitted) -> Value {
    let messages = json_of(told, "gen_ai.input.messages");
    if !by_name(told).contains_key("gen_ai.system_instructions") {
        return messages;
    }
    let system = json!({"role": "system", "parts": json_of(told, "gen_ai.system_instructions")});
    let messages = messages.as_array().cloned().unwrap_or_default();
    [vec![system], messages].concat().into()
}

/// Keys in one order: what is passed on as it is has that of the test, which depends on serde_json's features.
fn record(mut value: Value) -> Record {
    value.sort_all_objects();
    Record::from_json(&value.to_string()).unwrap()
}

/// What both can say is there again, and telling that once more tells the same.
#[track_caller]
fn assert_is_read_back(record: &Record) -> Record {
    let told = tell(record);
    let back = read_back(told.clone());
    let kind = record.kind_or_default();
    assert_eq!(back.kind, Some(kind));
    assert_eq!(back.session_id, record.session_id);
    assert_eq!(back.user_id, record.user_id);
    assert_eq!(
        back.tags.clone().unwrap_or_default(),
        record.tags.clone().unwrap_or_default()
    );
    let mut usage = Usage::of(record);
    usage.total = Usage::of(&back)
        .total
        .filter(|_| usage.total.is_none())
        .or(usage.total);
    assert_eq!(Usage::of(&back), usage);
    for (key, value) in &record.metadata {
        assert_eq!(back.metadata.get(key), Some(value), "{key}");
    }
    if !matches!(kind, SpanKind::LlmCall) {
        let value = |json: &Option<carrot_wire::Json>| json.as_ref().map(|it| it.to_value());
        let given = |json| value(json).filter(|it| !it.is_null());
        assert_eq!(value(&back.output), given(&record.output));
        if kind != SpanKind::Embedding {
            assert_eq!(value(&back.input), given(&record.input));
        }
    }
    let again = by_name(&tell(&back));
    for (name, value) in by_name(&told) {
        let (told, again) = match name.as_str() {
            // Parameters have one name each then, where dialects have several.
            "metadata" | "carrot.name" | "llm.invocation_parameters" => continue,
            "input.value" if kind == SpanKind::Embedding => continue,
            name if name.starts_with("gen_ai.request.") => continue,
            // The first of the messages then.
            "gen_ai.system_instructions" => continue,
            "gen_ai.input.messages" => (with_system(&told), json_of(&tell(&back), &name)),
            name => (json!(value), json!(again.get(name))),
        };
        assert_eq!(again, told, "{name} is told otherwise");
    }
    back
}

#[test]
fn nothing_to_say_is_a_function() {
    let told = tell(&Record::default());
    assert_eq!(told.name, "function");
    assert!(!told.calls_model && told.events.is_empty());
    let told = by_name(&told);
    assert_eq!(
        Vec::from_iter(told),
        [(
            "openinference.span.kind".to_owned(),
            AttributeValue::Text("CHAIN".to_owned())
        )]
    );
}

#[test]
fn every_kind_is_read_back() {
    for &kind in SpanKind::ALL {
        let record = record(json!({
            "kind": kind, "name": "step", "input": {"a": 1}, "output": [2],
            "level": "WARNING", "status": "cancelled", "session_id": "s", "user_id": "u", "tags": ["x", "y"],
            "metadata": {"mine": {"deep": [1, null]}, "agent": "me", "source": "manual"},
        }));
        let back = assert_is_read_back(&record);
        assert_eq!(back.level, record.level);
        assert_eq!(back.status, record.status);
    }
}

#[test]
fn what_other_conventions_said_more_exactly_is_told_again() {
    let record = read_back(Emitted {
        name: "rank".to_owned(),
        calls_model: false,
        attributes: vec![
            (
                "openinference.span.kind".into(),
                AttributeValue::Text("RERANKER".to_owned()),
            ),
            (
                "gen_ai.operation.name".into(),
                AttributeValue::Text("rerank".to_owned()),
            ),
        ],
        events: Vec::new(),
    });
    let told = by_name(&tell(&record));
    let text = |text: &str| AttributeValue::Text(text.to_owned());
    assert_eq!(told["openinference.span.kind"], text("RERANKER"));
    assert_eq!(told["gen_ai.operation.name"], text("rerank"));
}

#[test]
fn values_that_look_like_others_keep_their_type() {
    for value in [
        json!(""),
        json!(" "),
        json!("[1]"),
        json!(" {\"a\":1}"),
        json!("null"),
        json!("text"),
        json!(false),
        json!(1.5),
        json!({}),
        json!([]),
    ] {
        let record = record(json!({"kind": "function", "input": value, "output": value}));
        assert_is_read_back(&record);
    }
}

/// Langfuse drops the input where the output is not told.
#[test]
fn input_and_output_are_told_together() {
    let told = by_name(&tell(&record(json!({"kind": "function", "input": 1}))));
    assert_eq!(
        told["output.value"],
        AttributeValue::Text("null".to_owned())
    );
    let told = by_name(&tell(&record(json!({"kind": "tool_call", "output": "x"}))));
    assert_eq!(told["input.value"], AttributeValue::Text("null".to_owned()));
    assert_eq!(
        told["output.mime_type"],
        AttributeValue::Text("text/plain".to_owned())
    );
}

#[test]
fn users_metadata_under_our_names_stays_theirs() {
    let metadata = json!({"model": {"a": 1}, "input_tokens": "many", "agent": 7, "cost_usd": "much", "provider": ""});
    let record = record(json!({"kind": "llm_call", "name": "x", "metadata": metadata}));
    assert_eq!(json_of(&tell(&record), "metadata"), metadata);
    assert_is_read_back(&record);
}

#[test]
fn content_can_be_withheld() {
    const SECRET: &str = "the secret";
    let content = Options {
        content: false,
        profile: Profile::Langfuse,
    };
    let call = json!({
        "kind": "llm_call", "name": "chat.completions",
        "input": {
            "model": "m", "temperature": 0.5, "messages": [{"role": "user", "content": SECRET}],
            "tools": [{"type": "function", "function": {"name": SECRET}}], "user": SECRET, "metadata": {"a": SECRET},
        },
        "output": {"message": {"role": "assistant", "content": SECRET}},
        "metadata": {"finish_reason": "stop", "input_tokens": 3},
        "events": [{"name": "said", "at": "2026-01-01T00:00:00Z", "data": {"what": SECRET}}],
    });
    let others = ["function", "tool_call", "retrieval", "embedding", "agent"].map(|kind| {
        json!({"kind": kind, "name": "x", "input": {"query": SECRET}, "output": [{"id": SECRET}]})
    });
    for record in [call].into_iter().chain(others).map(self::record) {
        let told = emit(&record, content);
        let shown = format!("{told:?}");
        assert!(!shown.contains(SECRET), "{shown}");
        if record.kind == Some(SpanKind::LlmCall) {
            let told = by_name(&told);
            assert_eq!(
                told["gen_ai.request.temperature"],
                AttributeValue::Float(0.5)
            );
            assert_eq!(
                told["gen_ai.response.finish_reasons"],
                AttributeValue::Texts(vec!["stop".to_owned()])
            );
        }
    }
}

#[test]
fn an_error_is_an_event_of_its_span() {
    let record = record(json!({
        "kind": "function", "name": "x", "status": "error", "ended_at": "2026-01-01T00:00:01Z",
        "error": {"message": "no route", "type": "io::Error", "chain": ["host", "down"]},
        "events": [{"name": "tried", "at": "2026-01-01T00:00:00Z", "level": "WARNING", "data": {"n": 1, "at": [1]}},
                   {"name": "said", "at": "2026-01-01T00:00:00Z", "data": "hi"}, 7, {"nameless": true}],
    }));
    insta::assert_yaml_snapshot!(tell(&record).events);
    assert_eq!(
        by_name(&tell(&record))["error.type"],
        AttributeValue::Text("io::Error".to_owned())
    );
}
