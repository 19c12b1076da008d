//! Requests in JSON, by the rules of protobuf's JSON with OTLP's own: ids are in hex, enums are numbers, integers of
//! 64 bits are strings. What senders write beside the rules is taken too: numbers for strings, names for enums.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::span::{self, Dropped, MAX_DEPTH, MAX_VALUES, Room, Scope, Span};
use super::{RequestError, SpanError, Taken};
use crate::genai::Attributes;
use crate::json;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, rename = "resourceSpans")]
    resource_spans: Option<Vec<ResourceSpans<'a>>>,
}

#[derive(Deserialize)]
struct ResourceSpans<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    #[serde(borrow, rename = "scopeSpans")]
    scope_spans: Option<Vec<ScopeSpans<'a>>>,
}

#[derive(Deserialize)]
struct ScopeSpans<'a> {
    #[serde(borrow)]
    scope: Option<&'a RawValue>,
    #[serde(borrow)]
    spans: Option<Vec<&'a RawValue>>,
}

pub(super) fn read(body: &[u8]) -> Result<Taken, RequestError> {
    let text = std::str::from_utf8(body).map_err(|_| RequestError::NoJson)?;
    // An array would be taken for the fields of an object, in their order.
    if !text.trim_start().starts_with('{') {
        return Err(RequestError::NoJson);
    }
    let request: Request<'_> = serde_json::from_str(text).map_err(|_| RequestError::NoJson)?;
    let (mut taken, mut room) = (Taken::default(), Room::new());
    for of_resource in request.resource_spans.into_iter().flatten() {
        let mut scope = Scope {
            resource: shared(&mut object(of_resource.resource)),
            ..Scope::default()
        };
        for of_scope in of_resource.scope_spans.into_iter().flatten() {
            scope.scope = self::scope(object(of_scope.scope));
            for raw in of_scope.spans.into_iter().flatten() {
                let span = span(raw.get(), room.next());
                taken.add(span, &scope, &room)?;
            }
        }
    }
    Ok(taken)
}

/// Whether a text holds few enough values to be read: each has two braces and two commas around it, at most.
fn is_bounded(text: &str) -> bool {
    text.len() <= 4 * MAX_VALUES || json::members(text) <= 4 * MAX_VALUES
}

/// What is common says less than a span: what is broken of it is left out.
fn object(raw: Option<&RawValue>) -> Map<String, Value> {
    let text = raw.map(RawValue::get).filter(|text| is_bounded(text));
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

fn shared(of: &mut Map<String, Value>) -> Map<String, Value> {
    let said = of.remove("attributes").unwrap_or_default();
    span::shared(attributes(said, &mut Room::new()).unwrap_or_default())
}

fn scope(mut of: Map<String, Value>) -> Map<String, Value> {
    let mut scope = shared(&mut of);
    for name in ["name", "version"] {
        let text = of.remove(name).map(string);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            scope.insert(name.to_owned(), text.into());
        }
    }
    scope
}

fn span(text: &str, room: &mut Room) -> Result<Span, SpanError> {
    if !is_bounded(text) {
        return Err(span::TOO_MANY);
    }
    let no_span = SpanError("the span is not the JSON of one");
    let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(|_| no_span)?;
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();

    let mut named = Attributes::default();
    for (name, value) in attributes(take("attributes"), room)? {
        named.insert(name, value);
    }
    let events = members(take("events"))?.into_iter();
    let links = members(take("links"))?.into_iter();
    let mut status = take("status");
    Ok(Span {
        trace_id: span::trace_id(&hex(&take("traceId")).unwrap_or_default())?,
        span_id: span::span_id(&hex(&take("spanId")).unwrap_or_default())?,
        // Any length that is wrong.
        parent: span::parent(&hex(&take("parentSpanId")).unwrap_or(vec![0]))?,
        trace_state: string(take("traceState")),
        name: string(take("name")),
        kind: one_of(&take("kind"), "SPAN_KIND_", KINDS),
        started: time(&take("startTimeUnixNano"))?,
        ended: time(&take("endTimeUnixNano"))?,
        events: events.map(|it| event(it, room)).collect::<Result<_, _>>()?,
        links: links.map(|it| link(it, room)).collect::<Result<_, _>>()?,
        dropped: Dropped {
            attributes: number(&take("droppedAttributesCount")).unwrap_or_default(),
            events: number(&take("droppedEventsCount")).unwrap_or_default(),
            links: number(&take("droppedLinksCount")).unwrap_or_default(),
        },
        status: match &mut status {
            Value::Object(said) => span::Status {
                code: one_of(
                    &said.remove("code").unwrap_or_default(),
                    "STATUS_CODE_",
                    CODES,
                ),
                message: string(said.remove("message").unwrap_or_default()),
            },
            _ => span::Status::default(),
        },
        attributes: named,
    })
}

const KINDS: &[&str] = &[
    "UNSPECIFIED",
    "INTERNAL",
    "SERVER",
    "CLIENT",
    "PRODUCER",
    "CONSUMER",
];
const CODES: &[&str] = &["UNSET", "OK", "ERROR"];

fn event(mut said: Value, room: &mut Room) -> Result<span::Event, SpanError> {
    room.take()?;
    if !said.is_object() {
        return Err(SpanError("events: not a list of events"));
    }
    Ok(span::Event {
        at: time(&said["timeUnixNano"])?,
        name: string(said["name"].take()),
        attributes: attributes(said["attributes"].take(), room)?,
    })
}

fn link(mut said: Value, room: &mut Room) -> Result<Value, SpanError> {
    room.take()?;
    if !said.is_object() {
        return Err(SpanError("links: not a list of links"));
    }
    let mut link = Map::new();
    let trace_id = hex(&said["traceId"]).and_then(|id| span::trace_id(&id).ok());
    link.extend(trace_id.map(|id| ("trace_id".to_owned(), id.to_string().into())));
    let span_id = hex(&said["spanId"]).and_then(|id| span::span_id(&id).ok());
    link.extend(span_id.map(|id| ("span_id".to_owned(), id.to_string().into())));
    let attributes = attributes(said["attributes"].take(), room)?;
    if !attributes.is_empty() {
        link.insert("attributes".to_owned(), attributes.into());
    }
    Ok(link.into())
}

fn attributes(said: Value, room: &mut Room) -> Result<Map<String, Value>, SpanError> {
    let key_values = members(said)?.into_iter();
    key_values.map(|it| key_value(it, 0, room)).collect()
}

fn key_value(said: Value, depth: usize, room: &mut Room) -> Result<(String, Value), SpanError> {
    let Value::Object(mut said) = said else {
        return Err(SpanError("attributes: not a list of keys with values"));
    };
    let mut take = |name: &str| said.remove(name).unwrap_or_default();
    let key = string(take("key"));
    Ok((key, any_value(take("value"), depth, room)?))
}

fn any_value(said: Value, depth: usize, room: &mut Room) -> Result<Value, SpanError> {
    if depth > MAX_DEPTH {
        return Err(SpanError("attributes: nested deeper than 40 levels"));
    }
    room.take()?;
    let Value::Object(said) = said else {
        return Ok(Value::Null);
    };
    let Some((form, mut value)) = said.into_iter().find(|(_, value)| !value.is_null()) else {
        return Ok(Value::Null);
    };
    Ok(match form.as_str() {
        "stringValue" | "boolValue" | "bytesValue" => value,
        "intValue" => integer(&value).map_or(value, Value::from),
        // "NaN" and "Infinity" stay the text that they are.
        "doubleValue" => match value.as_str().and_then(|text| text.parse().ok()) {
            Some(number) => span::float(number),
            None => value,
        },
        "arrayValue" if value.is_object() => members(value["values"].take())?
            .into_iter()
            .map(|member| any_value(member, depth + 1, room))
            .collect::<Result<Vec<Value>, SpanError>>()?
            .into(),
        "kvlistValue" if value.is_object() => members(value["values"].take())?
            .into_iter()
            .map(|member| key_value(member, depth + 1, room))
            .collect::<Result<Map<String, Value>, SpanError>>()?
            .into(),
        _ => Value::Null,
    })
}

/// A list, which may be absent.
fn members(said: Value) -> Result<Vec<Value>, SpanError> {
    match said {
        Value::Array(members) => Ok(members),
        Value::Null => Ok(Vec::new()),
        _ => Err(SpanError("attributes, events, links: not a list")),
    }
}

fn string(said: Value) -> String {
    match said {
        Value::String(text) => text,
        _ => String::new(),
    }
}

fn integer(said: &Value) -> Option<i64> {
    said.as_i64().or_else(|| said.as_str()?.parse().ok())
}

fn number(said: &Value) -> Option<u64> {
    said.as_u64().or_else(|| said.as_str()?.parse().ok())
}

fn time(said: &Value) -> Result<Option<crate::Timestamp>, SpanError> {
    if said.is_null() {
        return Ok(None);
    }
    let nanos = number(said).ok_or(SpanError("time: not nanoseconds since 1970"))?;
    span::time(nanos)
}

/// An enum's number, or the number of its name.
fn one_of(said: &Value, prefix: &str, names: &[&str]) -> u64 {
    let by_name = || {
        let name = said.as_str()?.strip_prefix(prefix)?;
        let place = names.iter().position(|known| *known == name)?;
        Some(place as u64)
    };
    number(said).or_else(by_name).unwrap_or_default()
}

/// Nothing for what is absent.
fn hex(said: &Value) -> Option<Vec<u8>> {
    let text = match said {
        Value::Null => "",
        other => other.as_str()?,
    };
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
            _ => None,
        })
        .collect()
}
