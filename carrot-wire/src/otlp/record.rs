//! A span as a record.

use serde_json::Value;

use super::events;
use super::span::{Scope, Span};
use crate::record::meta;
use crate::{ErrorInfo, Record, RecordId, SpanKind, Status, genai};

/// The scope of what our own exporter writes.
const OURS: &str = "carrot-ai";

/// `SPAN_KIND_*` that say something: what is internal, or not specified, is what a span is anyway.
const KINDS: [(u64, &str); 4] = [
    (2, "server"),
    (CLIENT, "client"),
    (4, "producer"),
    (5, "consumer"),
];
const CLIENT: u64 = 3;

/// `STATUS_CODE_ERROR`.
const FAILED: u64 = 2;

pub(super) fn of(span: Span, scope: &Scope) -> Record {
    let ours = scope.name() == OURS;
    let mut record = Record {
        id: Some(RecordId::of(span.trace_id, span.span_id)),
        trace_id: Some(span.trace_id),
        span_id: Some(span.span_id),
        parent_span_id: span.parent,
        parent_id: span
            .parent
            .map(|parent| RecordId::of(span.trace_id, parent)),
        name: Some(span.name).filter(|name| !name.is_empty()),
        started_at: span.started,
        ended_at: span.ended,
        ..Record::default()
    };
    let failed = span.status.code == FAILED;
    record.status = Some(match span.ended {
        _ if failed => Status::Error,
        Some(_) => Status::Success,
        None => Status::Running,
    });
    let mut attributes = span.attributes;
    let mut sorted = events::sort(span.events, ours, &mut attributes);
    record.events = events::json(&sorted.events);
    let error = sorted.error.take();
    sorted.tell(&mut attributes);
    genai::fill(attributes, &mut record);

    record.error = self::error(&record, error, span.status.message);
    let metadata = &mut record.metadata;
    let mut note = |key: &str, value: Value| {
        metadata.entry(key).or_insert(value);
    };
    note(meta::SOURCE, "otlp".into());
    if !scope.resource.is_empty() {
        note("resource", scope.resource.clone().into());
    }
    if !scope.scope.is_empty() {
        note("scope", scope.scope.clone().into());
    }
    if !span.trace_state.is_empty() {
        note("trace_state", span.trace_state.into());
    }
    if !span.links.is_empty() {
        note("links", span.links.into());
    }
    for (key, count) in [
        ("dropped_attributes", span.dropped.attributes),
        ("dropped_events", span.dropped.events),
        ("dropped_links", span.dropped.links),
    ] {
        if count > 0 {
            note(key, count.into());
        }
    }
    // A call of a model is a client's by the conventions.
    let calls_model = matches!(record.kind, Some(SpanKind::LlmCall | SpanKind::Embedding));
    if let Some((_, kind)) = KINDS.iter().find(|(number, _)| *number == span.kind)
        && !(calls_model && span.kind == CLIENT)
    {
        note("span_kind", (*kind).into());
    }
    record
}

/// Why a span failed: by its last exception, its status, and `error.type`. One that did not fail has no error, though it
/// may have met exceptions.
fn error(record: &Record, exception: Option<ErrorInfo>, message: String) -> Option<ErrorInfo> {
    let by_attributes = record.error.clone();
    match record.status {
        Some(Status::Error) => {}
        // The message repeats that it was cancelled.
        Some(Status::Cancelled) => return exception.or(by_attributes),
        _ => return by_attributes,
    }
    let mut error = exception.unwrap_or_default();
    let attributes = by_attributes.unwrap_or_default();
    for (said, or) in [
        (&mut error.message, [message, attributes.message]),
        (&mut error.kind, [attributes.kind, String::new()]),
    ] {
        if said.is_empty() {
            *said = or.into_iter().find(|it| !it.is_empty()).unwrap_or_default();
        }
    }
    (error != ErrorInfo::default()).then_some(error)
}
