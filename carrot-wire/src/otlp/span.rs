//! A span as OTLP says it, however it was written.

use serde_json::{Map, Value};

use super::SpanError;
use crate::genai::Attributes;
use crate::{SpanId, Timestamp, TraceId};

/// Attributes, events, links and members of values that one span may have in all: a few bytes of a body become
/// a hundred in memory.
pub(super) const MAX_VALUES: usize = 200_000;

/// How many the spans of one request may have together.
const MAX_ALL_VALUES: usize = 2_000_000;

/// How deep an attribute's value may be nested.
pub(super) const MAX_DEPTH: usize = 40;

/// What is kept of a resource's or scope's attributes, in bytes: each of their spans gets a copy.
const MAX_SHARED: usize = 8 << 10;

pub(super) struct Span {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) trace_state: String,
    pub(super) name: String,
    /// OpenTelemetry's kind, by its number.
    pub(super) kind: u64,
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) attributes: Attributes,
    pub(super) events: Vec<Event>,
    pub(super) links: Vec<Value>,
    pub(super) dropped: Dropped,
    pub(super) status: Status,
}

#[derive(Default)]
pub(super) struct Event {
    pub(super) at: Option<Timestamp>,
    pub(super) name: String,
    pub(super) attributes: Map<String, Value>,
}

/// What the sender has left out, by its own count.
#[derive(Default)]
pub(super) struct Dropped {
    pub(super) attributes: u64,
    pub(super) events: u64,
    pub(super) links: u64,
}

#[derive(Default)]
pub(super) struct Status {
    /// 0 unset, 1 ok, 2 error.
    pub(super) code: u64,
    pub(super) message: String,
}

/// What the spans of one scope of one resource have in common.
#[derive(Default)]
pub(super) struct Scope {
    /// Who made them: `service.name` and the like.
    pub(super) resource: Map<String, Value>,
    /// The instrumentation's name, version and attributes.
    pub(super) scope: Map<String, Value>,
}

impl Scope {
    pub(super) fn name(&self) -> &str {
        let name = self.scope.get("name").and_then(Value::as_str);
        name.unwrap_or_default()
    }
}

/// As many of the attributes as there is room for.
pub(super) fn shared(attributes: Map<String, Value>) -> Map<String, Value> {
    let mut room = MAX_SHARED;
    let mut kept = Map::new();
    for (name, value) in attributes {
        let size = name.len() + value.to_string().len();
        if size <= room {
            room -= size;
            kept.insert(name, value);
        }
    }
    kept
}

pub(super) fn trace_id(bytes: &[u8]) -> Result<TraceId, SpanError> {
    let id = bytes.try_into().ok().map(u128::from_be_bytes);
    id.filter(|&id| id != 0)
        .map(TraceId)
        .ok_or(SpanError("trace_id: not 16 bytes that are not all zero"))
}

pub(super) fn span_id(bytes: &[u8]) -> Result<SpanId, SpanError> {
    let id = bytes.try_into().ok().map(u64::from_be_bytes);
    id.filter(|&id| id != 0)
        .map(SpanId)
        .ok_or(SpanError("span_id: not 8 bytes that are not all zero"))
}

/// Nothing, or zeros, for a root.
pub(super) fn parent(bytes: &[u8]) -> Result<Option<SpanId>, SpanError> {
    if bytes.is_empty() || bytes == [0; 8] {
        return Ok(None);
    }
    let wrong = SpanError("parent_span_id: not 8 bytes");
    span_id(bytes).map(Some).map_err(|_| wrong)
}

/// Nobody knows a time of zero.
pub(super) fn time(nanos: u64) -> Result<Option<Timestamp>, SpanError> {
    let nanos = i64::try_from(nanos).map_err(|_| SpanError("time: later than the year 2262"))?;
    Ok((nanos != 0).then(|| Timestamp::from_nanos(nanos)))
}

/// How many values are still taken.
pub(super) struct Room {
    of_span: usize,
    of_request: usize,
}

impl Room {
    pub(super) fn new() -> Room {
        Room {
            of_span: MAX_VALUES,
            of_request: MAX_ALL_VALUES,
        }
    }

    /// The same request, for its next span.
    pub(super) fn next(&mut self) -> &mut Room {
        self.of_span = MAX_VALUES;
        self
    }

    /// Whether the request has as many as it may.
    pub(super) fn is_used_up(&self) -> bool {
        self.of_request == 0
    }

    pub(super) fn take(&mut self) -> Result<(), SpanError> {
        self.of_request = self.of_request.saturating_sub(1);
        let left = self.of_span.checked_sub(1).filter(|_| !self.is_used_up());
        self.of_span = left.ok_or(TOO_MANY)?;
        Ok(())
    }
}

pub(super) const TOO_MANY: SpanError =
    SpanError("attributes: more than 200,000 values in one span");

/// A number that JSON has no form for becomes text.
pub(super) fn float(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
}
