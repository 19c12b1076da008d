//! Stored records as Retrace's readers know them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::trace::GOLDEN;
use crate::record::meta;
use crate::{Json, Record, RecordId, Status, Timestamp};

/// A trace.
#[derive(Debug, Serialize)]
pub struct TraceView {
    id: Option<RecordId>,
    name: Option<String>,
    status: &'static str,
    input: Option<Json>,
    output: Option<Json>,
    error: Option<String>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    total_duration_ms: Option<u64>,
    session_id: Option<String>,
    project_id: Option<String>,
    golden: bool,
    metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spans: Option<Vec<SpanView>>,
}

impl TraceView {
    /// The trace alone, as a list shows it.
    pub fn of(record: Record) -> TraceView {
        let latency = record.latency().map(|it| it.as_millis() as u64);
        TraceView {
            id: record.id,
            status: status(record.status),
            total_duration_ms: record.meta_u64(meta::LATENCY_MS).or(latency),
            golden: record.metadata.get(GOLDEN) == Some(&Value::Bool(true)),
            name: record.name,
            input: record.input,
            output: record.output,
            error: record.error.map(|error| error.message),
            started_at: record.started_at,
            ended_at: record.ended_at,
            session_id: record.session_id,
            project_id: record.project,
            metadata: record.metadata,
            spans: None,
        }
    }

    /// With what is below it.
    pub fn with_spans(self, spans: impl IntoIterator<Item = Record>) -> TraceView {
        let spans = spans.into_iter().map(|span| SpanView::of(span, self.id));
        TraceView {
            spans: Some(spans.collect()),
            ..self
        }
    }
}

/// A span.
#[derive(Debug, Serialize)]
struct SpanView {
    id: Option<RecordId>,
    trace_id: Option<RecordId>,
    parent_id: Option<RecordId>,
    span_type: &'static str,
    name: Option<String>,
    model: Option<String>,
    input: Option<Json>,
    output: Option<Json>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost: Option<f64>,
    duration_ms: Option<u64>,
    error: Option<String>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    logprobs: Option<Json>,
    metadata: Map<String, Value>,
}

impl SpanView {
    fn of(record: Record, trace: Option<RecordId>) -> SpanView {
        let latency = record.latency().map(|it| it.as_millis() as u64);
        SpanView {
            id: record.id,
            trace_id: trace,
            // What is right below the trace has no parent of its own.
            parent_id: record.parent().filter(|_| record.parent() != trace),
            span_type: record.kind_or_default().as_str(),
            model: record.meta_str(meta::MODEL).map(str::to_owned),
            input_tokens: record.meta_u64(meta::INPUT_TOKENS),
            output_tokens: record.meta_u64(meta::OUTPUT_TOKENS),
            cost: record.meta_f64(meta::COST_USD),
            duration_ms: record.meta_u64(meta::LATENCY_MS).or(latency),
            name: record.name,
            input: record.input,
            output: record.output,
            error: record.error.map(|error| error.message),
            started_at: record.started_at,
            ended_at: record.ended_at,
            logprobs: record.logprobs,
            metadata: record.metadata,
        }
    }
}

/// Retrace's word for it.
fn status(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Success) => "completed",
        Some(Status::Error | Status::Cancelled) => "failed",
        Some(Status::Running) | None => "running",
    }
}
