use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::AttributeValue;
use super::said::text_of;
use crate::genai::names;
use crate::{Json, Level, Record, Timestamp};

/// Something that happened at a point in time inside a span.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmittedEvent {
    /// What happened; `exception` for the span's error.
    pub name: String,
    /// When; absent where nobody knows.
    pub at: Option<Timestamp>,
    /// What is said of it.
    pub attributes: Vec<(Cow<'static, str>, AttributeValue)>,
}

/// A record's events, and its error as the last of them.
pub(super) fn of(record: &Record, content: bool) -> Vec<EmittedEvent> {
    let events = record.events.as_ref().map(Json::as_str);
    let events: Vec<Value> = events
        .and_then(|events| serde_json::from_str(events).ok())
        .unwrap_or_default();
    let events = events.into_iter().filter_map(|event| read(event, content));
    events.chain(exception(record)).collect()
}

fn read(event: Value, content: bool) -> Option<EmittedEvent> {
    #[derive(Deserialize)]
    struct Event {
        name: String,
        at: Option<Timestamp>,
        level: Option<Level>,
        data: Option<Value>,
    }
    let event: Event = serde_json::from_value(event).ok()?;
    let mut attributes = Vec::new();
    if let Some(level) = event.level {
        let level = AttributeValue::Text(level.as_str().to_owned());
        attributes.push((names::CARROT_LEVEL.into(), level));
    }
    let mut data = match event.data.filter(|_| content) {
        Some(Value::Object(data)) => data,
        Some(data) => Map::from_iter([("data".to_owned(), data)]),
        None => Map::new(),
    };
    data.sort_keys();
    attributes.extend(
        data.into_iter()
            .filter_map(|(name, value)| Some((name.into(), plain(value)?))),
    );
    Some(EmittedEvent {
        name: event.name,
        at: event.at,
        attributes,
    })
}

/// A value as an attribute's; what OpenTelemetry has no form for is JSON text.
fn plain(value: Value) -> Option<AttributeValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(is) => AttributeValue::Bool(is),
        Value::String(text) => AttributeValue::Text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => AttributeValue::Integer(number),
            (None, Some(number)) => AttributeValue::Float(number),
            (None, None) => AttributeValue::Text(number.to_string()),
        },
        other => AttributeValue::Text(text_of(other)),
    })
}

fn exception(record: &Record) -> Option<EmittedEvent> {
    let error = record.error.as_ref()?;
    let mut attributes = Vec::new();
    for (name, text) in [
        (names::EXCEPTION_TYPE, error.kind.clone()),
        (names::EXCEPTION_MESSAGE, error.message.clone()),
        (names::EXCEPTION_STACKTRACE, error.chain.join("\n")),
    ] {
        if !text.is_empty() {
            attributes.push((name.into(), AttributeValue::Text(text)));
        }
    }
    Some(EmittedEvent {
        name: names::EXCEPTION.to_owned(),
        at: record.ended_at.or(record.started_at),
        attributes,
    })
}
