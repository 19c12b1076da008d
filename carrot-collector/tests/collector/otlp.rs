//! OpenTelemetry's dialect: `POST /v1/traces`.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Said;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value, json};

use crate::server::{Server, names};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
const NOON: u64 = 1_769_860_800_000_000_000;
/// The uuid's ends are the first half of the trace id, and the span id.
const ROOT: &str = "00000000-0000-0007-0000-000000000001";

/// An answer of HTTP/1.1 that ends with its connection.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    #[track_caller]
    fn assert(&self, status: u16, content_type: &str) -> &Answer {
        assert_eq!(self.status(), status, "{}", self.head);
        let line = format!("content-type: {content_type}\r\n");
        assert!(self.head.contains(&line), "{}", self.head);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn rejected(&self) -> (i64, String) {
        let answer = ExportTraceServiceResponse::decode(&*self.body).unwrap();
        let partial = answer.partial_success;
        partial.map_or((0, String::new()), |it| {
            (it.rejected_spans, it.error_message)
        })
    }
}

fn post(server: &Server, headers: &str, body: &[u8]) -> Answer {
    let mut stream = server.connect();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    Answer {
        head: String::from_utf8(answer[..end].to_vec()).unwrap(),
        body: answer.split_off(end),
    }
}

fn send(server: &Server, content_type: &str, body: &[u8]) -> Answer {
    post(server, &format!("Content-Type: {content_type}\r\n"), body)
}

/// A span of the trace 7, one second long.
fn span(number: u64, parent: u64, name: &str, attributes: &[(&str, &str)]) -> Span {
    let attributes = attributes.iter().map(|(key, text)| KeyValue {
        key: (*key).to_owned(),
        value: Some(AnyValue {
            value: Some(Said::StringValue((*text).to_owned())),
        }),
        key_strindex: 0,
    });
    Span {
        trace_id: (7_u128 << 64 | 9).to_be_bytes().to_vec(),
        span_id: number.to_be_bytes().to_vec(),
        parent_span_id: match parent {
            0 => Vec::new(),
            parent => parent.to_be_bytes().to_vec(),
        },
        name: name.to_owned(),
        start_time_unix_nano: NOON + number * 1_000_000_000,
        end_time_unix_nano: NOON + (number + 1) * 1_000_000_000,
        attributes: attributes.collect(),
        ..Span::default()
    }
}

fn request(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// An agent with a call of each convention.
fn agent() -> Vec<Span> {
    vec![
        span(
            3,
            1,
            "chat gpt-4o",
            &[
                ("gen_ai.operation.name", "chat"),
                ("gen_ai.provider.name", "openai"),
                ("gen_ai.request.model", "gpt-4o"),
                ("gen_ai.usage.input_tokens", "1000"),
                ("gen_ai.usage.output_tokens", "100"),
            ],
        ),
        span(
            4,
            1,
            "ChatCompletion",
            &[
                ("openinference.span.kind", "LLM"),
                ("llm.model_name", "gpt-4o"),
                ("llm.token_count.prompt", "10"),
                ("llm.input_messages.0.message.role", "user"),
                ("llm.input_messages.0.message.content", "zebra"),
            ],
        ),
        span(
            5,
            1,
            "openai.chat",
            &[
                ("llm.request.type", "chat"),
                ("gen_ai.request.model", "gpt-4o-mini"),
                ("gen_ai.prompt.0.content", "Hi"),
                ("gen_ai.usage.prompt_tokens", "5"),
            ],
        ),
        span(
            1,
            0,
            "plan",
            &[
                ("gen_ai.operation.name", "invoke_agent"),
                ("session.id", "chat-7"),
            ],
        ),
    ]
}

#[test]
fn spans_of_every_convention_are_read_back_as_a_tree() {
    let server = Server::start();
    let answer = send(&server, PROTOBUF, &request(agent()));
    answer.assert(200, PROTOBUF);
    assert!(answer.body.is_empty());
    let trace = server.read(&format!("/v1/traces/{ROOT}"));
    assert_eq!(
        (&trace["kind"], &trace["session_id"]),
        (&json!("agent"), &json!("chat-7"))
    );
    assert_eq!(
        names(&trace["children"]),
        ["chat gpt-4o", "ChatCompletion", "openai.chat"]
    );
    for call in trace["children"].as_array().unwrap() {
        assert_eq!(call["kind"], "llm_call");
        assert!(call["metadata"]["cost_usd"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(trace["totals"]["input_tokens"], 1015);
    assert_eq!(server.names("model=gpt-4o-mini"), ["plan"]);
    assert_eq!(server.names("q=zebra"), ["plan"]);
    // The trace's own id leads there too.
    let by_trace = server.read("/v1/traces/00000000000000070000000000000009");
    assert_eq!(by_trace["id"], ROOT);
}

#[test]
fn what_is_sent_again_or_in_another_order_is_the_same() {
    let server = Server::start();
    for span in agent() {
        send(&server, PROTOBUF, &request(vec![span])).assert(200, PROTOBUF);
    }
    let once = server.read(&format!("/v1/traces/{ROOT}"));
    send(&server, PROTOBUF, &request(agent())).assert(200, PROTOBUF);
    let server = server.restart();
    assert_eq!(server.read(&format!("/v1/traces/{ROOT}")), once);
    assert_eq!(server.names(""), ["plan"]);
    assert_eq!(once["totals"]["spans"], 4);
}

#[test]
fn json_is_taken_and_answered() {
    let server = Server::start();
    let span = json!({
        "traceId": "00000000000000070000000000000009", "spanId": "0000000000000001", "name": "in JSON", "kind": 1,
        "startTimeUnixNano": NOON.to_string(), "endTimeUnixNano": (NOON + 1).to_string(),
        "attributes": [{"key": "user.id", "value": {"stringValue": "u"}}, {"key": "n", "value": {"intValue": "7"}}],
        "status": {"code": 2, "message": "broke"},
    });
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"spans": [span]}],
    }]});
    let answer = send(
        &server,
        "application/json; charset=utf-8",
        body.to_string().as_bytes(),
    );
    assert_eq!(answer.assert(200, JSON).json(), json!({}));
    let trace = server.read(&format!("/v1/traces/{ROOT}"));
    assert_eq!(trace["user_id"], "u");
    assert_eq!(trace["error"]["message"], "broke");
    assert_eq!(trace["ended_at"], "2026-01-31T12:00:00.000000001Z");
    let metadata = &trace["metadata"];
    assert_eq!(
        (&metadata["n"], &metadata["source"]),
        (&json!(7), &json!("otlp"))
    );
    assert_eq!(metadata["resource"], json!({"service.name": "shop"}));
}

#[test]
fn packed_bodies_are_taken() {
    let server = Server::start();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&request(vec![span(1, 0, "gzip", &[])]))
        .unwrap();
    let zstd = zstd::encode_all(&*request(vec![span(2, 0, "zstd", &[])]), 3).unwrap();
    for (encoding, body) in [("gzip", gzip.finish().unwrap()), ("zstd", zstd)] {
        let headers = format!("Content-Type: {PROTOBUF}\r\nContent-Encoding: {encoding}\r\n");
        let answer = post(&server, &headers, &body);
        answer.assert(200, PROTOBUF);
        assert!(answer.head.contains("accept-encoding: zstd, gzip\r\n"));
    }
    assert_eq!(server.names(""), ["zstd", "gzip"]);
}

#[test]
fn a_span_that_cannot_be_taken_is_counted_with_the_reason() {
    let server = Server::start();
    let bad = Span {
        span_id: vec![0; 8],
        ..span(2, 0, "bad", &[])
    };
    let answer = send(
        &server,
        PROTOBUF,
        &request(vec![bad.clone(), span(1, 0, "good", &[]), bad.clone()]),
    );
    let reason = "span_id: not 8 bytes that are not all zero";
    assert_eq!(
        answer.assert(200, PROTOBUF).rejected(),
        (2, reason.to_owned())
    );
    let none = send(&server, PROTOBUF, &request(vec![bad]));
    assert_eq!(none.assert(200, PROTOBUF).rejected().0, 1);
    assert_eq!(server.names(""), ["good"]);
}

#[test]
fn what_is_no_request_is_refused_in_its_own_encoding() {
    /// `google.rpc.Status`
    #[derive(Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
    }
    let server = Server::with(|builder| builder.body_limit(1 << 20));
    let answer = send(&server, PROTOBUF, b"\xff");
    let status = Status::decode(&*answer.assert(400, PROTOBUF).body).unwrap();
    assert_eq!(status.code, 3);
    assert!(
        status.message.starts_with("the body is not the protobuf"),
        "{}",
        status.message
    );
    let answer = send(&server, JSON, b"{");
    let status = answer.assert(400, JSON).json();
    assert_eq!(status["code"], 3);
    assert!(
        status["message"]
            .as_str()
            .unwrap()
            .starts_with("the body is not the JSON")
    );

    let large = send(&server, JSON, &vec![b' '; (1 << 20) + 1]);
    assert_eq!(large.assert(413, JSON).json()["code"], 8);
    let headers = format!("Content-Type: {PROTOBUF}\r\nContent-Encoding: gzip\r\n");
    post(&server, &headers, b"no gzip").assert(400, PROTOBUF);
    let headers = format!("Content-Type: {PROTOBUF}\r\nContent-Encoding: br\r\n");
    post(&server, &headers, b"").assert(415, PROTOBUF);
    for headers in ["", "Content-Type: text/plain\r\n"] {
        let answer = post(&server, headers, &request(agent()));
        let reason = answer.assert(415, JSON).json();
        assert!(reason["error"].as_str().unwrap().contains(PROTOBUF));
    }
    assert_eq!(server.names(""), [""; 0]);
}

#[test]
fn a_header_names_the_project() {
    let server = Server::start();
    let headers = format!("Content-Type: {PROTOBUF}\r\nX-Carrot-Project: blue\r\n");
    post(&server, &headers, &request(agent())).assert(200, PROTOBUF);
    assert_eq!(server.names(""), [""; 0]);
    assert_eq!(server.names("project=blue"), ["plan"]);
    let headers = format!("Content-Type: {PROTOBUF}\r\nX-Carrot-Project: a\tb\r\n");
    post(&server, &headers, &request(agent())).assert(400, PROTOBUF);
}

/// A parent of itself, and two of each other.
#[test]
fn circles_of_parents_are_stored_all_the_same() {
    let server = Server::start();
    let spans = vec![
        span(1, 1, "own parent", &[]),
        span(2, 3, "a", &[]),
        span(3, 2, "b", &[]),
    ];
    send(&server, PROTOBUF, &request(spans)).assert(200, PROTOBUF);
    let roots = server.names("");
    assert_eq!(roots.len(), 2, "{roots:?}");
    assert!(roots.contains(&"own parent".to_owned()));
}
