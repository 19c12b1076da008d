//! The record: one span as it is sent, stored and read back.

mod scores;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::{Json, Level, RecordId, SpanId, SpanKind, Status, Timestamp, TraceId};

/// Children are taken on input to this depth; deeper ones spoil their record.
pub const MAX_CHILD_DEPTH: usize = 100;

/// How deep a value may be nested, which is also the most that serde_json reads.
pub const MAX_VALUE_DEPTH: usize = 127;

/// One span, in the Carrot dialect with our extensions.
///
/// A field that is absent (`None` or empty) says nothing; when a record is [merged](Record::merge)
/// into another of the same id, only what is there overwrites.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(default)]
pub struct Record {
    /// The record's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<RecordId>,
    /// The sender's own id, where that is no uuid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The W3C id of the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// The W3C id of the span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<SpanId>,
    /// The W3C id of the span above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<SpanId>,
    /// The key of the record above; see [`Record::parent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<RecordId>,
    /// What the step is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What kind of step it is; absent: see [`Record::kind_or_default`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<SpanKind>,
    /// What went in: arguments by name, or a model call's request parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Json>,
    /// What came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// How much it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Words to filter by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The session (a conversation, say) that the trace is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The user it was done for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The project it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The user's keys and ours, named in [`meta`].
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Points in time inside the span, a JSON array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Json>,
    /// Verdicts on it, a JSON array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<Json>,
    /// The model's log-probabilities, a JSON array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Json>,
    /// A model call's whole exchange, to answer it again: a [`RecordedCall`](crate::recording::RecordedCall). Only calls below
    /// a resumable function have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Json>,
    /// The steps inside it, in time order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Record>,
}

/// Why a span failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorInfo {
    /// What the error says of itself.
    #[serde(default)]
    pub message: String,
    /// The error's type; `panic` for a panic.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// The messages of its sources, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
}

/// The keys of [`Record::metadata`] that are ours.
#[allow(
    missing_docs,
    reason = "each is its own name; contract and docs/records.md describe them"
)]
pub mod meta {
    pub const SOURCE: &str = "source";
    pub const PROVIDER: &str = "provider";
    pub const MODEL: &str = "model";
    pub const REQUEST_MODEL: &str = "request_model";
    pub const INPUT_TOKENS: &str = "input_tokens";
    pub const OUTPUT_TOKENS: &str = "output_tokens";
    pub const TOTAL_TOKENS: &str = "total_tokens";
    pub const CACHED_TOKENS: &str = "cached_tokens";
    pub const CACHE_WRITE_TOKENS: &str = "cache_write_tokens";
    pub const CACHE_WRITE_1H_TOKENS: &str = "cache_write_1h_tokens";
    pub const REASONING_TOKENS: &str = "reasoning_tokens";
    pub const AUDIO_INPUT_TOKENS: &str = "audio_input_tokens";
    pub const AUDIO_OUTPUT_TOKENS: &str = "audio_output_tokens";
    pub const SERVICE_TIER: &str = "service_tier";
    pub const COST_USD: &str = "cost_usd";
    pub const LATENCY_MS: &str = "latency_ms";
    pub const TTFT_MS: &str = "ttft_ms";
    pub const STREAM: &str = "stream";
    pub const RATE_LIMIT: &str = "rate_limit";
    pub const FINISH_REASON: &str = "finish_reason";
    pub const SAMPLE_WEIGHT: &str = "sample_weight";
    pub const TRUNCATED: &str = "truncated";
    pub const CAPTURE_COMPLETE: &str = "capture_complete";
    pub const PARENT_TRACE_ID: &str = "parent_trace_id";
    pub const AGENT: &str = "agent";
    pub const AGENT_ROLE: &str = "agent_role";
    pub const PARENT_AGENT: &str = "parent_agent";
    pub const SKELETON: &str = "skeleton";
}

/// What is wrong with one record, in words that name the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError(pub(crate) String);

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordError {}

impl Record {
    /// Reads one record; unknown fields are passed over, null is the same as absent.
    pub fn from_json(text: &str) -> Result<Record, RecordError> {
        Record::read(text, 0)
    }

    fn read(text: &str, depth: usize) -> Result<Record, RecordError> {
        if depth > MAX_CHILD_DEPTH {
            return Err(RecordError(format!(
                "children: nested deeper than {MAX_CHILD_DEPTH} levels"
            )));
        }
        let mut fields = Fields::read(text)?;
        let record = Record {
            id: fields.take("id")?,
            external_id: fields.take("external_id")?,
            trace_id: fields.take("trace_id")?,
            span_id: fields.take("span_id")?,
            parent_span_id: fields.take("parent_span_id")?,
            parent_id: fields.take("parent_id")?,
            name: fields.take("name")?,
            kind: fields.take("kind")?,
            input: fields.json("input")?,
            output: fields.json("output")?,
            status: fields.take("status")?,
            error: fields.error()?,
            level: fields.take("level")?,
            started_at: fields.take("started_at")?,
            ended_at: fields.take("ended_at")?,
            tags: fields.take("tags")?,
            session_id: fields.take("session_id")?,
            user_id: fields.take("user_id")?,
            project: fields.take("project")?,
            metadata: fields.take("metadata")?.unwrap_or_default(),
            events: fields.json("events")?,
            scores: fields.json("scores")?,
            logprobs: fields.json("logprobs")?,
            exchange: fields.json("exchange")?,
            children: Vec::new(),
        };
        let children: Vec<&RawValue> = fields.take("children")?.unwrap_or_default();
        let children = children
            .into_iter()
            .map(|child| Record::read(child.get(), depth + 1));
        Ok(Record {
            children: children.collect::<Result<_, _>>()?,
            ..record.without_repeated_parent()
        })
    }

    /// The record as it is sent. The Carrot cloud knows parents by `metadata.parent_trace_id` alone, so a
    /// parent is named there too; [reading](Record::from_json) takes the repetition out again. It knows errors
    /// by the output alone, so an error without one is that as well.
    pub fn for_ingest(mut self) -> Record {
        if let (None, Some(error)) = (&self.output, &self.error) {
            let output = serde_json::json!({"error": error.message, "error_type": error.kind});
            self.output = Some(Json::from_value(&output));
        }
        if let Some(parent) = self.parent_id {
            self.metadata
                .insert(meta::PARENT_TRACE_ID.to_owned(), parent.to_string().into());
        }
        self
    }

    fn without_repeated_parent(mut self) -> Record {
        let said = self
            .meta_str(meta::PARENT_TRACE_ID)
            .and_then(|id| id.parse().ok());
        if said.is_some() && said == self.parent_id {
            self.metadata.remove(meta::PARENT_TRACE_ID);
        }
        self
    }

    /// The key of the record above: `parent_id`, else made of trace and parent span id, else the
    /// `parent_trace_id` in the metadata. A record is never its own parent.
    pub fn parent(&self) -> Option<RecordId> {
        let by_span = || Some(RecordId::of(self.trace_id?, self.parent_span_id?));
        let by_metadata = || {
            self.metadata
                .get(meta::PARENT_TRACE_ID)?
                .as_str()?
                .parse()
                .ok()
        };
        let parent = self.parent_id.or_else(by_span).or_else(by_metadata);
        parent.filter(|_| parent != self.id)
    }

    /// The kind, or what the contract says of records without one: a model call where there is a
    /// model with messages or tokens, else a function.
    pub fn kind_or_default(&self) -> SpanKind {
        self.kind.unwrap_or_else(|| {
            let tokens = [meta::INPUT_TOKENS, meta::OUTPUT_TOKENS, meta::TOTAL_TOKENS];
            let has_tokens = tokens.iter().any(|key| self.metadata.contains_key(*key));
            let has_messages = || {
                self.input
                    .as_ref()
                    .is_some_and(|input| input.as_str().contains("\"messages\""))
            };
            let has_model = self.metadata.contains_key(meta::MODEL);
            let is_call = has_model && (has_tokens || has_messages());
            if is_call || self.model_in_input().is_some() {
                SpanKind::LlmCall
            } else {
                SpanKind::Function
            }
        })
    }

    /// The model that was asked for: `request_model`, or the one in the input.
    pub fn request_model(&self) -> Option<String> {
        let said = self.meta_str(meta::REQUEST_MODEL).map(str::to_owned);
        said.or_else(|| self.model_in_input())
    }

    /// The model among the parameters of a call whose metadata knows a provider but no model. That
    /// is how the Python SDK tells of a call that failed.
    fn model_in_input(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Parameters {
            model: String,
        }
        let has = |key| self.metadata.contains_key(key);
        if !has(meta::PROVIDER) || has(meta::MODEL) || has(meta::REQUEST_MODEL) {
            return None;
        }
        let input = self.input.as_ref()?.as_str();
        let parameters: Parameters = serde_json::from_str(input).ok()?;
        Some(parameters.model)
    }

    /// A text of the metadata.
    pub fn meta_str(&self, key: &str) -> Option<&str> {
        self.metadata.get(key)?.as_str()
    }

    /// A count of the metadata.
    pub fn meta_u64(&self, key: &str) -> Option<u64> {
        self.metadata.get(key)?.as_u64()
    }

    /// A number of the metadata.
    pub fn meta_f64(&self, key: &str) -> Option<f64> {
        self.metadata.get(key)?.as_f64()
    }

    /// How long it took, where both ends are known.
    pub fn latency(&self) -> Option<std::time::Duration> {
        Some(self.ended_at?.since(self.started_at?))
    }

    /// Overwrites with what `newer` has, key by key in the metadata; scores come beside those that are there.
    /// A late `running` does not undo an end that is known, nor does a success undo a failure that the level
    /// tells of. Children are not touched.
    pub fn merge(&mut self, newer: Record) {
        let failed = self.level == Some(Level::Error) && newer.level.is_none();
        macro_rules! overwrite {
            ($($field:ident),*) => { $(if newer.$field.is_some() { self.$field = newer.$field; })* };
        }
        overwrite!(
            id,
            external_id,
            trace_id,
            span_id,
            parent_span_id,
            parent_id,
            name,
            kind,
            input,
            output,
            error,
            level,
            started_at,
            ended_at,
            tags,
            session_id,
            user_id,
            project,
            events,
            logprobs,
            exchange
        );
        if let Some(status) = newer.status {
            let is_news = match status {
                Status::Running => self.status.is_none() || self.status == Some(status),
                Status::Success => !(self.status == Some(Status::Error) && failed),
                Status::Error | Status::Cancelled => true,
            };
            if is_news {
                self.status = Some(status);
            }
        }
        self.scores = match (self.scores.take(), newer.scores) {
            (Some(known), Some(newer)) => Some(scores::merged(&known, newer)),
            (known, newer) => newer.or(known),
        };
        self.metadata.extend(newer.metadata);
    }
}

#[cfg(test)]
mod tests;
