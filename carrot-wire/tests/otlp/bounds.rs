//! What cannot be taken, and how much of a request that spoils.

use carrot_wire::otlp::{Encoding, MAX_SPANS, RequestError, read};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};

use crate::requests::{request, span, taken, with};

#[test]
fn a_span_with_wrong_ids_or_times_spoils_only_itself() {
    let wrong = [
        Span {
            trace_id: vec![0; 16],
            ..span("no trace")
        },
        Span {
            trace_id: vec![1; 15],
            ..span("short trace")
        },
        Span {
            span_id: vec![0; 8],
            ..span("no span")
        },
        Span {
            span_id: Vec::new(),
            ..span("absent span")
        },
        Span {
            parent_span_id: vec![1; 9],
            ..span("long parent")
        },
        Span {
            start_time_unix_nano: u64::MAX,
            ..span("late")
        },
    ];
    for wrong in wrong {
        let name = wrong.name.clone();
        let root = Span {
            parent_span_id: vec![0; 8],
            ..span("root")
        };
        let taken = taken("s", vec![span("first"), wrong, root]);
        let names: Vec<_> = taken.records.iter().map(|it| it.name.as_deref()).collect();
        assert_eq!(names, [Some("first"), Some("root")], "{name}");
        assert_eq!(taken.records[1].parent_span_id, None);
        assert_eq!(taken.rejected, 1);
        let reason = taken.reason.unwrap();
        assert!(
            reason.contains("_id: not") || reason.contains("2262"),
            "{reason}"
        );
    }
}

#[test]
fn a_body_that_is_no_request_is_refused() {
    for body in [&b"\xff"[..], b"\x0a\x05ab", b"{}", b"\x00", b"\x0b"] {
        assert_eq!(
            read(Encoding::Protobuf, body).unwrap_err(),
            RequestError::NoProtobuf,
            "{body:?}"
        );
    }
    for body in [
        &b"\xff"[..],
        b"",
        b"{",
        b"[]",
        b"1",
        br#"{"resourceSpans":{}}"#,
        br#"{"resourceSpans":[{"scopeSpans":[1]}]}"#,
    ] {
        assert_eq!(
            read(Encoding::Json, body).unwrap_err(),
            RequestError::NoJson,
            "{body:?}"
        );
    }
    assert_eq!(read(Encoding::Protobuf, b"").unwrap().records, []);
    assert_eq!(read(Encoding::Json, b"{}").unwrap().records, []);
}

#[test]
fn a_span_that_is_broken_spoils_only_itself() {
    let json = json!({"resourceSpans": [{"scopeSpans": [{"spans": [
        1, {}, {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b17"},
        {"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "kind": "SPAN_KIND_SERVER",
            "startTimeUnixNano": 5, "status": {"code": "STATUS_CODE_ERROR"}, "attributes": null, "unheard": [{}]},
        {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "attributes": [1]},
        {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "startTimeUnixNano": "noon"},
    ]}]}]});
    let taken = read(Encoding::Json, json.to_string().as_bytes()).unwrap();
    assert_eq!((taken.records.len(), taken.rejected), (1, 5));
    let record = serde_json::to_value(&taken.records[0]).unwrap();
    assert_eq!(record["id"], "5b8efff7-9803-8103-eee1-9b7ec3c1b174");
    assert_eq!(
        (&record["status"], &record["metadata"]["span_kind"]),
        (&json!("error"), &json!("server"))
    );

    // A span whose last byte is missing, between two that are whole.
    let whole = span("whole").encode_to_vec();
    let mut scope = Vec::new();
    for (length, bytes) in [
        (whole.len(), &whole[..]),
        (whole.len() - 1, &whole[..whole.len() - 1]),
        (whole.len(), &whole),
    ] {
        scope.extend([0x12, length as u8]);
        scope.extend(bytes);
    }
    let resource = [
        &[0x12, scope.len() as u8 | 0x80, (scope.len() >> 7) as u8],
        &scope[..],
    ]
    .concat();
    let body = [
        &[
            0x0a,
            resource.len() as u8 | 0x80,
            (resource.len() >> 7) as u8,
        ],
        &resource[..],
    ]
    .concat();
    let taken = read(Encoding::Protobuf, &body).unwrap();
    assert_eq!((taken.records.len(), taken.rejected), (2, 1));
    assert_eq!(taken.reason, Some("the span is not protobuf"));
}

#[test]
fn text_that_is_not_utf_8_is_taken_with_what_it_lacks_replaced() {
    let mut body = request("s", vec![span("?name?")]).encode_to_vec();
    let at = body.windows(6).position(|it| it == b"?name?").unwrap();
    body[at] = 0xff;
    let taken = read(Encoding::Protobuf, &body).unwrap();
    assert_eq!(taken.records[0].name.as_deref(), Some("\u{fffd}name?"));
}

#[test]
fn values_are_bounded_in_depth_and_number() {
    let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let kept = taken("s", vec![with("deep", json!({"x": nested(40)}))]);
    assert_eq!(kept.records[0].metadata["x"], nested(40));
    // Read back as a store does it.
    let text = serde_json::to_string(&kept.records[0]).unwrap();
    assert!(carrot_wire::Record::from_json(&text).is_ok());
    let refused = read(
        Encoding::Protobuf,
        &request("s", vec![with("deep", json!({"x": nested(41)}))]).encode_to_vec(),
    );
    assert_eq!(
        refused.unwrap().reason,
        Some("attributes: nested deeper than 40 levels")
    );
    // Deeper than JSON is read.
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let body =
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":{deep}}}]}}]}}]}}"#);
    assert_eq!(read(Encoding::Json, body.as_bytes()).unwrap().rejected, 1);
}

fn with_values(count: usize) -> Span {
    with("many", json!({"x": vec![Value::Null; count]}))
}

#[test]
fn many_small_values_spoil_their_span_and_then_their_request() {
    let kept = taken("s", vec![with_values(100_000)]);
    assert_eq!(kept.records.len(), 1);
    let refused = taken("s", vec![with_values(200_000), span("few")]);
    assert_eq!((refused.records.len(), refused.rejected), (1, 1));
    let reason = "attributes: more than 200,000 values in one span";
    assert_eq!(refused.reason, Some(reason));
    let request = request("s", vec![with_values(199_000); 11]).encode_to_vec();
    assert_eq!(
        read(Encoding::Protobuf, &request).unwrap_err(),
        RequestError::TooMany
    );

    // Fields that nobody knows are counted before they are read.
    let unknown = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"x":[0{}]}}]}}]}}]}}"#,
        ",0".repeat(800_000)
    );
    let refused = read(Encoding::Json, unknown.as_bytes()).unwrap();
    assert_eq!(refused.reason, Some(reason));
}

#[test]
fn numbers_that_json_lacks_are_texts() {
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Said;
    let mut span = with("odd", json!({"x": 0.5}));
    span.attributes[0].value.as_mut().unwrap().value = Some(Said::DoubleValue(f64::NAN));
    let taken = read(
        Encoding::Protobuf,
        &request("s", vec![span]).encode_to_vec(),
    )
    .unwrap();
    assert_eq!(taken.records[0].metadata["x"], "NaN");
}

#[test]
fn too_many_spans_are_refused_together() {
    let all = request("s", vec![span("x"); MAX_SPANS]).encode_to_vec();
    assert_eq!(
        read(Encoding::Protobuf, &all).unwrap().records.len(),
        MAX_SPANS
    );
    let more = request("s", vec![span("x"); MAX_SPANS + 1]).encode_to_vec();
    assert_eq!(
        read(Encoding::Protobuf, &more).unwrap_err(),
        RequestError::TooMany
    );
}

#[test]
fn what_all_spans_would_copy_is_bounded() {
    let mut request = request("s", vec![span("x")]);
    let resource = request.resource_spans[0].resource.as_mut().unwrap();
    resource.attributes.extend(crate::requests::key_values(
        json!({"huge": "x".repeat(10_000), "zone": "b"}),
    ));
    let taken = read(Encoding::Protobuf, &request.encode_to_vec()).unwrap();
    let expected = json!({"service.name": "shop", "zone": "b"});
    assert_eq!(taken.records[0].metadata["resource"], expected);
}
