//! What one backend wants beside what all of them understand.

use serde_json::{Map, Value, json};

use super::Options;
use super::said::{AttributeValue, Said};
use crate::genai::names;
use crate::llm::Usage;
use crate::record::meta;
use crate::{Json, Level, Record, SpanKind, Timestamp};

/// The backend that spans are told for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// None in particular: Phoenix, Jaeger, Datadog, an OpenTelemetry Collector, and Langfuse and MLflow as far as they
    /// understand the conventions.
    #[default]
    General,
    /// Langfuse, in its own names: prompts, costs and token kinds as it counts them, the first token's time, levels, and the
    /// trace's metadata.
    Langfuse,
    /// MLflow, with the tags of a trace.
    Mlflow,
}

/// `metadata` is what no attribute has said.
pub(super) fn write(
    record: &Record,
    kind: SpanKind,
    options: Options,
    metadata: &Map<String, Value>,
    said: &mut Said,
) {
    match options.profile {
        Profile::General => {}
        Profile::Langfuse => langfuse(record, kind, options, metadata, said),
        Profile::Mlflow => {
            let tags = record.tags.iter().flatten().filter(|_| is_root(record));
            for tag in tags {
                let name = format!("{}{tag}", names::MLFLOW_TAG);
                said.push(name, AttributeValue::Text("true".to_owned()));
            }
        }
    }
}

fn is_root(record: &Record) -> bool {
    record.parent().is_none()
}

fn langfuse(
    record: &Record,
    kind: SpanKind,
    options: Options,
    metadata: &Map<String, Value>,
    said: &mut Said,
) {
    let word = match kind {
        SpanKind::LlmCall => "generation",
        SpanKind::Embedding => "embedding",
        SpanKind::ToolCall | SpanKind::ToolResult => "tool",
        SpanKind::Agent => "agent",
        SpanKind::Retrieval => "retriever",
        SpanKind::Event | SpanKind::Error => "event",
        SpanKind::Function | SpanKind::Reasoning | SpanKind::Action | SpanKind::ForkPoint => "span",
    };
    said.text(names::LANGFUSE_TYPE, Some(word.to_owned()));
    if options.content {
        let text = |json: &Json| match json.to_value() {
            Value::String(text) => text,
            _ => json.as_str().to_owned(),
        };
        said.text(names::LANGFUSE_INPUT, record.input.as_ref().map(text));
        let output = record
            .output
            .as_ref()
            .map(|output| match output.to_value() {
                Value::Object(mut answer) if kind == SpanKind::LlmCall && answer.len() == 1 => {
                    let message = answer.remove("message");
                    message.map_or_else(|| text(output), super::said::text_of)
                }
                _ => text(output),
            });
        said.text(names::LANGFUSE_OUTPUT, output);
    }
    let level = record.level.filter(|&level| level != Level::Default);
    let level = level.or(record.error.is_some().then_some(Level::Error));
    said.text(
        names::LANGFUSE_LEVEL,
        level.map(|it| it.as_str().to_owned()),
    );
    let message = record.error.as_ref().map(|error| error.message.clone());
    said.text(names::LANGFUSE_STATUS, message);

    if let Some(usage) = usage(Usage::of(record)) {
        said.json(names::LANGFUSE_USAGE, &usage);
    }
    if let Some(cost) = record.meta_f64(meta::COST_USD) {
        said.json(names::LANGFUSE_COST, &json!({ "total": cost }));
    }
    if let Some(came) = first_token(record) {
        said.json(names::LANGFUSE_FIRST_TOKEN, &json!(came));
    }
    let prompt = record.meta_str("prompt_name").map(str::to_owned);
    said.text(names::LANGFUSE_PROMPT_NAME, prompt);
    let version = record
        .metadata
        .get("prompt_version")
        .and_then(|version| version.as_i64().or_else(|| version.as_str()?.parse().ok()));
    said.integer(names::LANGFUSE_PROMPT_VERSION, version);

    said.texts(
        names::LANGFUSE_TAGS,
        record.tags.clone().unwrap_or_default(),
    );
    if is_root(record) && !metadata.is_empty() {
        said.json(names::LANGFUSE_METADATA, &Value::Object(metadata.clone()));
    }
}

/// Langfuse adds up what is named, and prices each kind of tokens apart: none is in another.
fn usage(usage: Usage) -> Option<Value> {
    let mut details = Map::new();
    let without = |all: u64, parts: [Option<u64>; 2]| {
        parts
            .into_iter()
            .flatten()
            .fold(all, |all, part| all.saturating_sub(part))
    };
    let input = usage
        .input
        .map(|all| without(all, [usage.cached, usage.cache_write]));
    let output = usage
        .output
        .map(|all| without(all, [usage.reasoning, None]));
    for (name, count) in [
        ("input", input),
        ("input_cached_tokens", usage.cached),
        ("input_cache_creation", usage.cache_write),
        ("output", output),
        ("output_reasoning_tokens", usage.reasoning),
        ("total", usage.total),
    ] {
        details.extend(count.map(|count| (name.to_owned(), count.into())));
    }
    (!details.is_empty()).then_some(Value::Object(details))
}

fn first_token(record: &Record) -> Option<Timestamp> {
    let millis = i64::try_from(record.meta_u64(meta::TTFT_MS)?).ok()?;
    let started = record.started_at?.as_nanos();
    let came = started.checked_add(millis.checked_mul(1_000_000)?)?;
    Some(Timestamp::from_nanos(came))
}
