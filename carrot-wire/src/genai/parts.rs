//! Messages of OpenTelemetry's form, which are made of parts, as those of chat completions.

use serde_json::{Map, Value, json};

use super::attributes::{into_text, parsed};
use super::found::Answer;

/// The reason of an answer's end where its sender does not know it, for the conventions demand one.
pub(super) const UNKNOWN: &str = "unknown";

/// The messages of `gen_ai.input.messages`: an array of them, or text that is all there is.
pub(super) fn messages(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.into_iter().flat_map(message).collect(),
        Value::Object(_) => message(value),
        text => vec![json!({"role": "user", "content": into_text(text)})],
    }
}

/// The choices of `gen_ai.output.messages`.
pub(super) fn answers(value: Value) -> Vec<Answer> {
    let items = match value {
        Value::Array(items) => items,
        one => vec![one],
    };
    items.into_iter().flat_map(answer).collect()
}

fn answer(item: Value) -> Vec<Answer> {
    let Value::Object(mut item) = item else {
        let message = json!({"role": "assistant", "content": into_text(item)});
        return vec![Answer {
            message,
            finish_reason: None,
        }];
    };
    let reason = item
        .remove("finish_reason")
        .and_then(|it| it.as_str().map(str::to_owned));
    let finish_reason = reason.filter(|reason| reason != UNKNOWN);
    // Some write the choices of chat completions as they came.
    let item = item.remove("message").unwrap_or(Value::Object(item));
    let answer = |message| Answer {
        message,
        finish_reason: finish_reason.clone(),
    };
    message(item).into_iter().map(answer).collect()
}

/// One message of parts may be several of chat completions: each result of a tool is one of its own.
/// A message without parts is taken as it is.
fn message(item: Value) -> Vec<Value> {
    let Value::Object(mut item) = item else {
        return vec![json!({"role": "user", "content": into_text(item)})];
    };
    let parts = match item.remove("parts") {
        Some(Value::Array(parts)) => parts,
        other => {
            item.extend(other.map(|other| ("parts".to_owned(), other)));
            return vec![Value::Object(item)];
        }
    };
    let mut messages = Vec::new();
    let mut own = Parts::default();
    for part in parts {
        if part["type"] == "tool_call_response" {
            messages.extend(std::mem::take(&mut own).into_message(&item));
            messages.push(tool_result(part));
        } else {
            own.add(part);
        }
    }
    if messages.is_empty() || !own.is_empty() {
        messages.extend(Some(own.message(item)));
    }
    messages
}

fn tool_result(mut part: Value) -> Value {
    let result = part["response"].take();
    // The name in texts of 2025.
    let result = if result.is_null() {
        part["result"].take()
    } else {
        result
    };
    json!({"role": "tool", "tool_call_id": part["id"], "content": content(result)})
}

/// A tool's answer as the content of a message: text as it is, anything else as JSON text.
fn content(result: Value) -> Value {
    match result {
        Value::Null => Value::Null,
        other => into_text(other).into(),
    }
}

/// The content of `gen_ai.system_instructions`: parts, or plain text.
pub(super) fn system(value: Value) -> Value {
    let mut parts = Parts::default();
    match value {
        Value::Array(items) => items.into_iter().for_each(|part| parts.add(part)),
        other => parts.content.push(text_part(into_text(other))),
    }
    parts.message(
        json!({"role": "system"})
            .as_object()
            .cloned()
            .unwrap_or_default(),
    )
}

/// What a message says, sorted into the fields of chat completions.
#[derive(Default)]
struct Parts {
    content: Vec<Value>,
    reasoning: Vec<String>,
    calls: Vec<Value>,
}

impl Parts {
    fn is_empty(&self) -> bool {
        self.content.is_empty() && self.reasoning.is_empty() && self.calls.is_empty()
    }

    fn add(&mut self, mut part: Value) {
        let Value::Object(fields) = &mut part else {
            return self.content.push(text_part(into_text(part)));
        };
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or("text");
        match kind {
            "text" => match fields.remove("content") {
                Some(content) => self.content.push(text_part(into_text(content))),
                None => self.content.push(part),
            },
            "reasoning" | "thinking" => {
                self.reasoning
                    .extend(fields.remove("content").map(into_text));
            }
            "tool_call" | "function_call" => self.calls.push(call(fields)),
            "uri" | "blob" | "file" => self.content.push(media(part)),
            _ => self.content.push(part),
        }
    }

    fn into_message(self, item: &Map<String, Value>) -> Option<Value> {
        (!self.is_empty()).then(|| self.message(item.clone()))
    }

    fn message(self, mut message: Map<String, Value>) -> Value {
        message.entry("role").or_insert_with(|| "user".into());
        let all_text = self.content.iter().all(|part| part["type"] == "text");
        let content = match &self.content[..] {
            [] => Value::Null,
            [one] if all_text => one["text"].clone(),
            many => many.into(),
        };
        message.insert("content".to_owned(), content);
        if !self.reasoning.is_empty() {
            let reasoning = self.reasoning.join("\n");
            message.insert("reasoning_content".to_owned(), reasoning.into());
        }
        if !self.calls.is_empty() {
            message.insert("tool_calls".to_owned(), self.calls.into());
        }
        Value::Object(message)
    }
}

fn text_part(text: String) -> Value {
    json!({"type": "text", "text": text})
}

/// A tool call of chat completions, whose arguments are JSON in a string.
fn call(fields: &mut Map<String, Value>) -> Value {
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    tool_call(take("id"), take("name"), take("arguments"))
}

pub(super) fn tool_call(id: Value, name: Value, arguments: Value) -> Value {
    let arguments = match arguments {
        Value::Null => "{}".to_owned(),
        other => into_text(other),
    };
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// An image, a sound, a document: by its address, its id, or its bytes in base64.
fn media(part: Value) -> Value {
    let text = |name: &str| part[name].as_str();
    let what = text("modality").unwrap_or("file");
    let url = match (text("uri"), text("content")) {
        (Some(uri), _) => uri.to_owned(),
        (None, Some(bytes)) => {
            let mime = text("mime_type").unwrap_or("application/octet-stream");
            format!("data:{mime};base64,{bytes}")
        }
        (None, None) => return part,
    };
    match what {
        "image" => json!({"type": "image_url", "image_url": {"url": url}}),
        what => json!({"type": what, what: {"url": url}}),
    }
}

/// Tool definitions, however they were written.
pub(super) fn tools(value: Value) -> Option<Value> {
    match parsed(value) {
        Value::Null => None,
        Value::Array(tools) if tools.is_empty() => None,
        tools => Some(tools),
    }
}
