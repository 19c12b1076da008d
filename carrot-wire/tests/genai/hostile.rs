//! Attributes from strangers.

use carrot_wire::Record;
use carrot_wire::genai::{self, Attributes, names};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{input, metadata, read};

#[test]
fn what_is_not_understood_is_kept() {
    let record = read(json!({
        "gen_ai.new.thing": [1, 2],
        "gen_ai.usage.input_tokens": 1.5,
        "gen_ai.input.messages": "{not JSON",
        "llm.input_messages.x.message.role": "user",
        "metadata": "no object",
        "empty": "", "null": null,
    }));
    assert_eq!(
        input(&record)["messages"],
        json!([{"role": "user", "content": "{not JSON"}])
    );
    assert_eq!(
        metadata(&record),
        json!({
            "gen_ai.new.thing": [1, 2], "llm.input_messages.x.message.role": "user", "metadata": "no object",
        })
    );
}

#[test]
fn numbers_of_a_list_may_be_far_apart_and_values_deep() {
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    let record = read(json!({
        "gen_ai.prompt.18446744073709551615.content": "b",
        "gen_ai.prompt.0.content": "a",
        "gen_ai.tool.call.arguments": deep,
        "tool.parameters": deep,
        "gen_ai.output.messages": format!(r#"[{{"role":"assistant","parts":[{{"type":"x","y":{deep}}}]}}]"#),
    }));
    assert_eq!(input(&record)["messages"][1]["content"], "b");
    let text = serde_json::to_string(&record).unwrap();
    assert!(Record::from_json(&text).is_ok(), "{text}");
}

#[test]
fn names_of_the_conventions_are_known() {
    for name in [
        names::OPERATION_NAME,
        names::SPAN_KIND,
        names::INPUT_VALUE,
        names::TRACELOOP_KIND,
    ] {
        assert!(genai::is_known(name), "{name}");
    }
    for name in ["message", "input", "input.size", "http.method", "llm"] {
        assert!(!genai::is_known(name), "{name}");
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(gen_ai|llm|openinference|traceloop|embedding)(\\.(prompt|completion|input_messages|0|1|message|role|content|tool_calls|span|kind|embeddings)){1,5}",
        Just(names::INPUT_MESSAGES.to_owned()),
        Just(names::OUTPUT_MESSAGES.to_owned()),
        Just(names::SYSTEM_INSTRUCTIONS.to_owned()),
        Just(names::TOOL_DEFINITIONS.to_owned()),
        Just(names::LLM_PARAMETERS.to_owned()),
        Just(names::USAGE_INPUT.to_owned()),
        Just(names::USAGE_CACHE_READ.to_owned()),
        Just(names::OPERATION_NAME.to_owned()),
        Just(names::INPUT_VALUE.to_owned()),
        "\\PC{0,8}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop_oneof![
            "chat",
            "LLM",
            "text",
            "tool_call",
            "tool_call_response",
            "blob"
        ]
        .prop_map(Value::from),
    ];
    let key = prop_oneof![
        "role", "parts", "type", "content", "message", "id", "response", "uri", "name"
    ];
    let tree = leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    (tree, any::<bool>()).prop_map(|(tree, as_text)| {
        if as_text {
            tree.to_string().into()
        } else {
            tree
        }
    })
}

proptest! {
    #[test]
    fn no_attributes_panic_and_all_of_them_can_be_read_back(
        pairs in prop::collection::vec((name(), value()), 0..12),
    ) {
        let mut record = Record::default();
        genai::fill(pairs.into_iter().collect::<Attributes>(), &mut record);
        let text = serde_json::to_string(&record).unwrap();
        prop_assert!(Record::from_json(&text).is_ok(), "{}", text);
    }
}
