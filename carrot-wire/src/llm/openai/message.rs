//! An assistant message as it grows from stream deltas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::llm::message::{take_list, take_string, text_of};

/// Fields whose fragments are appended to each other.
const TEXTS: [&str; 4] = ["content", "refusal", "reasoning_content", "reasoning"];

/// A message put together from deltas.
#[derive(Default)]
pub(super) struct Message {
    fields: Map<String, Value>,
    /// Pieces of content that are neither text nor thoughts.
    others: Vec<Value>,
    calls: BTreeMap<u64, ToolCall>,
    /// The older form of a single tool call.
    function: Option<ToolCall>,
}

#[derive(Default)]
struct ToolCall {
    fields: Map<String, Value>,
    name: String,
    arguments: String,
    /// Whether its input is free text.
    is_custom: bool,
}

/// Appends to the text that a field holds.
fn append(fields: &mut Map<String, Value>, key: String, more: String) {
    match fields.get_mut(&key) {
        Some(Value::String(text)) => text.push_str(&more),
        _ => drop(fields.insert(key, more.into())),
    }
}

impl Message {
    /// Joins one delta. Texts, arguments and lists are appended; of anything else the last value wins.
    pub(super) fn join(&mut self, delta: Map<String, Value>) {
        for (key, value) in delta {
            match (key.as_str(), value) {
                (_, Value::Null) => {}
                ("tool_calls", Value::Array(parts)) => {
                    for part in parts {
                        self.join_call(part);
                    }
                }
                ("content", Value::Array(parts)) => {
                    for part in parts {
                        self.join_part(part);
                    }
                }
                ("audio", Value::Object(part)) => self.join_audio(part),
                ("function_call", part) => self.function.get_or_insert_default().join(part),
                (text, Value::String(part)) if TEXTS.contains(&text) => {
                    append(&mut self.fields, key, part);
                }
                // Annotations, images and the like.
                (_, Value::Array(more)) => match self.fields.get_mut(&key) {
                    Some(Value::Array(list)) => list.extend(more),
                    _ => drop(self.fields.insert(key, more.into())),
                },
                (_, value) => {
                    self.fields.insert(key, value);
                }
            }
        }
    }

    /// Joins a piece of content that says what it is, as Mistral's reasoning models send it.
    fn join_part(&mut self, mut part: Value) {
        if let Some(text) = take_string(&mut part, "text") {
            append(&mut self.fields, "content".to_owned(), text);
            return;
        }
        let thinking = take_list(&mut part, "thinking");
        for mut thought in thinking {
            if let Some(text) = take_string(&mut thought, "text") {
                append(&mut self.fields, "reasoning_content".to_owned(), text);
            }
        }
        if text_of(&part, "type") != Some("thinking") {
            self.others.push(part);
        }
    }

    /// Joins spoken words, and their sound in base64.
    fn join_audio(&mut self, part: Map<String, Value>) {
        let audio = self.fields.entry("audio").or_insert_with(|| json!({}));
        let Value::Object(audio) = audio else { return };
        for (key, value) in part {
            match value {
                Value::Null => {}
                Value::String(text) if key == "data" || key == "transcript" => {
                    append(audio, key, text);
                }
                value => drop(audio.insert(key, value)),
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
        if let Some(custom) = part.get_mut("custom").map(Value::take) {
            call.join(custom);
            call.is_custom = true;
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
        if !self.others.is_empty() {
            self.fields.insert("items".to_owned(), self.others.into());
        }
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
        for key in ["arguments", "input"] {
            self.arguments += &take_string(&mut function, key).unwrap_or_default();
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
        let kind = if self.is_custom { "custom" } else { "function" };
        let called = if self.is_custom {
            json!({ "name": self.name, "input": self.arguments })
        } else {
            self.function()
        };
        self.fields.insert(kind.to_owned(), called);
        self.fields.entry("type").or_insert_with(|| kind.into());
        Value::Object(self.fields)
    }
}
