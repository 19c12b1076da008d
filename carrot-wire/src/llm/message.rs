//! The one form in which answers are recorded, whatever dialect they came in: that of chat completions.

use serde_json::{Map, Value, json};

/// What an assistant said, sorted into the fields of a message.
#[derive(Default)]
pub(super) struct Spoken {
    pub(super) text: Option<String>,
    pub(super) refusal: String,
    pub(super) reasoning: String,
    /// Tool calls, as [`tool_call`] makes them.
    pub(super) calls: Vec<Value>,
    /// Whether there was something that a message has no place for.
    pub(super) is_partial: bool,
}

impl Spoken {
    pub(super) fn say(&mut self, text: &str) {
        self.text.get_or_insert_default().push_str(text);
    }

    pub(super) fn into_message(self) -> Value {
        let mut message = json!({ "role": "assistant", "content": self.text });
        for (key, value) in [
            ("refusal", self.refusal),
            ("reasoning_content", self.reasoning),
        ] {
            if !value.is_empty() {
                message[key] = value.into();
            }
        }
        if !self.calls.is_empty() {
            message["tool_calls"] = self.calls.into();
        }
        message
    }

    /// The output of a call with one answer. Where `items` hold something that a message has no
    /// place for (web searches, code, images), all of them are kept beside it.
    pub(super) fn into_output(self, items: Vec<Value>) -> Value {
        let is_partial = self.is_partial;
        let mut output = json!({ "message": self.into_message() });
        if is_partial {
            output["items"] = items.into();
        }
        output
    }
}

/// A tool call of chat completions. Its arguments are the text of JSON, taken as it is where it
/// comes as a string.
pub(super) fn tool_call(id: Value, name: Value, arguments: Value) -> Value {
    let arguments = match arguments {
        Value::Null => "{}".to_owned(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } })
}

/// The output of a call from its choices: the first one's message, and all of them where there are more.
pub(crate) fn output_of(choices: Vec<Value>) -> Value {
    let Some(first) = choices.first() else {
        return Value::Null;
    };
    let message = first["message"].clone();
    if choices.len() == 1 {
        json!({ "message": message })
    } else {
        json!({ "message": message, "choices": choices })
    }
}

/// Takes a field out of a JSON object; null where there is none.
pub(super) fn take(json: &mut Value, key: &str) -> Value {
    json.get_mut(key).map(Value::take).unwrap_or_default()
}

/// Takes a string out of a JSON object without copying it.
pub(super) fn take_string(json: &mut Value, key: &str) -> Option<String> {
    match take(json, key) {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Takes an array out of a JSON object; there is none where it has another form.
pub(super) fn take_list(json: &mut Value, key: &str) -> Vec<Value> {
    match take(json, key) {
        Value::Array(list) => list,
        _ => Vec::new(),
    }
}

/// Puts more fields into a JSON object.
pub(super) fn put_all(json: &mut Value, fields: Map<String, Value>) {
    if let Some(json) = json.as_object_mut() {
        json.extend(fields);
    }
}

/// A text of a JSON object, unless it is empty.
pub(super) fn text_of<'a>(json: &'a Value, key: &str) -> Option<&'a str> {
    json.get(key)
        .and_then(Value::as_str)
        .filter(|it| !it.is_empty())
}

/// An item's index, or 0 for servers that leave it out.
pub(super) fn index_of(json: &Value) -> u64 {
    json.get("index").and_then(Value::as_u64).unwrap_or(0)
}
