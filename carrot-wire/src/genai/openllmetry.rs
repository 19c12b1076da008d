//! OpenLLMetry, as Traceloop's instrumentations write it: `gen_ai.prompt.0.role` and the like for messages,
//! `traceloop.*` for workflows.

use serde_json::{Map, Value, json};

use super::attributes::{Attributes, parsed};
use super::found::{Answer, Found};
use super::names;
use super::parts::tool_call;
use crate::SpanKind;

pub(super) fn read(attributes: &mut Attributes, found: &mut Found) {
    read_kind(attributes, found);
    read_messages(attributes, found);
    read_parameters(attributes, found);

    let input = attributes.take_json(&[names::TRACELOOP_INPUT]);
    found.input = found.input.take().or(input);
    let output = attributes.take_json(&[names::TRACELOOP_OUTPUT]);
    found.output = found.output.take().or(output);
    let user = attributes.take_text(&[names::LLM_USER]);
    found.user = found.user.take().or(user);
    for (name, value) in attributes.take_below(names::TRACELOOP_PROPERTIES) {
        match (name.as_str(), value) {
            ("session_id", Value::String(id)) if found.session.is_none() => {
                found.session = Some(id);
            }
            ("user_id", Value::String(id)) if found.user.is_none() => found.user = Some(id),
            (name, value) => found.note(name, Some(value)),
        }
    }
}

fn read_kind(attributes: &mut Attributes, found: &mut Found) {
    let request = attributes.take_text(&[names::LLM_REQUEST_TYPE]);
    let kind = match request.as_deref() {
        Some("chat" | "completion") => Some(SpanKind::LlmCall),
        Some("embedding") => Some(SpanKind::Embedding),
        Some("rerank") => Some(SpanKind::Retrieval),
        _ => None,
    };
    found.kind = found.kind.or(kind);
    let span = attributes.take_text(&[names::TRACELOOP_KIND]);
    let kind = match span.as_deref() {
        Some("agent") => SpanKind::Agent,
        Some("tool") => SpanKind::ToolCall,
        Some("workflow" | "task") => SpanKind::Function,
        _ => return,
    };
    let name = attributes.take_text(&[names::TRACELOOP_NAME]);
    match kind {
        SpanKind::Agent => found.agent = found.agent.take().or(name),
        SpanKind::ToolCall => found.note("tool_name", name),
        _ => {}
    }
    found.kind = found.kind.or(Some(kind));
}

fn read_messages(attributes: &mut Attributes, found: &mut Found) {
    for prefix in [names::PROMPT, names::LLM_PROMPTS] {
        let sent = attributes.take_list(prefix);
        if found.messages.is_empty() {
            found.messages = sent
                .into_iter()
                .map(|it| message(it, "user").message)
                .collect();
        }
    }
    for prefix in [names::COMPLETION, names::LLM_COMPLETIONS] {
        let answered = attributes.take_list(prefix);
        if found.answers.is_empty() {
            found.answers = answered
                .into_iter()
                .map(|it| message(it, "assistant"))
                .collect();
        }
    }
}

fn message(mut fields: Attributes, role: &str) -> Answer {
    let mut message = Map::new();
    let role = fields.take("role").unwrap_or_else(|| role.into());
    message.insert("role".to_owned(), role);
    // Content of several parts is written as JSON.
    let content = match fields.take("content").map(parsed) {
        Some(parts @ Value::Array(_)) => parts,
        Some(Value::Object(object)) => Value::Object(object).to_string().into(),
        other => other.unwrap_or_default(),
    };
    message.insert("content".to_owned(), content);
    let calls = fields.take_list("tool_calls").into_iter().map(call);
    let calls: Vec<Value> = calls.collect();
    if !calls.is_empty() {
        message.insert("tool_calls".to_owned(), calls.into());
    }
    let finish_reason = fields.take_text(&["finish_reason"]);
    message.extend(fields);
    Answer {
        message: Value::Object(message),
        finish_reason,
    }
}

/// Both `tool_calls.0.name` and `tool_calls.0.function.name` are written.
fn call(mut fields: Attributes) -> Value {
    let mut take = |names: &[&str]| fields.take_any(names).unwrap_or_default();
    tool_call(
        take(&["id"]),
        take(&["name", "function.name"]),
        take(&["arguments", "function.arguments"]),
    )
}

fn read_parameters(attributes: &mut Attributes, found: &mut Found) {
    for (name, parameter) in [
        (names::LLM_STREAMING, "stream"),
        (names::LLM_TOP_K, "top_k"),
        (names::LLM_FREQUENCY_PENALTY, "frequency_penalty"),
        (names::LLM_PRESENCE_PENALTY, "presence_penalty"),
        (names::LLM_STOP, "stop"),
    ] {
        found.parameter(parameter, attributes.take(name));
    }
    let tools: Vec<Value> = attributes
        .take_list(names::LLM_FUNCTIONS)
        .into_iter()
        .map(|mut tool| {
            let mut take = |name: &str| tool.take_json(&[name]).unwrap_or_default();
            json!({"type": "function", "function": {
                "name": take("name"), "description": take("description"), "parameters": take("parameters"),
            }})
        })
        .collect();
    found.parameter("tools", (!tools.is_empty()).then_some(tools.into()));
    let reason = attributes.take_text(&[
        names::LLM_RESPONSE_FINISH_REASON,
        names::LLM_RESPONSE_STOP_REASON,
    ]);
    found.finish_reason = found.finish_reason.take().or(reason);
}
