//! Records nobody thought of.

use carrot_wire::genai::emit::{Options, Profile};
use carrot_wire::genai::{Attributes, emit, fill};
use carrot_wire::{Json, Record, SpanKind};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{assert_is_read_back, by_name};

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i16>().prop_map(|it| Value::from(f64::from(it) / 4.0)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(a_key(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Words that dialects use, among others.
fn a_key() -> impl Strategy<Value = String> {
    static KNOWN: [&str; 29] = [
        "type",
        "text",
        "content",
        "role",
        "parts",
        "messages",
        "message",
        "input",
        "prompt",
        "id",
        "name",
        "arguments",
        "function",
        "tool_calls",
        "image_url",
        "url",
        "source",
        "file",
        "data",
        "choices",
        "system",
        "tool_use_id",
        "thinking",
        "functionCall",
        "functionResponse",
        "inlineData",
        "query",
        "model",
        "stop",
    ];
    prop_oneof![
        prop::sample::select(&KNOWN[..]).prop_map(str::to_owned),
        "[a-z]{1,6}"
    ]
}

prop_compose! {
    fn a_message()(
        role in prop::sample::select(&["user", "assistant", "system", "developer"][..]),
        content in "\\PC{0,20}",
        name in prop::option::of("[a-z]{1,5}"),
        reasoning in prop::option::of("\\PC{1,20}"),
        calls in prop::collection::vec(("[a-z0-9]{1,5}", "[a-z_]{1,8}", any::<i32>()), 0..3),
    ) -> Value {
        let mut message = json!({"role": role, "content": content});
        let mut set = |key: &str, value: Option<Value>| if let Some(value) = value { message[key] = value };
        set("name", name.map(Value::from));
        set("reasoning_content", reasoning.map(Value::from));
        let calls: Vec<Value> = calls.into_iter().map(|(id, name, x)| {
            json!({"id": id, "type": "function", "function": {"name": name, "arguments": json!({"x": x}).to_string()}})
        }).collect();
        set("tool_calls", (!calls.is_empty()).then(|| calls.into()));
        message
    }
}

prop_compose! {
    fn a_result()(id in "[a-z0-9]{1,5}", content in "\\PC{0,20}") -> Value {
        json!({"role": "tool", "tool_call_id": id, "content": content})
    }
}

prop_compose! {
    fn a_call()(
        messages in prop::collection::vec(prop_oneof![3 => a_message(), 1 => a_result()], 1..5),
        answer in a_message(),
        parameters in (prop::option::of(0..20u32), prop::option::of(1..9_999i64), prop::option::of(any::<bool>())),
        tools in prop::collection::vec("[a-z]{1,8}", 0..3),
        counts in prop::option::of((0..1_000u64, 0..1_000u64, 0..1_000u64, 0..1_000u64, 0..1_000u64)),
        model in "[a-z][a-z0-9.-]{0,12}",
        provider in prop::sample::select(&["openai", "anthropic", "azure", "bedrock", "gemini", "xai", "groq"][..]),
        more in (prop::option::of("[a-z]{1,6}"), prop::option::of(0..100_000u64), prop::option::of((0..9_999u32).prop_map(|it| f64::from(it) / 64.0))),
    ) -> Record {
        let mut input = json!({"model": model, "messages": messages});
        let mut set = |key: &str, value: Option<Value>| if let Some(value) = value { input[key] = value };
        set("temperature", parameters.0.map(|it| (f64::from(it) / 10.0).into()));
        set("max_tokens", parameters.1.map(Value::from));
        set("stream", parameters.2.map(Value::from));
        let tools: Vec<Value> = tools.iter().map(|it| json!({"type": "function", "function": {"name": it}})).collect();
        set("tools", (!tools.is_empty()).then(|| tools.into()));
        let mut metadata = Map::new();
        let mut set = |key: &str, value: Option<Value>| metadata.extend(value.map(|value| (key.to_owned(), value)));
        set("provider", Some(provider.into()));
        set("request_model", Some(model.as_str().into()));
        set("model", Some(format!("{model}-1").into()));
        if let Some((fresh, cached, written, said, thought)) = counts {
            let (input, output) = (fresh + cached + written, said + thought);
            for (key, count) in [
                ("input_tokens", input), ("output_tokens", output), ("total_tokens", input + output),
                ("cached_tokens", cached), ("cache_write_tokens", written), ("reasoning_tokens", thought),
            ] {
                set(key, Some(count.into()));
            }
        }
        set("finish_reason", more.0.map(Value::from));
        set("ttft_ms", more.1.map(Value::from));
        set("cost_usd", more.2.map(Value::from));
        let mut answer = answer;
        answer["role"] = "assistant".into();
        Record {
            name: Some("chat.completions".to_owned()),
            kind: Some(SpanKind::LlmCall),
            input: Some(Json::from_value(&input)),
            output: Some(Json::from_value(&json!({"message": answer}))),
            metadata,
            ..Record::default()
        }
    }
}

prop_compose! {
    fn a_record()(
        kind in prop::option::of(prop::sample::select(SpanKind::ALL)),
        name in prop::option::of("\\PC{0,12}"),
        input in prop::option::of(any_value()),
        output in prop::option::of(any_value()),
        events in prop::option::of(any_value()),
        metadata in prop::collection::btree_map("[a-z_]{1,8}", any_value(), 0..4),
        session in prop::option::of("\\PC{1,12}"),
        tags in prop::option::of(prop::collection::btree_set("\\PC{1,12}", 0..3)),
    ) -> Record {
        let json = |value: Option<Value>| value.map(|value| Json::from_value(&value));
        Record {
            kind, name, input: json(input), output: json(output), events: json(events),
            metadata: metadata.into_iter().collect(),
            session_id: session,
            tags: tags.map(|tags| tags.into_iter().collect()),
            ..Record::default()
        }
    }
}

proptest! {
    #[test]
    fn a_call_is_read_back_whole(record in a_call()) {
        let back = assert_is_read_back(&record);
        let value = |json: Option<Json>| json.unwrap().to_value();
        prop_assert_eq!(value(back.input), value(record.input));
        prop_assert_eq!(value(back.output), value(record.output));
        prop_assert_eq!(back.metadata, record.metadata);
    }

    /// What went in and came out of any other span is read back to the letter.
    #[test]
    fn any_other_record_is_read_back(record in a_record()) {
        let told = by_name(&super::tell(&record));
        if !matches!(record.kind_or_default(), SpanKind::LlmCall | SpanKind::Embedding) {
            let null_is_absent = |json: Option<Json>| json.filter(|json| json.as_str() != "null");
            let record = Record {
                input: null_is_absent(record.input.clone()),
                output: null_is_absent(record.output.clone()),
                metadata: record.metadata.into_iter().filter(|(_, value)| !value.is_null()).collect(),
                ..record
            };
            assert_is_read_back(&record);
        }
        prop_assert!(told.contains_key("openinference.span.kind"));
    }

    /// Whatever the request and the answer are: nothing panics, no name is said twice, and what was read is read again.
    #[test]
    fn no_content_is_too_odd(input in any_value(), output in any_value(), mut record in a_record()) {
        record.kind = Some(SpanKind::LlmCall);
        record.input = Some(Json::from_value(&json!({"messages": input})));
        record.output = Some(Json::from_value(&json!({"message": output})));
        for profile in [Profile::General, Profile::Langfuse, Profile::Mlflow] {
            for content in [true, false] {
                let told = emit(&record, Options { profile, content });
                by_name(&told);
                let attributes: Attributes = told.attributes.into_iter().collect();
                fill(attributes, &mut Record::default());
            }
        }
    }
}
