//! Every answer that is read here is told by OTLP as well, and read back from there.

use carrot_wire::Record;
use carrot_wire::genai::{Attributes, emit, fill};
use carrot_wire::llm::{LlmCall, Usage};
use serde_json::Value;

#[track_caller]
pub(crate) fn assert_is_read_back(call: &LlmCall) {
    let mut record = Record::default();
    call.clone().fill(&mut record);
    let told = emit(&record, Default::default());
    let mut back = Record {
        name: record.name.clone(),
        ..Record::default()
    };
    fill(
        told.attributes.iter().cloned().collect::<Attributes>(),
        &mut back,
    );
    assert_eq!(back.kind, record.kind);
    let sums = |usage: Usage| Usage {
        total: None,
        ..usage
    };
    assert_eq!(sums(Usage::of(&back)), sums(Usage::of(&record)));
    for key in [
        "provider",
        "model",
        "request_model",
        "finish_reason",
        "cost_usd",
    ] {
        assert_eq!(back.metadata.get(key), record.metadata.get(key), "{key}");
    }
    let output = |record: &Record| record.output.as_ref().map(|it| it.to_value());
    let (Some(given), Some(read)) = (output(&record), output(&back)) else {
        assert_eq!(output(&back), None);
        return;
    };
    let text = |output: &Value| output["message"]["content"].as_str().map(str::to_owned);
    assert_eq!(text(&read), text(&given));
    let names = |output: &Value| -> Vec<Value> {
        let calls = output["message"]["tool_calls"].as_array();
        let calls = calls.into_iter().flatten();
        // A tool of free text is told as any other.
        let name = |call: &Value| match &call["custom"]["name"] {
            Value::Null => call["function"]["name"].clone(),
            name => name.clone(),
        };
        calls.map(name).collect()
    };
    assert_eq!(names(&read), names(&given));
}
