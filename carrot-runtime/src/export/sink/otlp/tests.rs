//! What a batch comes to, over real sockets.

mod exporters;
mod receiver;

use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};

use super::Otlp as Sink;
use crate::config::{Builder, Compression, Otlp};
use crate::export::answer::Outcome;
use receiver::{Answer, Receiver, partial, status};

const TRACE: &str = "0123456789abcdef0123456789abcdef";

/// A record as it is queued.
fn record(span: u64, more: Value) -> Bytes {
    let mut record = json!({
        "id": format!("01234567-89ab-cdef-0000-{span:012x}"),
        "trace_id": TRACE, "span_id": format!("{span:016x}"), "name": "step", "kind": "function", "status": "success",
        "started_at": "2026-01-01T00:00:00.5Z", "ended_at": "2026-01-01T00:00:01Z", "input": {"q": 1}, "output": "ok",
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        record[key] = value.clone();
    }
    record.to_string().into()
}

fn records(count: u64) -> Vec<Bytes> {
    (1..=count).map(|span| record(span, json!({}))).collect()
}

fn resolve(builder: Builder) -> Result<Sink, String> {
    let config = builder.resolve(&|_| None).map_err(|it| it.to_string())?;
    Sink::new(&config, &config.otlp[0]).map_err(|it| it.to_string())
}

fn sink(otlp: Otlp) -> Sink {
    resolve(Builder::default().otlp(otlp)).unwrap()
}

fn to(receiver: &Receiver) -> Otlp {
    Otlp::new(receiver.url()).unwrap()
}

/// What becomes of two records where the endpoint answers so.
async fn outcome_of(answer: Answer) -> Outcome {
    let receiver = Receiver::answering(move |_| answer.clone()).await;
    let sink = sink(to(&receiver).header("authorization", "Bearer sk-0123456789"));
    sink.send(&records(2)).await
}

#[track_caller]
fn refused(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { why } => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn spans_arrive_as_they_were() {
    let receiver = Receiver::answering(|_| Answer::Taken).await;
    let sink = sink(to(&receiver).header("x-key", "k"));
    let batch = [
        record(1, json!({"tags": ["a"], "session_id": "s"})),
        record(
            2,
            json!({
                "parent_span_id": "0000000000000001", "kind": "llm_call", "name": "chat.completions",
                "input": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
                "error": {"message": "slow down", "type": "rate_limit"}, "status": "error",
                "metadata": {"input_tokens": 3, "cost_usd": 0.5},
            }),
        ),
        record(3, json!({"status": "running"})),
    ];
    let outcome = sink.send(&batch).await;
    assert!(matches!(outcome, Outcome::Delivered { refused } if refused.is_empty()));
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.path, "/v1/traces");
    assert_eq!(request.headers["content-type"], "application/x-protobuf");
    assert_eq!(request.headers["x-key"], "k");
    assert!(
        !request.headers.contains_key("content-encoding"),
        "to this machine"
    );
    let resource = &request.body.resource_spans[0];
    let names: Vec<&str> = resource
        .resource
        .iter()
        .flat_map(|it| &it.attributes)
        .map(|it| &*it.key)
        .collect();
    for name in [
        "service.name",
        "telemetry.sdk.name",
        "telemetry.distro.name",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(resource.scope_spans.len(), 1);
    assert_eq!(
        resource.scope_spans[0].scope.as_ref().unwrap().name,
        "carrot-ai"
    );
    let spans = receiver.spans();
    assert_eq!(spans.len(), 2, "an open span is not sent");
    let (step, call) = (&spans[0], &spans[1]);
    assert_eq!(step.trace_id, call.trace_id);
    assert_eq!(step.trace_id[..2], [0x01, 0x23]);
    assert_eq!(step.span_id, 1u64.to_be_bytes());
    assert!(step.parent_span_id.is_empty());
    assert_eq!(call.parent_span_id, step.span_id);
    assert_eq!(
        step.end_time_unix_nano - step.start_time_unix_nano,
        500_000_000
    );
    assert_eq!(
        (step.kind(), call.kind()),
        (SpanKind::Internal, SpanKind::Client)
    );
    assert_eq!((&*step.name, &*call.name), ("step", "chat m"));
    let attribute = |name: &str| {
        let found = call.attributes.iter().find(|it| it.key == name);
        found.and_then(|it| it.value.clone()?.value)
    };
    assert_eq!(
        attribute("gen_ai.usage.input_tokens"),
        Some(Any::IntValue(3))
    );
    assert_eq!(attribute("gen_ai.usage.cost"), Some(Any::DoubleValue(0.5)));
    assert_eq!(
        attribute("openinference.span.kind"),
        Some(Any::StringValue("LLM".to_owned()))
    );
    let status = |at: usize| spans[at].status.clone().unwrap();
    assert_eq!(status(0).code(), StatusCode::Ok);
    assert_eq!(status(1).code(), StatusCode::Error);
    assert_eq!(status(1).message, "slow down");
    assert_eq!(call.events[0].name, "exception");
}

#[tokio::test]
async fn what_is_no_span_is_refused_alone() {
    let receiver = Receiver::answering(|_| Answer::Taken).await;
    let sink = sink(to(&receiver));
    let batch = [
        record(1, json!({})),
        Bytes::from_static(b"{"),
        record(2, json!({"trace_id": null})),
        record(3, json!({})),
    ];
    let Outcome::Delivered { refused } = sink.send(&batch).await else {
        panic!("not delivered")
    };
    let places: Vec<usize> = refused.iter().map(|it| it.index).collect();
    assert_eq!(places, [1, 2]);
    assert_eq!(receiver.spans().len(), 2);
}

#[tokio::test]
async fn every_success_is_understood() {
    for answer in [
        Answer::Taken,
        status(200, "application/json", "{}"),
        status(
            200,
            "application/json; charset=utf-8",
            r#"{"partialSuccess": {}}"#,
        ),
        status(202, "", ""),
        partial(0, "a hint"),
    ] {
        let outcome = outcome_of(answer.clone()).await;
        assert!(
            matches!(&outcome, Outcome::Delivered { refused } if refused.is_empty()),
            "{answer:?}: {outcome:?}"
        );
    }
    for answer in [
        partial(1, "one is too old"),
        status(
            200,
            "application/json",
            r#"{"partialSuccess": {"rejectedSpans": "1", "errorMessage": "one is too old"}}"#,
        ),
    ] {
        let Outcome::Delivered { refused } = outcome_of(answer).await else {
            panic!("not delivered")
        };
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].why, "one is too old");
        assert!(refused[0].index > 1_000_000, "nobody knows which");
    }
    let Outcome::Delivered { refused } = outcome_of(partial(i64::MAX, "")).await else {
        panic!("not delivered")
    };
    assert_eq!(refused.len(), 2, "no more than there were");
}

#[tokio::test]
async fn what_may_get_better_is_tried_again() {
    for (code, seconds) in [
        (429, Some(7)),
        (503, Some(2)),
        (502, None),
        (504, None),
        (500, None),
    ] {
        let header = seconds.map(|it: u64| ("retry-after", it.to_string()));
        let outcome = outcome_of(Answer::Say(code, header, "text/plain", "later".into())).await;
        let Outcome::Retry {
            after,
            nobody_listens,
            ..
        } = outcome
        else {
            panic!("{code}: {outcome:?}")
        };
        assert_eq!(after.map(|it| it.as_secs()), seconds);
        assert!(!nobody_listens);
    }
    let gone = Receiver::answering(|_| Answer::Taken)
        .await
        .url()
        .to_owned();
    let outcome = sink(Otlp::new(gone).unwrap()).send(&records(1)).await;
    assert!(
        matches!(
            outcome,
            Outcome::Retry {
                nobody_listens: true,
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_will_not_get_better_is_refused() {
    assert!(matches!(
        outcome_of(status(413, "", "")).await,
        Outcome::TooLarge
    ));
    let outcome = outcome_of(status(
        401,
        "application/json",
        r#"{"message":"no such key: sk-0123456789"}"#,
    ))
    .await;
    let Outcome::KeyRefused { why } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.ends_with("(no such key: …)"), "{why}");
    let why = refused(outcome_of(Answer::Fail(400, "too many attributes\nhere")).await);
    assert!(
        why.contains("/v1/traces answers 400 Bad Request (too many attributes here)"),
        "{why}"
    );
    for code in [301, 307] {
        let to = ("location", "http://elsewhere.test/".to_owned());
        let why = refused(outcome_of(Answer::Say(code, Some(to), "", String::new())).await);
        assert!(why.contains("a redirect"), "{why}");
    }
    for (code, kind, body) in [
        (200, "text/html", "<html>Sign in</html>"),
        (404, "text/html", "<html>Not here</html>"),
        (405, "text/plain", "no"),
        (200, "text/plain", "hello"),
        (200, "application/x-protobuf", "\u{7f}\u{7f}"),
        (200, "application/json", "<"),
    ] {
        let why = refused(outcome_of(status(code, kind, body)).await);
        assert!(
            why.contains("/v1/traces") && why.contains("application/x-protobuf"),
            "{why}"
        );
        assert!(!why.contains("html>"), "{why}");
    }
}

#[tokio::test]
async fn bodies_are_packed_until_they_are_refused() {
    let receiver = Receiver::answering(|number| match number {
        1 => status(415, "", ""),
        _ => Answer::Taken,
    })
    .await;
    let builder = Builder::default().compression(Compression::Zstd);
    let sink = resolve(builder.otlp(to(&receiver))).unwrap();
    let outcome = sink.send(&records(50)).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }));
    let outcome = sink.send(&records(50)).await;
    assert!(matches!(outcome, Outcome::Retry { .. }));
    let outcome = sink.send(&records(50)).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }));
    let requests = receiver.requests();
    let packed: Vec<_> = requests
        .iter()
        .map(|it| it.headers.get("content-encoding").cloned())
        .collect();
    assert_eq!(packed[0].as_ref().unwrap(), "gzip", "OTLP has no zstd");
    assert_eq!(packed[2], None);
    assert_eq!(receiver.spans().len(), 150, "each could be read");
}

#[test]
fn mistakes_are_named_with_the_fix() {
    let wrong = |endpoint: &str| Otlp::new(endpoint).unwrap_err().to_string();
    assert!(wrong("nonsense").contains("is no URL"));
    assert!(wrong("ftp://host/x").contains("has another scheme: use http://host:4318/v1/traces"));
    let why = wrong("https://me:secret@host");
    assert!(
        !why.contains("secret") && why.contains("set a header"),
        "{why}"
    );
    let otlp = || Otlp::new("http://host").unwrap();
    let why = resolve(Builder::default().otlp(otlp().header("a b", "c")))
        .err()
        .unwrap();
    assert!(why.contains("\"a b\" is no name of a header"), "{why}");
    let why = resolve(Builder::default().otlp(otlp().header("key", "sk\nx")))
        .err()
        .unwrap();
    assert!(
        !why.contains("sk") && why.contains("\"key\" has a value"),
        "{why}"
    );
}

#[test]
fn endpoints_come_from_both_places() {
    let destinations = |builder: Builder, vars: &[(&str, &str)]| {
        let var = |name: &str| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let config = builder.resolve(&var).map_err(|it| it.to_string())?;
        Ok::<_, String>(config.otlp)
    };
    let only = ("CARROT_TRANSPORT", "otlp");
    let names = |vars: &[(&str, &str)]| -> Vec<String> {
        let all = destinations(Builder::default(), &[&[only], vars].concat()).unwrap();
        all.into_iter().map(|it| it.name).collect()
    };
    assert_eq!(names(&[]), ["http://localhost:4318/v1/traces"]);
    assert_eq!(
        names(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://host/base/")]),
        ["https://host/base/v1/traces"]
    );
    let both = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://host"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "https://host/as/it/is",
        ),
    ];
    assert_eq!(names(&both), ["https://host/as/it/is"]);
    assert_eq!(
        names(&[("CARROT_BASE_URL", "https://host/api/public/otel")]),
        ["https://host/api/public/otel/v1/traces"]
    );
    let beside = Builder::default().otlp(Otlp::new("http://host").unwrap());
    assert_eq!(
        destinations(beside, &[]).unwrap()[0].name,
        "http://host/v1/traces"
    );
    assert!(destinations(Builder::default(), &[]).unwrap().is_empty());
    let given = Builder::default().otlp(Otlp::new("http://host").unwrap());
    let found = destinations(given.transport(crate::Transport::Otlp), &both).unwrap();
    assert_eq!(found.len(), 1, "what the builder names is enough");

    let vars = [
        only,
        ("CARROT_API_KEY", "ck-1"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "x-a=1,authorization=Basic%20cGs%3D",
        ),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-a=2"),
        (
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
            "false",
        ),
    ];
    let found = destinations(Builder::default(), &vars).unwrap().remove(0);
    assert_eq!(found.headers["x-a"], "2");
    assert_eq!(
        found.headers["authorization"], "Basic cGs=",
        "the key is the collector's"
    );
    assert!(!found.options.content);
    let told = Builder::default().otlp(Otlp::new("http://host").unwrap().content(true));
    assert!(destinations(told, &vars[4..]).unwrap()[0].options.content);

    let vars = [
        only,
        ("CARROT_BASE_URL", "http://host"),
        ("CARROT_API_KEY", "ck-1"),
    ];
    let found = destinations(Builder::default(), &vars).unwrap().remove(0);
    assert_eq!(found.headers["authorization"], "Bearer ck-1");
    assert!(!format!("{found:?}").contains("ck-1"));
    let grpc = [only, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let why = destinations(Builder::default(), &grpc).unwrap_err();
    assert!(why.contains("use http/protobuf"), "{why}");
}
