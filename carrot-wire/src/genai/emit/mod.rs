//! A [`Record`] in the words of OpenTelemetry: the way back of [`fill`](super::fill).
//!
//! ```text
//! Record ─► name, attributes, events
//!             ├─ of every span: kind, session, user, tags, metadata, error
//!             ├─ of a model call: request, messages made of parts, answer, usage, cost
//!             ├─ of any other: input.value and output.value
//!             └─ of a profile: what one backend wants beside it
//! ```

mod content;
mod event;
mod message;
mod part;
mod profile;
mod request;
pub(super) mod said;

pub use event::EmittedEvent;
pub use profile::Profile;
pub use said::{AttributeValue, Emitted};

use serde_json::{Map, Value};

use super::{names, own, provider};
use crate::record::meta;
use crate::{Record, SpanKind};
use said::Said;

/// How a record is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// For which backend.
    pub profile: Profile,
    /// Whether inputs, outputs, messages, tool definitions and the data of events are told. Without, what remains is names,
    /// times, counts, ids, tags, metadata and errors.
    pub content: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            profile: Profile::General,
            content: true,
        }
    }
}

/// Tells a record in the conventions' words. Ids, times and the status are the record's own.
pub fn emit(record: &Record, options: Options) -> Emitted {
    let kind = record.kind_or_default();
    let calls_model = matches!(kind, SpanKind::LlmCall | SpanKind::Embedding);
    let request_model = if calls_model {
        request_model(record)
    } else {
        record.meta_str(meta::REQUEST_MODEL).map(str::to_owned)
    };
    let mut metadata = Metadata(record.metadata.clone());
    let mut said = Said::default();

    let operation = operation(record, kind, &mut metadata);
    said.text(names::OPERATION_NAME, operation.clone());
    let shown = metadata.take_text(names::SPAN_KIND);
    said.text(
        names::SPAN_KIND,
        shown.or(Some(openinference(kind).to_owned())),
    );
    let name = record.name.clone().unwrap_or_default();
    let model = record
        .meta_str(meta::MODEL)
        .or(request_model.as_deref())
        .filter(|_| calls_model);
    let title = title(kind, operation.as_deref(), model, &name);
    own::write(record, kind, &title, &mut said);

    said.text(names::SESSION_ID, record.session_id.clone());
    said.text(names::CONVERSATION_ID, record.session_id.clone());
    said.text(names::USER_ID, record.user_id.clone());
    said.texts(names::TAGS, record.tags.clone().unwrap_or_default());

    if matches!(
        kind,
        SpanKind::LlmCall | SpanKind::Embedding | SpanKind::Retrieval | SpanKind::Agent
    ) {
        said_by_the_model(request_model, kind, &mut metadata, &mut said);
    }
    usage(&mut metadata, &mut said);
    agent(kind, &name, &mut metadata, &mut said);
    if kind == SpanKind::ToolCall {
        tool(&name, &mut metadata, &mut said);
    }
    content::write(record, kind, options, &mut metadata, &mut said);
    if let Some(error) = &record.error {
        said.text(names::ERROR_TYPE, Some(error.kind.clone()));
    }
    profile::write(record, kind, options, &metadata.0, &mut said);
    let Metadata(rest) = metadata;
    if !rest.is_empty() {
        said.json(names::METADATA, &Value::Object(rest));
    }
    Emitted {
        name: title,
        calls_model,
        attributes: said.into_list(),
        events: event::of(record, options.content),
    }
}

/// What no attribute has said yet.
struct Metadata(Map<String, Value>);

impl Metadata {
    fn take(&mut self, key: &str, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        self.0.get(key).filter(|value| is_it(value))?;
        self.0.remove(key)
    }

    fn take_text(&mut self, key: &str) -> Option<String> {
        match self.take(key, |value| value.as_str().is_some_and(|it| !it.is_empty()))? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn take_count(&mut self, key: &str) -> Option<i64> {
        self.take(key, |value| value.as_i64().is_some_and(|it| it >= 0))?
            .as_i64()
    }

    fn take_number(&mut self, key: &str) -> Option<f64> {
        self.take(key, Value::is_number)?.as_f64()
    }
}

/// The model that was asked for. A call by hand may name it among its parameters alone.
fn request_model(record: &Record) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Parameters {
        model: String,
    }
    let in_input = || {
        let input = record.input.as_ref()?.as_str();
        let parameters: Parameters = serde_json::from_str(input).ok()?;
        Some(parameters.model)
    };
    record.request_model().or_else(in_input)
}

/// The kind as OpenInference names it.
fn openinference(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::LlmCall => "LLM",
        SpanKind::Embedding => "EMBEDDING",
        SpanKind::Retrieval => "RETRIEVER",
        SpanKind::ToolCall | SpanKind::ToolResult => "TOOL",
        SpanKind::Agent => "AGENT",
        SpanKind::Function
        | SpanKind::Reasoning
        | SpanKind::Action
        | SpanKind::Event
        | SpanKind::Error
        | SpanKind::ForkPoint => "CHAIN",
    }
}

fn operation(record: &Record, kind: SpanKind, metadata: &mut Metadata) -> Option<String> {
    let said = metadata.take_text(names::OPERATION_NAME);
    let by_kind = || match kind {
        SpanKind::LlmCall => Some(match record.name.as_deref() {
            Some("completions" | "generate") => "text_completion",
            Some("generate_content") => "generate_content",
            _ => "chat",
        }),
        SpanKind::Embedding => Some("embeddings"),
        SpanKind::ToolCall => Some("execute_tool"),
        SpanKind::Agent => Some("invoke_agent"),
        SpanKind::Retrieval => Some("retrieval"),
        _ => None,
    };
    said.or_else(|| by_kind().map(str::to_owned))
}

/// The span's name by the conventions, where they have one for it.
fn title(kind: SpanKind, operation: Option<&str>, model: Option<&str>, name: &str) -> String {
    let about = match kind {
        SpanKind::LlmCall | SpanKind::Embedding => model,
        SpanKind::ToolCall | SpanKind::Agent => Some(name),
        _ => None,
    };
    match (operation, about) {
        (Some(operation), Some(about)) if !about.is_empty() => format!("{operation} {about}"),
        (Some(operation), None) if kind == SpanKind::LlmCall => operation.to_owned(),
        (Some(operation), _) if name.is_empty() => operation.to_owned(),
        (None, _) if name.is_empty() => kind.as_str().to_owned(),
        _ => name.to_owned(),
    }
}

/// Which model, whose, and what is known of its answer beside the content.
fn said_by_the_model(
    request_model: Option<String>,
    kind: SpanKind,
    metadata: &mut Metadata,
    said: &mut Said,
) {
    let provider = metadata.take_text(meta::PROVIDER);
    let provider = provider.map(|name| provider::to_otel(&name).to_owned());
    said.text(names::PROVIDER_NAME, provider);
    said.text(names::REQUEST_MODEL, request_model);
    metadata.take_text(meta::REQUEST_MODEL);
    let model = metadata.take_text(meta::MODEL);
    let name = match kind {
        SpanKind::Embedding => names::EMBEDDING_MODEL,
        _ => names::LLM_MODEL,
    };
    said.text(name, model.clone());
    said.text(names::RESPONSE_MODEL, model);
    said.text(names::RESPONSE_ID, metadata.take_text("response_id"));
    let ttft = metadata.take_count(meta::TTFT_MS);
    let seconds = ttft.map(|millis| millis as f64 / 1e3);
    said.float(names::RESPONSE_TIME_TO_FIRST_CHUNK, seconds);
}

/// Each count once: Langfuse takes each name as a kind of tokens of its own, and adds them up. OpenInference's names of the
/// three that it knows to be the same are beside OpenTelemetry's.
fn usage(metadata: &mut Metadata, said: &mut Said) {
    for (key, all) in [
        (
            meta::INPUT_TOKENS,
            &[names::USAGE_INPUT, names::TOKENS_PROMPT][..],
        ),
        (
            meta::OUTPUT_TOKENS,
            &[names::USAGE_OUTPUT, names::TOKENS_COMPLETION],
        ),
        (meta::TOTAL_TOKENS, &[names::TOKENS_TOTAL]),
        (meta::CACHED_TOKENS, &[names::USAGE_CACHE_READ]),
        (meta::CACHE_WRITE_TOKENS, &[names::USAGE_CACHE_CREATION]),
        (meta::REASONING_TOKENS, &[names::USAGE_REASONING]),
    ] {
        let count = metadata.take_count(key);
        for name in all {
            said.integer(name, count);
        }
    }
    let cost = metadata.take_number(meta::COST_USD);
    said.float(names::USAGE_COST, cost);
    said.float(names::LLM_COST, cost);
}

fn agent(kind: SpanKind, name: &str, metadata: &mut Metadata, said: &mut Said) {
    let agent = metadata.take_text(meta::AGENT);
    let own_name = (kind == SpanKind::Agent).then(|| name.to_owned());
    said.text(names::AGENT_NAME, agent.or(own_name));
    said.text(names::AGENT_ID, metadata.take_text("agent_id"));
    said.text(
        names::AGENT_DESCRIPTION,
        metadata.take_text("agent_description"),
    );
}

fn tool(name: &str, metadata: &mut Metadata, said: &mut Said) {
    let tool = metadata.take_text("tool_name").or(Some(name.to_owned()));
    said.text(names::TOOL_NAME_OI, tool.clone());
    said.text(names::TOOL_NAME, tool);
    said.text(names::TOOL_TYPE, metadata.take_text("tool_type"));
    said.text(names::TOOL_CALL_ID, metadata.take_text("tool_call_id"));
    said.text(
        names::TOOL_DESCRIPTION,
        metadata.take_text("tool_description"),
    );
}
