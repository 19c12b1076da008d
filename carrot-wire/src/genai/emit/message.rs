//! Messages of any dialect as OpenTelemetry's, which are made of parts.

use serde_json::{Map, Value, json};

use super::part;
use crate::genai::parts::UNKNOWN;

/// What was said to the model: a text, a message, or a list of them.
pub(super) fn messages(said: Value) -> Vec<Value> {
    match said {
        Value::Array(items) => items
            .into_iter()
            .map(|item| message(item, "user"))
            .collect(),
        one => vec![message(one, "user")],
    }
}

/// What it answered, each choice a message with the reason it ended; `None` where it is no message.
pub(super) fn answers(output: Value, reason: Option<&str>) -> Option<Vec<Value>> {
    let choices = match output {
        Value::String(_) => vec![json!({ "message": output })],
        Value::Object(mut output) => match (output.remove("choices"), output.remove("message")) {
            (Some(Value::Array(choices)), _) if !choices.is_empty() => choices,
            (_, Some(message)) => vec![json!({ "message": message })],
            (_, None) if output.contains_key("role") => vec![json!({ "message": output })],
            _ => return None,
        },
        _ => return None,
    };
    let answers = choices.into_iter().filter_map(|mut choice| {
        let said = choice.get_mut("message")?.take();
        let own_reason = choice.get("finish_reason").and_then(Value::as_str);
        let mut answer = message(said, "assistant");
        answer["finish_reason"] = own_reason.or(reason).unwrap_or(UNKNOWN).into();
        Some(answer)
    });
    Some(answers.collect())
}

/// The reasons of answers, in their order; none where nobody knows any.
pub(super) fn reasons(answers: &[Value]) -> Vec<String> {
    let reasons = answers
        .iter()
        .filter_map(|it| it.get("finish_reason")?.as_str());
    let reasons: Vec<String> = reasons.map(str::to_owned).collect();
    if reasons.iter().all(|reason| reason == UNKNOWN) {
        return Vec::new();
    }
    reasons
}

/// One message. What its dialect says beside role and content stays as it is.
fn message(item: Value, role: &str) -> Value {
    let Value::Object(mut fields) = item else {
        return json!({"role": role, "parts": [part::of(item)]});
    };
    if let Some(message) = item_of_responses(&mut fields) {
        return message;
    }
    let role = match fields.remove("role") {
        // Gemini's.
        Some(Value::String(role)) if role == "model" => "assistant".to_owned(),
        Some(Value::String(role)) => role,
        _ => role.to_owned(),
    };
    let thought = ["reasoning_content", "reasoning", "thinking"]
        .iter()
        .find_map(|name| take_text(&mut fields, name));
    let mut parts: Vec<Value> = thought.map(part::reasoning).into_iter().collect();
    let content = fields.remove("content").or_else(|| fields.remove("parts"));
    if let "tool" | "function" = role.as_str()
        && !is_parts(content.as_ref())
    {
        // Ollama's have a name in its place.
        let id = ["tool_call_id", "tool_name", "name"]
            .iter()
            .find_map(|name| fields.remove(*name));
        let id = id.unwrap_or_default();
        parts.push(part::tool_result(id, content.unwrap_or_default()));
    } else {
        parts.extend(part::list(content));
    }
    for image in take_list(&mut fields, "images") {
        parts.push(part::image(image));
    }
    if let Some(refusal) = take_text(&mut fields, "refusal") {
        parts.push(json!({"type": "refusal", "refusal": refusal}));
    }
    parts.extend(
        take_list(&mut fields, "tool_calls")
            .into_iter()
            .map(part::tool_call),
    );
    if let Some(call) = fields.remove("function_call").filter(Value::is_object) {
        parts.push(part::tool_call(json!({ "function": call })));
    }
    // Some dialects have the user say them.
    let is_result = |part: &Value| part["type"] == "tool_call_response";
    let role = match role {
        _ if !parts.is_empty() && parts.iter().all(is_result) => "tool".to_owned(),
        role => role,
    };
    fields.retain(|_, value| !value.is_null());
    fields.insert("role".to_owned(), role.into());
    fields.insert("parts".to_owned(), parts.into());
    Value::Object(fields)
}

/// Whether a content is parts by itself: results of tools, as Anthropic, Bedrock and OpenTelemetry have them.
fn is_parts(content: Option<&Value>) -> bool {
    let is_result = |part: &Value| {
        part["type"] == "tool_call_response"
            || part["type"] == "tool_result"
            || part.get("toolResult").is_some()
            || part.get("functionResponse").is_some()
    };
    content
        .and_then(Value::as_array)
        .is_some_and(|parts| parts.iter().any(is_result))
}

/// The items of responses that are no messages: calls, their results, reasoning, and tools of the server's own.
fn item_of_responses(item: &mut Map<String, Value>) -> Option<Value> {
    let kind = item.get("type")?.as_str()?.to_owned();
    if kind == "message" {
        item.remove("type");
        return None;
    }
    if item.contains_key("role") {
        return None;
    }
    let mut take = |name: &str| item.remove(name).unwrap_or_default();
    let (role, part) = match kind.as_str() {
        "function_call" => {
            let function = json!({"name": take("name"), "arguments": take("arguments")});
            let call = json!({"id": take("call_id"), "function": function});
            ("assistant", part::tool_call(call))
        }
        "function_call_output" => {
            let id = take("call_id");
            ("tool", part::tool_result(id, take("output")))
        }
        "reasoning" => {
            let texts = match take("summary") {
                Value::Array(texts) => texts,
                _ => Vec::new(),
            };
            let texts: Vec<&str> = texts.iter().filter_map(|it| it["text"].as_str()).collect();
            ("assistant", part::reasoning(texts.join("\n")))
        }
        // A part of the user's message that stands alone.
        kind if kind.starts_with("input_") || kind == "text" => {
            ("user", part::of(Value::Object(std::mem::take(item))))
        }
        _ => ("assistant", Value::Object(std::mem::take(item))),
    };
    Some(json!({"role": role, "parts": [part]}))
}

fn take_text(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) if !text.is_empty() => {
            let text = text.clone();
            fields.remove(name);
            Some(text)
        }
        _ => None,
    }
}

fn take_list(fields: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match fields.remove(name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
