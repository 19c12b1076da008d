//! An assistant message as it grows from stream deltas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::llm::message::take_string;

/// Fields whose fragments are appended to each other.
const TEXTS: [&str; 4] = ["content", "refusal", "reasoning_content", "reasoning"];

/// A message put together from deltas.
#[derive(Default)]
pub(super) struct Message {
    fields: Map<String, Value>,
    calls: BTreeMap<u64, ToolCall>,
    /// The older form of a single tool call.
    function: Option<ToolCall>,
}

#[derive(Default)]
struct ToolCall {
    fields: Map<String, Value>,
    name: String,
    arguments: String,
}

impl Message {
    /// Joins one delta. Texts and arguments are appended; of anything else the last value wins.
    pub(super) fn join(&mut self, delta: Map<String, Value>) {
        for (key, value) in delta {
            match (key.as_str(), value) {
                (_, Value::Null) => {}
                ("tool_calls", Value::Array(parts)) => {
                    for part in parts {
                        self.join_call(part);
                    }
                }
                ("function_call", part) => self.function.get_or_insert_default().join(part),
                (text, Value::String(part)) if TEXTS.contains(&text) => {
                    match self
                        .fields
                        .entry(key)
                        .or_insert_with(|| Value::String(String::new()))
                    {
                        Value::String(text) => text.push_str(&part),
                        other => *other = Value::String(part),
                    }
                }
                (_, value) => {
                    self.fields.insert(key, value);
                }
            }
        }
    }

    fn join_call(&mut self, mut part: Value) {
        let index = part
            .get("index")
            .and_then(Value::as_u64)
            .unwrap_or_else(|| self.unnumbered(&part));
        let call = self.calls.entry(index).or_default();
        if let Some(function) = part.get_mut("function").map(Value::take) {
            call.join(function);
        }
        call.join_fields(part);
    }

    /// Where a fragment without an index belongs: to a new call if it brings a new id, else to the last.
    fn unnumbered(&self, part: &Value) -> u64 {
        let Some((last, call)) = self.calls.last_key_value() else {
            return 0;
        };
        let id = part
            .get("id")
            .filter(|id| id.as_str().is_some_and(|id| !id.is_empty()));
        let is_new = id.is_some() && id != call.fields.get("id");
        if is_new {
            last.saturating_add(1)
        } else {
            *last
        }
    }

    /// The message in the form a plain answer has it.
    pub(super) fn into_value(mut self) -> Value {
        self.fields
            .entry("role")
            .or_insert_with(|| json!("assistant"));
        self.fields.entry("content").or_insert(Value::Null);
        if !self.calls.is_empty() {
            let calls = self.calls.into_values().map(ToolCall::into_value).collect();
            self.fields
                .insert("tool_calls".to_owned(), Value::Array(calls));
        }
        if let Some(call) = self.function {
            self.fields
                .insert("function_call".to_owned(), call.function());
        }
        Value::Object(self.fields)
    }
}

impl ToolCall {
    fn join(&mut self, mut function: Value) {
        if let Some(arguments) = take_string(&mut function, "arguments") {
            self.arguments.push_str(&arguments);
        }
        // Sent once, though some servers repeat it with every fragment.
        if self.name.is_empty() {
            self.name = take_string(&mut function, "name").unwrap_or_default();
        }
    }

    fn join_fields(&mut self, part: Value) {
        let Value::Object(fields) = part else { return };
        for (key, value) in fields {
            let is_empty = value.is_null() || value.as_str() == Some("");
            if !is_empty && key != "index" {
                self.fields.insert(key, value);
            }
        }
    }

    fn function(&self) -> Value {
        json!({ "name": self.name, "arguments": self.arguments })
    }

    fn into_value(mut self) -> Value {
        let function = self.function();
        self.fields.insert("function".to_owned(), function);
        self.fields
            .entry("type")
            .or_insert_with(|| json!("function"));
        Value::Object(self.fields)
    }
}
