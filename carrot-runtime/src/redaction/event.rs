//! A record as the program's own hook sees it.

use carrot_wire::record::ErrorInfo;
use carrot_wire::{Json, Record, SpanKind};
use serde_json::{Map, Value};

/// What a span is about to send, for the hook given to [`Builder::redact`](crate::Builder::redact) to change. Values of
/// secret names, and what the patterns match, are replaced already.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RedactEvent {
    /// What the span is called.
    pub name: String,
    /// What kind of step it is; a change of it is not looked at.
    pub kind: SpanKind,
    /// What went in: arguments by name, or a model call's parameters with its messages. Null if nothing was recorded.
    pub input: Value,
    /// What came out. Null if nothing was recorded.
    pub output: Value,
    /// Why it failed.
    pub error: Option<ErrorInfo>,
    /// Words to filter by.
    pub tags: Vec<String>,
    /// The program's own keys and those that docs/records.md names.
    pub metadata: Map<String, Value>,
    /// Points in time inside the span, an array of objects. Null if there are none.
    pub events: Value,
    /// Verdicts on it, an array of objects. Null if there are none.
    pub scores: Value,
    /// The model's log-probabilities, which spell the output token by token. Null if there are none. Where the hook
    /// changes the output and not these, they are left out.
    pub logprobs: Value,
    /// The session that the trace is part of.
    pub session: Option<String>,
    /// The user for whom it is done.
    pub user: Option<String>,
}

impl RedactEvent {
    /// One of a span that has only a name, to test a hook with.
    pub fn new(name: impl Into<String>) -> RedactEvent {
        RedactEvent {
            name: name.into(),
            ..RedactEvent::of(&Record::default())
        }
    }

    pub(super) fn of(record: &Record) -> RedactEvent {
        RedactEvent {
            name: record.name.clone().unwrap_or_default(),
            kind: record.kind_or_default(),
            input: value(&record.input),
            output: value(&record.output),
            error: record.error.clone(),
            tags: record.tags.clone().unwrap_or_default(),
            metadata: record.metadata.clone(),
            events: value(&record.events),
            scores: value(&record.scores),
            logprobs: value(&record.logprobs),
            session: record.session_id.clone(),
            user: record.user_id.clone(),
        }
    }

    /// Puts what is left of it into the record.
    pub(super) fn write(self, record: &mut Record) {
        let changed = [
            (&mut record.input, self.input),
            (&mut record.output, self.output),
            (&mut record.events, self.events),
            (&mut record.scores, self.scores),
            (&mut record.logprobs, self.logprobs),
        ]
        .map(|(payload, left)| put(payload, &left));
        if let [_, true, _, _, false] = changed {
            record.logprobs = None;
        }
        record.name = Some(self.name).filter(|name| !name.is_empty());
        record.error = self.error;
        record.tags = Some(self.tags).filter(|tags| !tags.is_empty());
        record.metadata = self.metadata;
        record.session_id = self.session;
        record.user_id = self.user;
    }
}

/// Says whether it changed.
fn put(payload: &mut Option<Json>, left: &Value) -> bool {
    let changed = value(payload) != *left;
    // Written again only if need be: that loses the order of keys.
    if changed {
        *payload = (!left.is_null()).then(|| Json::from_value(left));
    }
    changed
}

fn value(payload: &Option<Json>) -> Value {
    payload.as_ref().map_or(Value::Null, Json::to_value)
}
