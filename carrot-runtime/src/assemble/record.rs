//! The record that is made of a span.

use std::panic::{AssertUnwindSafe, catch_unwind};

use carrot_wire::record::{ErrorInfo, meta};
use carrot_wire::{Json, Level, Record, RecordId, SpanKind, Status, Timestamp, redact};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::finished::{FinishedSpan, Shared};
use super::parts::{Part, Payload};
use crate::Site;
use crate::clock::Clock;
use crate::inherit::Inherited;
use crate::line::frame::Slot;
use crate::span::Deferred;

impl FinishedSpan {
    /// Makes the record; runs deferred work, so not for a user's thread.
    pub(crate) fn into_record(self, clock: &Clock) -> Record {
        let parent = Some(self.parent).filter(|id| id.0 != 0);
        let is_running = self.status == Status::Running;
        let ended = self.ended.max(self.started);
        let mut draft = Draft {
            record: Record {
                id: Some(RecordId::of(self.trace, self.span)),
                trace_id: Some(self.trace),
                span_id: Some(self.span),
                parent_span_id: parent,
                parent_id: parent.map(|parent| RecordId::of(self.trace, parent)),
                status: Some(self.status),
                started_at: Some(clock.time(self.started)),
                ended_at: (!is_running).then(|| clock.time(ended)),
                ..Record::default()
            },
            clock,
            status: None,
            events: Vec::new(),
        };
        if let Some(site) = Site::by_number(self.site) {
            draft.site(site);
        }
        if let Some(shared) = &self.shared {
            draft.shared(shared);
        }
        if let Some(inherited) = &self.inherited {
            draft.inherited(inherited);
        }
        for part in self.parts.in_order() {
            draft.part(part);
        }
        draft.finish()
    }
}

/// A record in the making: what is said later overwrites what was said before.
struct Draft<'a> {
    record: Record,
    clock: &'a Clock,
    /// What the user said it to be.
    status: Option<Status>,
    events: Vec<Event>,
}

impl Draft<'_> {
    fn meta(&mut self, key: &str, value: impl Into<Value>) {
        self.record.metadata.insert(key.to_owned(), value.into());
    }

    /// What is the same for all spans of one place in the code.
    fn site(&mut self, site: &Site) {
        self.record.name = Some(site.name.to_owned());
        self.record.kind = Some(site.kind);
        self.record.level = Some(site.level).filter(|&level| level != Level::Default);
        if !site.tags.is_empty() {
            self.record.tags = Some(site.tags.iter().map(|&tag| tag.to_owned()).collect());
        }
        self.object(site.metadata.as_bytes());
        let source = self.record.metadata.entry(meta::SOURCE);
        source.or_insert_with(|| site.source.into());
    }

    /// What is the same for all spans of a trace.
    fn shared(&mut self, shared: &Shared) {
        let text = |said: &Option<(u64, String)>| said.as_ref().map(|(_, text)| text.clone());
        self.record.session_id = text(&shared.session);
        self.record.user_id = text(&shared.user);
        if let Some(weight) = shared.weight {
            self.meta(meta::SAMPLE_WEIGHT, weight);
        }
        if shared.skeleton {
            self.meta(meta::SKELETON, true);
        }
        if shared.incomplete {
            self.meta(meta::CAPTURE_COMPLETE, false);
        }
    }

    /// What is the same for all spans of a scope.
    fn inherited(&mut self, inherited: &Inherited) {
        if let Some(session) = &inherited.session {
            self.record.session_id = Some(session.to_string());
        }
        if let Some(user) = &inherited.user {
            self.record.user_id = Some(user.to_string());
        }
        if let Some(agent) = &inherited.agent {
            self.meta(meta::AGENT, &*agent.name);
            if let Some(role) = agent.role.as_deref() {
                self.meta(meta::AGENT_ROLE, role);
            }
            if let Some(parent) = agent.parent.as_deref() {
                self.meta(meta::PARENT_AGENT, parent);
            }
        }
    }

    fn part(&mut self, part: Part) {
        if part.truncated {
            self.meta(meta::TRUNCATED, true);
        }
        match part.payload {
            Payload::Bytes(bytes) => self.value(part.slot, bytes),
            Payload::Deferred(work) => self.resolve(work),
        }
    }

    fn value(&mut self, slot: Slot, bytes: Vec<u8>) {
        let record = &mut self.record;
        match slot {
            Slot::Input => record.input = json(bytes),
            Slot::Output => record.output = json(bytes),
            Slot::Error => record.error = serde_json::from_slice::<ErrorInfo>(&bytes).ok(),
            Slot::Metadata => self.object(&bytes),
            Slot::Name => record.name = Some(String::from_utf8_lossy(&bytes).into_owned()),
            Slot::Tag => {
                let tag = String::from_utf8_lossy(&bytes).into_owned();
                let tags = record.tags.get_or_insert_default();
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
            Slot::Kind => record.kind = code(&bytes, SpanKind::from_code),
            Slot::Level => record.level = code(&bytes, Level::from_code),
            Slot::Status => self.status = code(&bytes, Status::from_code),
            Slot::Event => self.events.extend(Event::read(&bytes, self.clock)),
            Slot::FirstToken => self.first_token(&bytes),
            // Work comes as such, and the others are of the whole trace.
            Slot::Deferred | Slot::Session | Slot::User | Slot::Weight => {}
        }
    }

    /// Keys for the metadata, as the text of a JSON object.
    fn object(&mut self, object: &[u8]) {
        if let Ok(Value::Object(metadata)) = serde_json::from_slice(object) {
            self.record.metadata.extend(metadata);
        }
    }

    fn first_token(&mut self, ticks: &[u8]) {
        if let (Ok(ticks), Some(started)) = (ticks.try_into(), self.record.started_at) {
            let came = self.clock.time(u64::from_ne_bytes(ticks));
            self.meta(meta::TTFT_MS, came.since(started).as_millis() as u64);
        }
    }

    fn resolve(&mut self, work: Box<dyn Deferred>) {
        let record = &mut self.record;
        let resolved = catch_unwind(AssertUnwindSafe(|| work.resolve(record)));
        // What our own serializer wrote is redacted already; what came over a wire is not.
        // Rewritten only if need be: that loses the order of keys.
        for payload in [&mut record.input, &mut record.output, &mut record.exchange]
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
        if resolved.is_err() {
            self.meta(meta::CAPTURE_COMPLETE, false);
        }
    }

    fn finish(self) -> Record {
        let Draft {
            mut record,
            status,
            mut events,
            ..
        } = self;
        events.sort_by_key(|event| event.at);
        if !events.is_empty() {
            record.events = Some(Json::from_value(&events));
        }
        if record.error.is_some() && record.status != Some(Status::Running) {
            record.status = Some(Status::Error);
        }
        record.status = status.or(record.status);
        if matches!(
            record.kind_or_default(),
            SpanKind::LlmCall | SpanKind::Embedding
        ) {
            crate::prices().apply(&mut record);
        }
        record
    }
}

fn code<T>(bytes: &[u8], from_code: fn(u8) -> Option<T>) -> Option<T> {
    bytes.first().copied().and_then(from_code)
}

/// Our serializer writes JSON; a `RawValue` of the user's inside may still not be.
fn json(bytes: Vec<u8>) -> Option<Json> {
    let text = String::from_utf8(bytes).ok()?;
    Some(Json::parse(text).unwrap_or_else(|_| Json::from_value(&"<not JSON>")))
}

/// An event as it is sent.
#[derive(Serialize)]
struct Event {
    name: String,
    at: Timestamp,
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
