//! Requests in OpenAI's form, from genai's own types.

use ::genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatRole, ContentPart, Tool};
use ::genai::embed::{EmbedInput, EmbedOptions, EmbedRequest};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::size;
use super::target::{Target, name_of};
use crate::tap::Later;

/// Options that are no parameters of the model, or may hold a secret.
const NO_PARAMETERS: [&str; 8] = [
    "capture_usage",
    "capture_content",
    "capture_reasoning_content",
    "capture_tool_calls",
    "capture_raw_body",
    "normalize_reasoning_content",
    "extra_headers",
    "headers",
];

/// A chat request, to be written from a copy of it.
pub(super) fn chat_later(
    target: &Target,
    request: &ChatRequest,
    options: [Option<&ChatOptions>; 2],
    is_stream: bool,
) -> Later {
    // The sinks are the user's, who may wait for their end.
    let without_sink = |it: &ChatOptions| ChatOptions {
        raw_frame_sink: None,
        ..it.clone()
    };
    let options = options.map(|it| it.map(without_sink));
    let (model, request) = (target.model.clone(), request.clone());
    Later::new(size::chat(&request), move || {
        let options = options.each_ref().map(Option::as_ref);
        chat(name_of(&model), &request, options, is_stream)
    })
}

/// A chat request. Options of the call come before those of the client.
fn chat(
    model: &str,
    request: &ChatRequest,
    options: [Option<&ChatOptions>; 2],
    is_stream: bool,
) -> Bytes {
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    let system = request.system.iter();
    let system = system.map(|text| json!({ "role": "system", "content": text }));
    let messages = system.chain(request.messages.iter().flat_map(message));
    body.insert("messages".to_owned(), messages.collect());
    if let Some(tools) = &request.tools {
        body.insert("tools".to_owned(), tools.iter().map(tool).collect());
    }
    if let Some(id) = &request.previous_response_id {
        body.insert("previous_response_id".to_owned(), id.as_str().into());
    }
    options
        .into_iter()
        .flatten()
        .for_each(|it| add(&mut body, it));
    if is_stream {
        body.insert("stream".to_owned(), true.into());
    }
    bytes(&body)
}

/// A request for embeddings, to be written from a copy of it.
pub(super) fn embed_later(
    target: &Target,
    request: &EmbedRequest,
    options: Option<&EmbedOptions>,
) -> Later {
    let (model, request, options) = (target.model.clone(), request.clone(), options.cloned());
    Later::new(size::embed(&request), move || {
        embed(name_of(&model), &request, options.as_ref())
    })
}

/// A request for embeddings.
fn embed(model: &str, request: &EmbedRequest, options: Option<&EmbedOptions>) -> Bytes {
    let input = match &request.input {
        EmbedInput::Single(text) => json!(text),
        EmbedInput::Batch(texts) => json!(texts),
    };
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("input".to_owned(), input);
    options.into_iter().for_each(|it| add(&mut body, it));
    bytes(&body)
}

/// Adds options that are parameters and not there yet.
fn add(body: &mut Map<String, Value>, options: &impl Serialize) {
    let Ok(Value::Object(options)) = serde_json::to_value(options) else {
        return;
    };
    for (name, value) in options {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty && !NO_PARAMETERS.contains(&name.as_str()) {
            body.entry(name).or_insert(value);
        }
    }
}

/// A message; answers of tools are one message each.
fn message(message: &ChatMessage) -> Vec<Value> {
    let role = match message.role {
        ChatRole::System => "system",
        ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
        ChatRole::Tool => "tool",
    };
    let (mut messages, mut parts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    let mut reasoning = String::new();
    for part in &message.content {
        match part {
            ContentPart::Text(text) => parts.push(json!({ "type": "text", "text": text })),
            ContentPart::ToolCall(it) => calls.push(super::said::tool_call(it)),
            ContentPart::ToolResponse(it) => messages
                .push(json!({ "role": "tool", "tool_call_id": it.call_id, "content": it.content })),
            ContentPart::ReasoningContent(text) => reasoning.push_str(text),
            ContentPart::Binary(it) => parts.push(json!({ "type": "binary", "binary": it })),
            ContentPart::Custom(it) => parts.push(it.data.clone()),
            ContentPart::ThoughtSignature(_) => {}
        }
    }
    if parts.is_empty() && calls.is_empty() && reasoning.is_empty() && !messages.is_empty() {
        return messages;
    }
    let content = match parts.as_mut_slice() {
        [] => Value::Null,
        [only] if only["type"] == "text" => only["text"].take(),
        _ => Value::Array(parts),
    };
    let mut message = json!({ "role": role, "content": content });
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    if !reasoning.is_empty() {
        message["reasoning_content"] = reasoning.into();
    }
    messages.insert(0, message);
    messages
}

fn tool(tool: &Tool) -> Value {
    let mut function = json!({ "name": tool.name.as_str() });
    if let Some(text) = &tool.description {
        function["description"] = text.as_str().into();
    }
    if let Some(schema) = &tool.schema {
        function["parameters"] = schema.clone();
    }
    json!({ "type": "function", "function": function })
}

pub(super) fn bytes(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}
