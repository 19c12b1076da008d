//! A record as a span of OpenTelemetry's SDK.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use carrot_wire::genai::emit;
use carrot_wire::genai::emit::{AttributeValue, EmittedEvent, Options};
use carrot_wire::{Record, Status as Ended, Timestamp};
use opentelemetry::trace::{
    Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::export::answer::Refused;

/// The spans of a batch, and which of its records are none. A record of a span that is still open is passed over: there it
/// would be one that has ended, and come again.
pub(super) fn of_batch(records: &[Bytes], options: Options) -> (Vec<SpanData>, Vec<Refused>) {
    let (mut spans, mut refused) = (Vec::with_capacity(records.len()), Vec::new());
    for (index, json) in records.iter().enumerate() {
        let record = std::str::from_utf8(json).ok();
        match record.and_then(|json| Record::from_json(json).ok()) {
            Some(record) if record.status == Some(Ended::Running) => {}
            record => match record.and_then(|record| of(&record, options)) {
                Some(span) => spans.push(span),
                None => refused.push(Refused {
                    index,
                    why: "a record is no span that OpenTelemetry could have".to_owned(),
                }),
            },
        }
    }
    (spans, refused)
}

/// `None` without ids or times.
fn of(record: &Record, options: Options) -> Option<SpanData> {
    let trace = TraceId::from(record.trace_id?.0);
    let span = SpanId::from(record.span_id?.0);
    let started = record.started_at?;
    let parent = record.parent_span_id.map(|id| SpanId::from(id.0));
    let told = emit(record, options);
    let mut events = SpanEvents::default();
    events.events = told
        .events
        .into_iter()
        .map(|event| self::event(event, started))
        .collect();
    Some(SpanData {
        span_context: SpanContext::new(
            trace,
            span,
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: parent.unwrap_or(SpanId::INVALID),
        parent_span_is_remote: false,
        span_kind: if told.calls_model {
            SpanKind::Client
        } else {
            SpanKind::Internal
        },
        name: Cow::Owned(told.name),
        start_time: time(started),
        end_time: time(record.ended_at.unwrap_or(started)),
        attributes: attributes(told.attributes),
        dropped_attributes_count: 0,
        events,
        links: SpanLinks::default(),
        status: status(record),
        instrumentation_scope: InstrumentationScope::builder("carrot-ai")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    })
}

fn status(record: &Record) -> Status {
    match (&record.error, record.status) {
        (Some(error), _) => Status::error(error.message.clone()),
        (None, Some(Ended::Error)) => Status::error(""),
        (None, Some(Ended::Cancelled)) => Status::error("cancelled"),
        (None, Some(Ended::Success)) => Status::Ok,
        (None, Some(Ended::Running) | None) => Status::Unset,
    }
}

fn event(event: EmittedEvent, started: Timestamp) -> Event {
    Event::new(
        event.name,
        time(event.at.unwrap_or(started)),
        attributes(event.attributes),
        0,
    )
}

fn attributes(told: Vec<(Cow<'static, str>, AttributeValue)>) -> Vec<KeyValue> {
    told.into_iter()
        .map(|(name, value)| KeyValue::new(name, self::value(value)))
        .collect()
}

fn value(value: AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => text.into(),
        AttributeValue::Integer(number) => number.into(),
        AttributeValue::Float(number) => number.into(),
        AttributeValue::Bool(is) => is.into(),
        AttributeValue::Texts(texts) => {
            let texts = texts.into_iter().map(StringValue::from).collect();
            Value::Array(Array::String(texts))
        }
    }
}

/// What lies before 1970 is that.
fn time(time: Timestamp) -> SystemTime {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}
