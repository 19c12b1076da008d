//! OpenInference, as Arize Phoenix and its instrumentations write it: lists are flattened into names with
//! numbers in them.

use serde_json::{Map, Value, json};

use super::attributes::{Attributes, into_text, parsed};
use super::found::{Answer, Found};
use super::names;
use super::parts::tool_call;
use crate::SpanKind;

pub(super) fn read(attributes: &mut Attributes, found: &mut Found) {
    read_kind(attributes, found);
    read_model(attributes, found);
    read_messages(attributes, found);
    read_usage(attributes, found);
    read_documents(attributes, found);
    read_embeddings(attributes, found);
    read_tool(attributes, found);

    let input = read_value(attributes, names::INPUT_VALUE, names::INPUT_MIME);
    found.input = found.input.take().or(input);
    let output = read_value(attributes, names::OUTPUT_VALUE, names::OUTPUT_MIME);
    found.output = found.output.take().or(output);

    match attributes.take_json(&[names::TAGS]) {
        Some(Value::Array(tags)) => found.tags.extend(tags.into_iter().map(into_text)),
        Some(tag) => found.tags.push(into_text(tag)),
        None => {}
    }
    let metadata = attributes.take_object(names::METADATA);
    for (key, value) in metadata.into_iter().flatten() {
        found.note(&key, Some(value));
    }
}

fn read_kind(attributes: &mut Attributes, found: &mut Found) {
    let Some(name) = attributes.take_text(&[names::SPAN_KIND]) else {
        return;
    };
    let kind = match name.to_ascii_uppercase().as_str() {
        "LLM" => SpanKind::LlmCall,
        "EMBEDDING" => SpanKind::Embedding,
        "CHAIN" => SpanKind::Function,
        "RETRIEVER" => SpanKind::Retrieval,
        "TOOL" => SpanKind::ToolCall,
        "AGENT" => SpanKind::Agent,
        other => {
            let kind = if other == "RERANKER" {
                SpanKind::Retrieval
            } else {
                SpanKind::Function
            };
            // Reranker, guardrail, evaluator, prompt: ours do not tell them apart.
            attributes.insert(names::SPAN_KIND.to_owned(), name.into());
            kind
        }
    };
    found.kind = found.kind.or(Some(kind));
}

fn read_model(attributes: &mut Attributes, found: &mut Found) {
    let model = attributes.take_text(&[
        names::LLM_RESPONSE_MODEL,
        names::LLM_MODEL,
        names::EMBEDDING_MODEL,
        names::RERANKER_MODEL,
    ]);
    found.model = found.model.take().or(model);
    let asked = attributes.take_text(&[names::LLM_REQUEST_MODEL]);
    found.request_model = found.request_model.take().or(asked);
    let provider = attributes.take_text(&[names::LLM_PROVIDER, names::LLM_SYSTEM]);
    found.provider = found.provider.take().or(provider);
    for name in [names::LLM_PARAMETERS, names::EMBEDDING_PARAMETERS] {
        for (name, value) in attributes.take_object(name).into_iter().flatten() {
            match (name.as_str(), value) {
                ("model", Value::String(model)) => {
                    found.request_model.get_or_insert(model);
                }
                (name, value) => found.parameter(name, Some(value)),
            }
        }
    }
    let tools: Vec<Value> = attributes
        .take_list(names::LLM_TOOLS)
        .into_iter()
        .map(tool)
        .collect();
    found.parameter("tools", (!tools.is_empty()).then_some(tools.into()));
    let reason = attributes.take_text(&[names::LLM_FINISH_REASON]);
    found.finish_reason = found.finish_reason.take().or(reason);
}

fn tool(mut tool: Attributes) -> Value {
    match tool.take_json(&["tool.json_schema"]) {
        Some(definition @ Value::Object(_)) => definition,
        _ => {
            let mut take = |name: &str| tool.take(name).unwrap_or_default();
            let (name, description) = (take(names::TOOL_NAME_OI), take(names::TOOL_DESCRIPTION_OI));
            json!({"type": "function", "function": {"name": name, "description": description}})
        }
    }
}

fn read_messages(attributes: &mut Attributes, found: &mut Found) {
    let sent = attributes.take_list(names::LLM_INPUT_MESSAGES);
    if found.messages.is_empty() {
        found.messages = sent.into_iter().map(|it| message(it, "user")).collect();
    }
    let answered = attributes.take_list(names::LLM_OUTPUT_MESSAGES);
    if found.answers.is_empty() {
        let answer = |it| Answer {
            message: message(it, "assistant"),
            finish_reason: None,
        };
        found.answers = answered.into_iter().map(answer).collect();
    }
}

fn message(mut fields: Attributes, role: &str) -> Value {
    let mut message = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        message.extend(value.map(|value| (name.to_owned(), value)));
    };
    let role = fields.take("message.role").unwrap_or_else(|| role.into());
    set("role", Some(role));
    set("name", fields.take("message.name"));
    set("tool_call_id", fields.take("message.tool_call_id"));
    let mut calls: Vec<Value> = Vec::new();
    let contents = fields.take_list("message.contents");
    let mut reasoning = Vec::new();
    let mut parts = Vec::new();
    for mut part in contents {
        match part.take_text(&["message_content.type"]).as_deref() {
            Some("reasoning") => reasoning.extend(part.take_text(&["message_content.text"])),
            Some("tool_use") => calls.push(call(part.take_below("message_content."))),
            kind => parts.push(content(kind, part)),
        }
    }
    let content = fields.take("message.content");
    let content = content.or((!parts.is_empty()).then_some(parts.into()));
    set("content", Some(content.unwrap_or_default()));
    let reasoning = (!reasoning.is_empty()).then(|| reasoning.join("\n").into());
    set("reasoning_content", reasoning);
    calls.extend(fields.take_list("message.tool_calls").into_iter().map(call));
    set("tool_calls", (!calls.is_empty()).then_some(calls.into()));
    if let Some(name) = fields.take("message.function_call_name") {
        let arguments = fields.take("message.function_call_arguments_json");
        set(
            "function_call",
            Some(json!({"name": name, "arguments": arguments})),
        );
    }
    // What is new in the convention is kept under its own name.
    message.extend(fields);
    Value::Object(message)
}

fn call(mut fields: Attributes) -> Value {
    let mut take = |name: &str| {
        fields
            .take(&format!("tool_call.{name}"))
            .unwrap_or_default()
    };
    tool_call(
        take("id"),
        take("function.name"),
        take("function.arguments"),
    )
}

fn content(kind: Option<&str>, mut part: Attributes) -> Value {
    let mut take = |name: &str| part.take(name).unwrap_or_default();
    match kind {
        Some("image") => {
            let url = take("message_content.image.image.url");
            json!({"type": "image_url", "image_url": {"url": url}})
        }
        Some(kind @ ("audio" | "video")) => {
            let url = take(&format!("message_content.{kind}.{kind}.url"));
            json!({"type": kind, kind: {"url": url}})
        }
        _ => json!({"type": "text", "text": take("message_content.text")}),
    }
}

fn read_usage(attributes: &mut Attributes, found: &mut Found) {
    let mut count = |known: Option<u64>, name| known.or(attributes.take_count(&[name]));
    let usage = &mut found.usage;
    usage.input = count(usage.input, names::TOKENS_PROMPT);
    usage.output = count(usage.output, names::TOKENS_COMPLETION);
    usage.total = count(usage.total, names::TOKENS_TOTAL);
    usage.cached = count(usage.cached, names::TOKENS_CACHE_READ);
    usage.cache_write = count(usage.cache_write, names::TOKENS_CACHE_WRITE);
    usage.reasoning = count(usage.reasoning, names::TOKENS_REASONING);
    let cost = attributes.take_number(&[names::LLM_COST]);
    found.cost_usd = found.cost_usd.or(cost);
}

fn read_documents(attributes: &mut Attributes, found: &mut Found) {
    let mut documents = |name: &str| {
        let list = attributes.take_list(name);
        let list: Vec<Value> = list.into_iter().map(document).collect();
        (!list.is_empty()).then(|| Value::from(list))
    };
    let found_documents = documents(names::DOCUMENTS).or_else(|| documents(names::RERANKER_OUTPUT));
    let given = documents(names::RERANKER_INPUT);
    found.output = found.output.take().or(found_documents);
    found.parameter("documents", given);
    found.parameter("query", attributes.take(names::RERANKER_QUERY));
    let top_k = attributes.take("reranker.top_k");
    found.parameter("top_k", top_k);
}

fn document(fields: Attributes) -> Value {
    let short = |(name, value): (String, Value)| {
        let short = name.strip_prefix("document.").unwrap_or(&name);
        (short.to_owned(), parsed(value))
    };
    Value::Object(fields.into_iter().map(short).collect())
}

/// Vectors are counted and not kept.
fn read_embeddings(attributes: &mut Attributes, found: &mut Found) {
    let embeddings = attributes.take_list(names::EMBEDDINGS);
    if embeddings.is_empty() {
        return;
    }
    let count = embeddings.len();
    let texts: Vec<Value> = embeddings
        .into_iter()
        .filter_map(|mut embedding| embedding.take("embedding.text"))
        .collect();
    found.input = found
        .input
        .take()
        .or((!texts.is_empty()).then_some(texts.into()));
    found.output = Some(json!({"embeddings_count": count}));
}

fn read_tool(attributes: &mut Attributes, found: &mut Found) {
    found.note("tool_name", attributes.take_text(&[names::TOOL_NAME_OI]));
    found.note("tool_call_id", attributes.take_text(&[names::TOOL_ID_OI]));
    let description = attributes.take_text(&[names::TOOL_DESCRIPTION_OI]);
    found.note("tool_description", description);
    let parameters = attributes.take_json(&[names::TOOL_PARAMETERS_OI]);
    found.note("tool_parameters", parameters);
}

/// A value that is JSON if its type says so. `null` says nothing.
fn read_value(attributes: &mut Attributes, value: &str, mime: &str) -> Option<Value> {
    let mime = attributes.take_text(&[mime]);
    let value = attributes.take(value)?;
    let value = match &value {
        Value::String(text) if mime.is_some_and(|mime| mime.contains("json")) => {
            serde_json::from_str(text).unwrap_or(value)
        }
        _ => parsed(value),
    };
    Some(value).filter(|value| !value.is_null())
}
