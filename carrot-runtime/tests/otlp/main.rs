//! Traces on their way to backends that speak OpenTelemetry, from a span to what came.

use std::io::Read;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use carrot_runtime::{
    Otlp, Profile, SpanKind, Transport, agent, builder, flush, flush_timeout, generation, session,
    span, stats,
};
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{InMemorySpanExporterBuilder, SpanData, SpanExporter};
use prost::Message;
use serde_json::json;

const CHILD: &str = "OTLP_TEST_CHILD";

/// An endpoint that takes everything, on a thread of its own until the process ends.
fn endpoint() -> (SocketAddr, Receiver<Vec<Span>>) {
    let (came, spans) = mpsc::channel();
    let (ready, address) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async move {
            let take = move |body: Bytes| async move {
                came.send(decode(&body)).unwrap();
                [("content-type", "application/x-protobuf")]
            };
            let app = Router::new().route("/v1/traces", post(take));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            ready.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    (address.recv().unwrap(), spans)
}

fn decode(body: &[u8]) -> Vec<Span> {
    let mut plain = Vec::new();
    if GzDecoder::new(body).read_to_end(&mut plain).is_err() {
        plain = body.to_vec();
    }
    let request = ExportTraceServiceRequest::decode(&*plain).unwrap();
    let scopes = request
        .resource_spans
        .into_iter()
        .flat_map(|it| it.scope_spans);
    scopes.flat_map(|it| it.spans).collect()
}

fn trace() {
    session("chat-7").run(|| {
        let _agent = agent("planner");
        let _tool = span("weather")
            .kind(SpanKind::ToolCall)
            .input(&json!({"city": "Paris"}));
        generation("ask")
            .model("gpt-4o")
            .input(&json!("Hi"))
            .set_output(&"Hello");
    });
}

#[test]
fn every_destination_gets_every_span() {
    let (address, came) = endpoint();
    let memory = InMemorySpanExporterBuilder::new().build();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.jsonl");
    let langfuse = Otlp::new(format!("http://{address}")).unwrap();
    let _carrot = builder()
        .base_url(format!("file://{}", file.display()))
        .spool_off()
        .otlp(langfuse.profile(Profile::Langfuse))
        .otlp(Otlp::exporter("memory", memory.clone()))
        .init()
        .unwrap();
    trace();
    let report = flush();
    assert_eq!((report.acked, report.pending), (9, 0), "{report:?}");
    let in_file = std::fs::read_to_string(&file).unwrap();
    assert_eq!(in_file.lines().count(), 3);
    let by_http: Vec<Span> = came.try_iter().flatten().collect();
    let in_memory = memory.get_finished_spans().unwrap();
    let mut names: Vec<&str> = by_http.iter().map(|span| &*span.name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "chat gpt-4o",
            "execute_tool weather",
            "invoke_agent planner"
        ]
    );
    let mut ids: Vec<_> = by_http.iter().map(|span| span.span_id.clone()).collect();
    let mut others: Vec<_> = in_memory
        .iter()
        .map(|span| span.span_context.span_id().to_bytes().to_vec())
        .collect();
    ids.sort_unstable();
    others.sort_unstable();
    assert_eq!(ids, others);
    for span in &by_http {
        let has = |name: &str| span.attributes.iter().any(|it| it.key == name);
        assert!(
            has("session.id") && has("langfuse.observation.type"),
            "{span:?}"
        );
    }
    let for_all = in_memory.iter().flat_map(|span| &span.attributes);
    assert!(
        !for_all
            .clone()
            .any(|it| it.key.as_str().starts_with("langfuse."))
    );
}

/// Says nothing, ever.
#[derive(Debug)]
struct Hangs;

impl SpanExporter for Hangs {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        loop {
            std::thread::park();
        }
    }
}

#[test]
fn one_that_hangs_holds_up_no_other() {
    if let Some(endpoint) = std::env::var_os(CHILD) {
        let endpoint = endpoint.into_string().unwrap();
        let _carrot = builder()
            .transport(Transport::Otlp)
            .otlp(Otlp::exporter("hangs", Hangs))
            .otlp(Otlp::new(endpoint).unwrap())
            .init()
            .unwrap();
        trace();
        let late = Instant::now() + Duration::from_secs(60);
        let report = loop {
            let report = flush_timeout(Duration::from_millis(50));
            if report.acked >= 3 || Instant::now() > late {
                break report;
            }
        };
        assert_eq!((report.acked, report.pending), (3, 3), "{report:?}");
        let acked: Vec<_> = stats().destinations.iter().map(|it| it.acked).collect();
        assert_eq!(acked, [0, 3]);
        return;
    }
    let (address, came) = endpoint();
    let mut program = program("one_that_hangs_holds_up_no_other");
    run(program.env(CHILD, format!("http://{address}")));
    assert_eq!(came.try_iter().flatten().count(), 3);
}

/// This test binary again, as the traced program of one test.
fn program(test: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", test]);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARROT_") || name.starts_with("OTEL_") {
            program.env_remove(name);
        }
    }
    program.env("CARROT_SPOOL", "off");
    program
}

fn run(program: &mut Command) {
    let ended = program.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}");
}

#[test]
fn otlp_can_be_the_only_transport() {
    if std::env::var_os(CHILD).is_some() {
        trace();
        let report = flush();
        assert_eq!((report.acked, report.pending), (3, 0), "{report:?}");
        return;
    }
    let (address, came) = endpoint();
    let mut program = program("otlp_can_be_the_only_transport");
    let endpoint = format!("http://{address}");
    let program = program.env(CHILD, "1").env("CARROT_TRANSPORT", "otlp");
    run(program.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint));
    assert_eq!(came.try_iter().flatten().count(), 3);
}
