//! What Langfuse's SDKs say beside the conventions, and our own exporter for it.

use serde_json::{Map, Value};

use super::attributes::{Attributes, into_text, parsed};
use super::found::Found;
use super::names;
use crate::llm::Usage;
use crate::{Level, Record, SpanKind, Status, Timestamp};

/// Where other attributes say the same, those count.
pub(super) fn read(attributes: &mut Attributes, found: &mut Found, record: &mut Record) {
    read_kind(attributes, found);
    found.second_input = attributes.take_json(&[names::LANGFUSE_INPUT]);
    found.second_output = attributes.take_json(&[names::LANGFUSE_OUTPUT]);
    let model = attributes.take_text(&[names::LANGFUSE_MODEL]);
    found.request_model = found.request_model.take().or(model);
    let parameters = attributes.take_object(names::LANGFUSE_PARAMETERS);
    for (name, value) in parameters.into_iter().flatten() {
        found.parameter(&name, Some(value));
    }
    read_usage(attributes, found);
    read_level(attributes, record);
    let first = attributes.take_json(&[names::LANGFUSE_FIRST_TOKEN]);
    let first = first.and_then(|time| {
        let time: Timestamp = into_text(time).trim_matches('"').parse().ok()?;
        let millis = time.since(record.started_at?).as_millis();
        u64::try_from(millis).ok()
    });
    found.ttft_ms = found.ttft_ms.or(first);

    let session = attributes.take_text(&[names::LANGFUSE_SESSION]);
    found.session = found.session.take().or(session);
    let user = attributes.take_text(&[names::LANGFUSE_USER]);
    found.user = found.user.take().or(user);
    if let Some(Value::Array(tags)) = attributes.take_json(&[names::LANGFUSE_TAGS]) {
        for tag in tags.into_iter().map(into_text) {
            if !found.tags.contains(&tag) {
                found.tags.push(tag);
            }
        }
    }
    for (key, name) in [
        ("prompt_name", names::LANGFUSE_PROMPT_NAME),
        ("prompt_version", names::LANGFUSE_PROMPT_VERSION),
        ("environment", names::LANGFUSE_ENVIRONMENT),
        ("release", names::LANGFUSE_RELEASE),
    ] {
        found.note(key, attributes.take(name));
    }
    for name in [
        names::LANGFUSE_OBSERVATION_METADATA,
        names::LANGFUSE_METADATA,
    ] {
        let whole = attributes.take_object(name).into_iter().flatten();
        let parts = attributes.take_below(&format!("{name}.")).into_iter();
        for (key, value) in whole.chain(parts) {
            found.note(&key, Some(parsed(value)));
        }
    }
}

fn read_kind(attributes: &mut Attributes, found: &mut Found) {
    let Some(kind) = attributes.take_text(&[names::LANGFUSE_TYPE]) else {
        return;
    };
    let kind = match kind.to_ascii_lowercase().as_str() {
        "generation" => SpanKind::LlmCall,
        "embedding" => SpanKind::Embedding,
        "tool" => SpanKind::ToolCall,
        "agent" => SpanKind::Agent,
        "retriever" => SpanKind::Retrieval,
        "event" => SpanKind::Event,
        "span" => SpanKind::Function,
        _ => {
            // Chains, evaluators, guardrails: ours do not tell them apart.
            attributes.insert(names::LANGFUSE_TYPE.to_owned(), kind.into());
            SpanKind::Function
        }
    };
    found.kind = found.kind.or(Some(kind));
}

/// Langfuse's counts exclude each other; ours include what is a part of them.
fn read_usage(attributes: &mut Attributes, found: &mut Found) {
    let details = attributes.take_object(names::LANGFUSE_USAGE);
    let cost = attributes.take_object(names::LANGFUSE_COST);
    let total = cost.and_then(|cost| cost.get("total")?.as_f64());
    found.cost_usd = found.cost_usd.or(total);
    let Some(details) = details.filter(|_| found.usage == Usage::default()) else {
        return;
    };
    let count = |names: &[&str]| names.iter().find_map(|name| details.get(*name)?.as_u64());
    let with = |all: Option<u64>, part: Option<u64>| match (all, part) {
        (None, None) => None,
        (all, part) => Some(all.unwrap_or(0).saturating_add(part.unwrap_or(0))),
    };
    let cached = count(&["input_cached_tokens", "cache_read_input_tokens"]);
    let written = count(&["input_cache_creation", "cache_creation_input_tokens"]);
    let reasoning = count(&["output_reasoning_tokens"]);
    found.usage = Usage {
        input: with(
            with(count(&["input", "prompt_tokens", "input_tokens"]), cached),
            written,
        ),
        output: with(
            count(&["output", "completion_tokens", "output_tokens"]),
            reasoning,
        ),
        total: count(&["total", "total_tokens"]),
        cached,
        cache_write: written,
        reasoning,
        ..Usage::default()
    };
}

fn read_level(attributes: &mut Attributes, record: &mut Record) {
    let level = attributes.take_text(&[names::LANGFUSE_LEVEL]);
    let message = attributes.take_text(&[names::LANGFUSE_STATUS]);
    match level.and_then(|level| Level::from_name(&level)) {
        // What failed has this level by itself.
        Some(Level::Error) if record.status == Some(Status::Error) => {}
        Some(Level::Error) => record.level = Some(Level::Error),
        Some(level @ (Level::Debug | Level::Warning)) => record.level = Some(level),
        Some(Level::Default) | None => {}
    }
    match message {
        Some(message) if record.status == Some(Status::Error) => {
            let error = record.error.get_or_insert_default();
            if error.message.is_empty() {
                error.message = message;
            }
        }
        Some(message) => {
            let key = "status_message".to_owned();
            record.metadata.entry(key).or_insert(message.into());
        }
        None => {}
    }
}

/// MLflow's spans: each value is JSON text.
pub(super) fn read_mlflow(attributes: &mut Attributes, found: &mut Found) {
    let kind = attributes.take_text(&[names::MLFLOW_TYPE]);
    let kind = kind.map(|kind| kind.trim_matches('"').to_ascii_uppercase());
    let kind = match kind.as_deref() {
        Some("LLM" | "CHAT_MODEL") => Some(SpanKind::LlmCall),
        Some("EMBEDDING") => Some(SpanKind::Embedding),
        Some("TOOL") => Some(SpanKind::ToolCall),
        Some("AGENT") => Some(SpanKind::Agent),
        Some("RETRIEVER" | "RERANKER") => Some(SpanKind::Retrieval),
        Some(_) => Some(SpanKind::Function),
        None => None,
    };
    found.kind = found.kind.or(kind);
    let mut quoted = |name| {
        let text = attributes.take_text(&[name])?;
        Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    };
    let (input, output) = (quoted(names::MLFLOW_INPUTS), quoted(names::MLFLOW_OUTPUTS));
    found.second_input = found.second_input.take().or(input);
    found.second_output = found.second_output.take().or(output);
    let session = quoted(names::MLFLOW_SESSION).map(into_text);
    found.session = found.session.take().or(session);
    let user = quoted(names::MLFLOW_USER).map(into_text);
    found.user = found.user.take().or(user);
    let model = quoted(names::MLFLOW_MODEL).map(into_text);
    found.model = found.model.take().or(model);
    let usage: Option<Map<String, Value>> = attributes.take_object(names::MLFLOW_USAGE);
    if let Some(usage) = usage.filter(|_| found.usage == Usage::default()) {
        let count = |name: &str| usage.get(name)?.as_u64();
        found.usage.input = count("input_tokens");
        found.usage.output = count("output_tokens");
        found.usage.total = count("total_tokens");
    }
    for (tag, value) in attributes.take_below(names::MLFLOW_TAG) {
        match value.as_str() {
            Some("true") if !found.tags.contains(&tag) => found.tags.push(tag),
            Some("true") => {}
            _ => found.note(&tag, Some(value)),
        }
    }
}
