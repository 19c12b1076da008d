//! A span as it left its trace, and the record that is made of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use carrot_wire::record::{ErrorInfo, meta};
use carrot_wire::{
    Json, Level, Record, RecordId, SpanId, SpanKind, Status, TraceId, price, redact,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Site;
use crate::clock::Clock;
use crate::inherit::Inherited;
use crate::line::frame::{End, Slot, Start, Truncated};
use crate::span::Deferred;

/// A span that ended, or is shown while it runs.
pub(crate) struct FinishedSpan {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) start: Start,
    pub(super) end: Option<End>,
    pub(super) parts: Vec<Part>,
    pub(super) inherited: Option<Arc<Inherited>>,
    pub(super) shared: Arc<Shared>,
}

/// What is said of a whole trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    pub(super) session: Option<String>,
    pub(super) user: Option<String>,
    /// How many traces this one stands for; absent: one.
    pub(super) weight: Option<f64>,
    /// It was sampled out and kept in the end: of its spans only names, times and errors are known.
    pub(super) skeleton: bool,
    /// Some of its spans are missing.
    pub(super) incomplete: bool,
}

impl Shared {
    pub(super) fn set(&mut self, slot: Slot, bytes: &[u8]) {
        let text = || Some(String::from_utf8_lossy(bytes).into_owned());
        match slot {
            Slot::Session => self.session = text(),
            Slot::User => self.user = text(),
            Slot::Weight => self.weight = bytes.try_into().ok().map(f64::from_ne_bytes),
            _ => {}
        }
    }

    fn apply(&self, record: &mut Record) {
        record.session_id.clone_from(&self.session);
        record.user_id.clone_from(&self.user);
        let mut set = |key: &str, value: Value| record.metadata.insert(key.to_owned(), value);
        if let Some(weight) = self.weight {
            set(meta::SAMPLE_WEIGHT, weight.into());
        }
        if self.skeleton {
            set(meta::SKELETON, true.into());
        }
        if self.incomplete {
            set(meta::CAPTURE_COMPLETE, false.into());
        }
    }
}

/// One value of a span.
pub(super) struct Part {
    pub(super) slot: Slot,
    pub(super) payload: Payload,
    pub(super) truncated: Truncated,
}

pub(crate) enum Payload {
    Bytes(Vec<u8>),
    Deferred(Box<dyn Deferred>),
}

impl Payload {
    pub(super) fn size(&self) -> usize {
        match self {
            Payload::Bytes(bytes) => bytes.len() + size_of::<Part>(),
            Payload::Deferred(work) => work.size() + size_of::<Part>(),
        }
    }
}

impl Part {
    /// Says that something is missing.
    pub(super) fn incomplete() -> Part {
        let said = serde_json::json!({ (meta::CAPTURE_COMPLETE): false });
        Part {
            slot: Slot::Metadata,
            payload: Payload::Bytes(said.to_string().into_bytes()),
            truncated: false,
        }
    }

    /// Work is done once, when the span has ended; values can be shown before.
    pub(super) fn copy(&self) -> Option<Part> {
        match &self.payload {
            Payload::Bytes(bytes) => Some(Part {
                payload: Payload::Bytes(bytes.clone()),
                ..*self
            }),
            Payload::Deferred(_) => None,
        }
    }
}

impl FinishedSpan {
    /// About how much memory it holds.
    pub(super) fn size(&self) -> usize {
        size_of::<FinishedSpan>()
            + self
                .parts
                .iter()
                .map(|part| part.payload.size())
                .sum::<usize>()
    }

    /// Makes the record; runs deferred work, so not for a user's thread.
    pub(crate) fn into_record(self, clock: &Clock) -> Record {
        let site = Site::by_number(self.start.site);
        let parent = Some(self.start.parent).filter(|id| id.0 != 0);
        let mut record = Record {
            id: Some(RecordId::of(self.trace, self.span)),
            trace_id: Some(self.trace),
            span_id: Some(self.span),
            parent_span_id: parent,
            parent_id: parent.map(|parent| RecordId::of(self.trace, parent)),
            name: site.map(|site| site.name.to_owned()),
            kind: site.map(|site| site.kind),
            status: Some(self.end.map_or(Status::Running, |end| end.status)),
            started_at: Some(clock.time(self.start.ticks)),
            ended_at: self
                .end
                .map(|end| clock.time(end.ticks.max(self.start.ticks))),
            ..Record::default()
        };
        if let Some(site) = site {
            record.level = Some(site.level).filter(|&level| level != Level::Default);
            if !site.tags.is_empty() {
                record.tags = Some(site.tags.iter().map(|&tag| tag.to_owned()).collect());
            }
            merge_metadata(&mut record, site.metadata.as_bytes());
            let source = record.metadata.entry(meta::SOURCE);
            source.or_insert_with(|| site.source.into());
        }
        self.shared.apply(&mut record);
        if let Some(inherited) = &self.inherited {
            inherit(&mut record, inherited);
        }
        let mut status = None;
        let mut events = Vec::new();
        for part in self.parts {
            match (part.slot, &part.payload) {
                (Slot::Status, Payload::Bytes(code)) => status = code_of(code, Status::from_code),
                (Slot::FirstToken, Payload::Bytes(ticks)) => {
                    let ticks = ticks.as_slice().try_into().map(u64::from_ne_bytes);
                    let waited = clock
                        .time(ticks.unwrap_or(self.start.ticks))
                        .since(clock.time(self.start.ticks));
                    let millis = waited.as_millis() as u64;
                    record
                        .metadata
                        .insert(meta::TTFT_MS.to_owned(), millis.into());
                }
                (Slot::Event, Payload::Bytes(event)) => events.extend(Event::read(event, clock)),
                _ => apply(&mut record, part),
            }
        }
        if !events.is_empty() {
            record.events = Some(Json::from_value(&events));
        }
        if record.error.is_some() && record.status != Some(Status::Running) {
            record.status = Some(Status::Error);
        }
        record.status = status.or(record.status);
        if let (None, Some(error)) = (&record.output, &record.error) {
            let output = serde_json::json!({"error": error.message, "error_type": error.kind});
            record.output = Some(Json::from_value(&output));
        }
        if matches!(
            record.kind_or_default(),
            SpanKind::LlmCall | SpanKind::Embedding
        ) {
            price::apply(&mut record);
        }
        record
    }
}

fn apply(record: &mut Record, part: Part) {
    if part.truncated {
        record
            .metadata
            .insert(meta::TRUNCATED.to_owned(), true.into());
    }
    match part.payload {
        Payload::Bytes(bytes) => apply_bytes(record, part.slot, bytes),
        Payload::Deferred(work) => {
            if catch_unwind(AssertUnwindSafe(|| work.resolve(record))).is_err() {
                record
                    .metadata
                    .insert(meta::CAPTURE_COMPLETE.to_owned(), false.into());
            }
            // What our own serializer wrote is redacted already; what came over a wire is not.
            // Rewritten only if need be: that loses the order of keys.
            for payload in [&mut record.input, &mut record.output]
                .into_iter()
                .flatten()
            {
                let mut value = payload.to_value();
                if redact::redact(&mut value) {
                    *payload = Json::from_value(&value);
                }
            }
            let mut metadata = Value::Object(std::mem::take(&mut record.metadata));
            redact::redact(&mut metadata);
            if let Value::Object(metadata) = metadata {
                record.metadata = metadata;
            }
        }
    }
}

fn apply_bytes(record: &mut Record, slot: Slot, bytes: Vec<u8>) {
    match slot {
        Slot::Input => record.input = json(bytes),
        Slot::Output => record.output = json(bytes),
        Slot::Error => record.error = serde_json::from_slice::<ErrorInfo>(&bytes).ok(),
        Slot::Metadata => merge_metadata(record, &bytes),
        Slot::Name => record.name = Some(String::from_utf8_lossy(&bytes).into_owned()),
        Slot::Tag => {
            let tag = String::from_utf8_lossy(&bytes).into_owned();
            let tags = record.tags.get_or_insert_default();
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Slot::Kind => record.kind = code_of(&bytes, SpanKind::from_code),
        Slot::Level => record.level = code_of(&bytes, Level::from_code),
        Slot::Deferred
        | Slot::Status
        | Slot::Event
        | Slot::Session
        | Slot::User
        | Slot::FirstToken
        | Slot::Weight => {}
    }
}

fn code_of<T>(bytes: &[u8], from_code: fn(u8) -> Option<T>) -> Option<T> {
    bytes.first().copied().and_then(from_code)
}

fn inherit(record: &mut Record, inherited: &Inherited) {
    if let Some(session) = &inherited.session {
        record.session_id = Some(session.to_string());
    }
    if let Some(user) = &inherited.user {
        record.user_id = Some(user.to_string());
    }
    if let Some(agent) = &inherited.agent {
        let mut set = |key: &str, value: &str| record.metadata.insert(key.to_owned(), value.into());
        set(meta::AGENT, &agent.name);
        agent
            .role
            .as_deref()
            .map(|role| set(meta::AGENT_ROLE, role));
        agent
            .parent
            .as_deref()
            .map(|parent| set(meta::PARENT_AGENT, parent));
    }
}

/// An event as it is sent.
#[derive(Serialize)]
struct Event {
    name: String,
    at: carrot_wire::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
}

impl Event {
    /// Reads one as it was captured, with ticks for its time.
    fn read(captured: &[u8], clock: &Clock) -> Option<Event> {
        #[derive(Deserialize)]
        struct Captured {
            name: String,
            ticks: u64,
            level: Option<Level>,
            data: Option<Box<RawValue>>,
        }
        let captured: Captured = serde_json::from_slice(captured).ok()?;
        Some(Event {
            name: captured.name,
            at: clock.time(captured.ticks),
            level: captured.level,
            data: captured.data.filter(|data| data.get() != "null"),
        })
    }
}

/// Our serializer writes JSON; a `RawValue` of the user's inside may still not be.
fn json(bytes: Vec<u8>) -> Option<Json> {
    let text = String::from_utf8(bytes).ok()?;
    Some(Json::parse(text).unwrap_or_else(|_| Json::from_value(&"<not JSON>")))
}

fn merge_metadata(record: &mut Record, object: &[u8]) {
    if let Ok(Value::Object(metadata)) = serde_json::from_slice(object) {
        record.metadata.extend(metadata);
    }
}
