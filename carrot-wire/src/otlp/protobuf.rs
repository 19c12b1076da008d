//! Requests in protobuf. Numbers of fields are those of `opentelemetry/proto/{trace,common,resource}/v1`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use super::span::{self, Dropped, Event, MAX_DEPTH, Room, Scope, Span, Status};
use super::wire::{Broken, Fields, Value};
use super::{RequestError, SpanError, Taken};
use crate::genai::Attributes;

impl From<Broken> for RequestError {
    fn from(_: Broken) -> RequestError {
        RequestError::NoProtobuf
    }
}

impl From<Broken> for SpanError {
    fn from(_: Broken) -> SpanError {
        SpanError("the span is not protobuf")
    }
}

pub(super) fn read(body: &[u8]) -> Result<Taken, RequestError> {
    let (mut taken, mut room) = (Taken::default(), Room::new());
    for resource in messages(body, 1) {
        let resource_spans = resource?;
        let mut scope = Scope::default();
        // Fields may come in any order, so what is common comes first.
        for resource in messages(resource_spans, 1) {
            scope.resource = span::shared(attributes(resource?, 1));
        }
        for scope_spans in messages(resource_spans, 2) {
            let scope_spans = scope_spans?;
            scope.scope = Map::new();
            for said in messages(scope_spans, 1) {
                scope.scope = self::scope(said?);
            }
            for span in messages(scope_spans, 2) {
                let span = self::span(span?, room.next());
                taken.add(span, &scope, &room)?;
            }
        }
    }
    Ok(taken)
}

/// The messages in the fields of a number.
fn messages(message: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8], Broken>> {
    Fields::of(message).filter_map(move |field| match field {
        Ok((found, value)) if found == number => value.bytes().map(Ok),
        Ok(_) => None,
        Err(broken) => Some(Err(broken)),
    })
}

/// What is common says less than a span: what is broken of it is left out.
fn attributes(message: &[u8], number: u32) -> Map<String, Json> {
    let mut room = Room::new();
    messages(message, number)
        .map_while(Result::ok)
        .filter_map(|attribute| key_value(attribute, 0, &mut room).ok())
        .collect()
}

fn scope(message: &[u8]) -> Map<String, Json> {
    let mut scope = span::shared(attributes(message, 3));
    for (number, value) in Fields::of(message).map_while(Result::ok) {
        let name = match number {
            1 => "name",
            2 => "version",
            _ => continue,
        };
        if let Some(text) = value.text().filter(|text| !text.is_empty()) {
            scope.insert(name.to_owned(), text.into());
        }
    }
    scope
}

fn span(message: &[u8], room: &mut Room) -> Result<Span, SpanError> {
    let (mut trace_id, mut span_id, mut parent): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    let (mut trace_state, mut name) = (String::new(), String::new());
    let (mut kind, mut started, mut ended) = (0, 0, 0);
    let (mut attributes, mut status) = (Attributes::default(), Status::default());
    let (mut events, mut links, mut dropped) = (Vec::new(), Vec::new(), Dropped::default());
    for field in Fields::of(message) {
        let (number, value) = field?;
        let bytes = value.bytes().unwrap_or_default();
        let count = value.number().unwrap_or_default();
        match number {
            1 => trace_id = bytes,
            2 => span_id = bytes,
            3 => trace_state = value.text().unwrap_or_default(),
            4 => parent = bytes,
            5 => name = value.text().unwrap_or_default(),
            6 => kind = count,
            7 => started = count,
            8 => ended = count,
            9 => {
                let (name, value) = key_value(bytes, 0, room)?;
                attributes.insert(name, value);
            }
            10 => dropped.attributes = count,
            11 => events.push(event(bytes, room)?),
            12 => dropped.events = count,
            13 => links.push(link(bytes, room)?),
            14 => dropped.links = count,
            15 => status = self::status(bytes)?,
            _ => {}
        }
    }
    Ok(Span {
        trace_id: span::trace_id(trace_id)?,
        span_id: span::span_id(span_id)?,
        parent: span::parent(parent)?,
        trace_state,
        name,
        kind,
        started: span::time(started)?,
        ended: span::time(ended)?,
        attributes,
        events,
        links,
        dropped,
        status,
    })
}

fn event(message: &[u8], room: &mut Room) -> Result<Event, SpanError> {
    room.take()?;
    let mut event = Event::default();
    for field in Fields::of(message) {
        match field? {
            (1, value) => event.at = span::time(value.number().unwrap_or_default())?,
            (2, value) => event.name = value.text().unwrap_or_default(),
            (3, Value::Bytes(bytes)) => {
                event.attributes.extend([key_value(bytes, 0, room)?]);
            }
            _ => {}
        }
    }
    Ok(event)
}

fn link(message: &[u8], room: &mut Room) -> Result<Json, SpanError> {
    room.take()?;
    let (mut link, mut attributes) = (Map::new(), Map::new());
    for field in Fields::of(message) {
        match field? {
            (1, Value::Bytes(id)) => {
                link.extend(
                    span::trace_id(id).map(|id| ("trace_id".to_owned(), id.to_string().into())),
                );
            }
            (2, Value::Bytes(id)) => {
                link.extend(
                    span::span_id(id).map(|id| ("span_id".to_owned(), id.to_string().into())),
                );
            }
            (4, Value::Bytes(bytes)) => attributes.extend([key_value(bytes, 0, room)?]),
            _ => {}
        }
    }
    if !attributes.is_empty() {
        link.insert("attributes".to_owned(), attributes.into());
    }
    Ok(link.into())
}

fn status(message: &[u8]) -> Result<Status, SpanError> {
    let mut status = Status::default();
    for field in Fields::of(message) {
        match field? {
            (2, value) => status.message = value.text().unwrap_or_default(),
            (3, value) => status.code = value.number().unwrap_or_default(),
            _ => {}
        }
    }
    Ok(status)
}

fn key_value(message: &[u8], depth: usize, room: &mut Room) -> Result<(String, Json), SpanError> {
    let (mut key, mut said) = (String::new(), Json::Null);
    for field in Fields::of(message) {
        match field? {
            (1, value) => key = value.text().unwrap_or_default(),
            (2, Value::Bytes(bytes)) => said = any_value(bytes, depth, room)?,
            _ => {}
        }
    }
    Ok((key, said))
}

fn any_value(message: &[u8], depth: usize, room: &mut Room) -> Result<Json, SpanError> {
    if depth > MAX_DEPTH {
        return Err(SpanError("attributes: nested deeper than 40 levels"));
    }
    room.take()?;
    let mut said = Json::Null;
    for field in Fields::of(message) {
        let (number, value) = field?;
        said = match (number, value) {
            (1, Value::Bytes(text)) => String::from_utf8_lossy(text).into(),
            (2, Value::Varint(is)) => (is != 0).into(),
            (3, Value::Varint(number)) => (number as i64).into(),
            (4, Value::Fixed64(bits)) => span::float(f64::from_bits(bits)),
            (5, Value::Bytes(list)) => messages(list, 1)
                .map(|member| any_value(member?, depth + 1, room))
                .collect::<Result<Vec<Json>, SpanError>>()?
                .into(),
            (6, Value::Bytes(list)) => messages(list, 1)
                .map(|member| key_value(member?, depth + 1, room))
                .collect::<Result<Map<String, Json>, SpanError>>()?
                .into(),
            (7, Value::Bytes(bytes)) => STANDARD.encode(bytes).into(),
            _ => continue,
        };
    }
    Ok(said)
}
