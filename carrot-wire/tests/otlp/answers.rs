//! Answers, read by OpenTelemetry's own messages.

use carrot_wire::otlp::{Answer, Encoding};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use serde_json::{Value, json};

fn in_json(answer: &Answer<'_>) -> Value {
    serde_json::from_slice(&answer.encode(Encoding::Json)).unwrap()
}

#[test]
fn what_was_taken_is_said_in_both_encodings() {
    let all = Answer::Taken {
        rejected: 0,
        message: "",
    };
    assert!(all.encode(Encoding::Protobuf).is_empty());
    assert_eq!(in_json(&all), json!({}));
    let some = Answer::Taken {
        rejected: 300,
        message: "span_id: …",
    };
    let read = ExportTraceServiceResponse::decode(&*some.encode(Encoding::Protobuf)).unwrap();
    let partial = read.partial_success.unwrap();
    assert_eq!(
        (partial.rejected_spans, &*partial.error_message),
        (300, "span_id: …")
    );
    let expected =
        json!({"partialSuccess": {"rejectedSpans": "300", "errorMessage": "span_id: …"}});
    assert_eq!(in_json(&some), expected);
}

#[test]
fn a_failure_is_a_status_of_rpc() {
    /// `google.rpc.Status`
    #[derive(Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
    }
    let message = "x".repeat(200);
    let failed = Answer::Failed {
        code: 3,
        message: &message,
    };
    let read = Status::decode(&*failed.encode(Encoding::Protobuf)).unwrap();
    assert_eq!((read.code, &read.message), (3, &message));
    assert_eq!(in_json(&failed), json!({"code": 3, "message": message}));
}

#[test]
fn a_content_type_names_its_encoding() {
    for (name, encoding) in [
        ("application/x-protobuf", Some(Encoding::Protobuf)),
        ("Application/JSON; charset=utf-8", Some(Encoding::Json)),
        ("application/protobuf", None),
        ("text/plain", None),
        ("", None),
    ] {
        assert_eq!(Encoding::of(name), encoding, "{name}");
    }
}
