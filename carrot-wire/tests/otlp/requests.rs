//! Requests in both encodings.

use carrot_wire::Record;
use carrot_wire::otlp::{Encoding, Taken, read};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Said;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use serde_json::{Value, json};

pub(crate) const NOON: u64 = 1_769_860_800_000_000_000;

/// A finished span of one second.
pub(crate) fn span(name: &str) -> Span {
    Span {
        trace_id: hex("5b8efff798038103d269b633813fc60c"),
        span_id: hex("eee19b7ec3c1b174"),
        name: name.to_owned(),
        kind: 1,
        start_time_unix_nano: NOON,
        end_time_unix_nano: NOON + 1_000_000_000,
        ..Span::default()
    }
}

pub(crate) fn with(name: &str, attributes: Value) -> Span {
    Span {
        attributes: key_values(attributes),
        ..span(name)
    }
}

pub(crate) fn event(name: &str, attributes: Value) -> Event {
    Event {
        time_unix_nano: NOON + 1,
        name: name.to_owned(),
        attributes: key_values(attributes),
        dropped_attributes_count: 0,
    }
}

pub(crate) fn failed(message: &str) -> Option<Status> {
    Some(Status {
        message: message.to_owned(),
        code: 2,
    })
}

pub(crate) fn request(scope: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: key_values(json!({"service.name": "shop"})),
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: scope.to_owned(),
                    version: "1.2".to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans,
                schema_url: String::new(),
            }],
            schema_url: String::new(),
        }],
    }
}

/// What is taken of spans, the same by both encodings.
pub(crate) fn taken(scope: &str, spans: Vec<Span>) -> Taken {
    let request = request(scope, spans);
    let taken = read(Encoding::Protobuf, &request.encode_to_vec()).unwrap();
    let by_json = read(Encoding::Json, json_of(&request).to_string().as_bytes()).unwrap();
    assert_eq!(taken.records, by_json.records);
    assert_eq!(taken.rejected, by_json.rejected);
    taken
}

/// The record of a span.
pub(crate) fn record(span: Span) -> Record {
    let mut taken = taken("an.instrumentation", vec![span]);
    assert_eq!(taken.reason, None);
    taken.records.remove(0)
}

pub(crate) fn key_values(attributes: Value) -> Vec<KeyValue> {
    let Value::Object(attributes) = attributes else {
        panic!("not an object: {attributes}")
    };
    let key_value = |(key, value)| KeyValue {
        key,
        value: Some(any_value(value)),
        key_strindex: 0,
    };
    attributes.into_iter().map(key_value).collect()
}

pub(crate) fn any_value(value: Value) -> AnyValue {
    let value = match value {
        Value::Null => None,
        Value::Bool(is) => Some(Said::BoolValue(is)),
        Value::Number(number) => Some(match number.as_i64() {
            Some(number) => Said::IntValue(number),
            None => Said::DoubleValue(number.as_f64().unwrap()),
        }),
        Value::String(text) => Some(Said::StringValue(text)),
        Value::Array(values) => Some(Said::ArrayValue(ArrayValue {
            values: values.into_iter().map(any_value).collect(),
        })),
        object => Some(Said::KvlistValue(KeyValueList {
            values: key_values(object),
        })),
    };
    AnyValue { value }
}

/// A request as OTLP's specification has it in JSON.
pub(crate) fn json_of(request: &ExportTraceServiceRequest) -> Value {
    let of_resource = |it: &ResourceSpans| {
        let resource = it
            .resource
            .as_ref()
            .map(|it| json!({"attributes": attributes(&it.attributes)}));
        json!({"resource": resource, "scopeSpans": it.scope_spans.iter().map(of_scope).collect::<Vec<_>>()})
    };
    json!({"resourceSpans": request.resource_spans.iter().map(of_resource).collect::<Vec<_>>()})
}

fn of_scope(it: &ScopeSpans) -> Value {
    let scope = it.scope.as_ref().map(|it| {
        json!({"name": it.name, "version": it.version, "attributes": attributes(&it.attributes)})
    });
    json!({"scope": scope, "spans": it.spans.iter().map(of_span).collect::<Vec<_>>()})
}

fn of_span(it: &Span) -> Value {
    let event = |it: &Event| json!({"timeUnixNano": it.time_unix_nano.to_string(), "name": it.name, "attributes": attributes(&it.attributes)});
    let link = |it: &Link| json!({"traceId": to_hex(&it.trace_id), "spanId": to_hex(&it.span_id), "attributes": attributes(&it.attributes)});
    let mut span = json!({
        "traceId": to_hex(&it.trace_id),
        "spanId": to_hex(&it.span_id),
        "traceState": it.trace_state,
        "name": it.name,
        "kind": it.kind,
        "startTimeUnixNano": it.start_time_unix_nano.to_string(),
        "endTimeUnixNano": it.end_time_unix_nano.to_string(),
        "attributes": attributes(&it.attributes),
        "droppedAttributesCount": it.dropped_attributes_count,
        "events": it.events.iter().map(event).collect::<Vec<_>>(),
        "links": it.links.iter().map(link).collect::<Vec<_>>(),
    });
    if !it.parent_span_id.is_empty() {
        span["parentSpanId"] = to_hex(&it.parent_span_id).into();
    }
    if let Some(status) = &it.status {
        span["status"] = json!({"code": status.code, "message": status.message});
    }
    span
}

fn attributes(attributes: &[KeyValue]) -> Value {
    let of = |it: &KeyValue| json!({"key": it.key, "value": of_value(it.value.as_ref())});
    attributes.iter().map(of).collect()
}

fn of_value(value: Option<&AnyValue>) -> Value {
    match value.and_then(|it| it.value.as_ref()) {
        Some(Said::StringValue(text)) => json!({ "stringValue": text }),
        Some(Said::BoolValue(is)) => json!({ "boolValue": is }),
        Some(Said::IntValue(number)) => json!({"intValue": number.to_string()}),
        Some(Said::DoubleValue(number)) => json!({ "doubleValue": number }),
        Some(Said::ArrayValue(list)) => {
            let values: Vec<Value> = list.values.iter().map(|it| of_value(Some(it))).collect();
            json!({"arrayValue": {"values": values}})
        }
        Some(Said::KvlistValue(list)) => {
            json!({"kvlistValue": {"values": attributes(&list.values)}})
        }
        Some(Said::BytesValue(_) | Said::StringValueStrindex(_)) | None => json!({}),
    }
}

pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
