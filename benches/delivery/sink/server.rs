//! The sink's own process.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use carrot_wire::ingest::{Accepted, AcceptedRecord};
use carrot_wire::live::{self, ClientFrame, ServerFrame};
use carrot_wire::{RecordId, SpanId, Status, TraceId};
use futures_util::{SinkExt, StreamExt};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde::Deserialize;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep_until};

use super::Counts;

#[derive(Clone)]
struct Shared {
    taken: Arc<Mutex<Taken>>,
    answers_after: Duration,
}

#[derive(Default)]
struct Taken {
    counts: Counts,
    ended: HashSet<RecordId>,
}

/// Says where it listens, then what came, as often as it is asked for a line.
pub(super) fn run(port: u16, answers_after: Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().expect("a runtime");
    let shared = Shared {
        taken: Arc::default(),
        answers_after,
    };
    let app = Router::new()
        .route("/v1/traces/ingest", post(ingest))
        .route("/v1/traces", post(otlp))
        .route(live::PATH, any(stream))
        .layer(DefaultBodyLimit::disable())
        .with_state(shared.clone());
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.expect("a free port");
        say(&listener.local_addr().expect("an address").to_string());
        std::thread::spawn(move || answer(&shared));
        axum::serve(listener, app).await.expect("serves");
    });
}

fn answer(shared: &Shared) {
    for _ in std::io::stdin().lock().lines() {
        let counts = shared.taken.lock().expect("no panic").counts;
        say(&serde_json::to_string(&counts).expect("numbers"));
    }
    std::process::exit(0);
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").expect("somebody listens");
}

impl Shared {
    async fn wait(&self) {
        if !self.answers_after.is_zero() {
            tokio::time::sleep(self.answers_after).await;
        }
    }
}

impl Taken {
    fn ended(&mut self, id: RecordId, arguments: usize) {
        if self.ended.insert(id) {
            self.counts.spans += 1;
            self.counts.arguments += arguments as u64;
        }
    }
}

/// Of a record what is counted.
#[derive(Deserialize)]
struct Record<'a> {
    id: RecordId,
    status: Option<Status>,
    #[serde(borrow)]
    input: Option<Input<'a>>,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    question: Cow<'a, str>,
    #[serde(borrow)]
    context: Cow<'a, str>,
}

impl Record<'_> {
    fn count(&self, taken: &mut Taken) {
        let input = self.input.as_ref();
        if self.status != Some(Status::Running) {
            let arguments = input.map_or(0, |it| it.question.len() + it.context.len());
            taken.ended(self.id, arguments);
        }
    }
}

async fn ingest(State(shared): State<Shared>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        traces: Vec<Record<'a>>,
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut accepted = Accepted::default();
    {
        let mut taken = shared.taken.lock().expect("no panic");
        taken.counts.bytes += body.len() as u64;
        for record in &envelope.traces {
            record.count(&mut taken);
            accepted.traces.push(AcceptedRecord { id: record.id });
        }
    }
    shared.wait().await;
    let accepted = serde_json::to_vec(&accepted).expect("ids");
    let json = [(CONTENT_TYPE, "application/json")];
    (StatusCode::ACCEPTED, json, accepted).into_response()
}

async fn otlp(State(shared): State<Shared>, body: Bytes) -> Response {
    let Ok(request) = ExportTraceServiceRequest::decode(&*body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    {
        let mut taken = shared.taken.lock().expect("no panic");
        taken.counts.bytes += body.len() as u64;
        let scopes = { request.resource_spans.iter() }.flat_map(|it| &it.scope_spans);
        for span in scopes.flat_map(|it| &it.spans) {
            let arguments = span.attributes.iter().map(argument).sum();
            taken.ended(id(span), arguments);
        }
    }
    shared.wait().await;
    [(CONTENT_TYPE, "application/x-protobuf")].into_response()
}

fn id(span: &Span) -> RecordId {
    let trace = span.trace_id.as_slice().try_into().map(u128::from_be_bytes);
    let span = span.span_id.as_slice().try_into().map(u64::from_be_bytes);
    let (trace, span) = (trace.expect("16 bytes"), span.expect("8 bytes"));
    RecordId::of(TraceId(trace), SpanId(span))
}

fn argument(attribute: &KeyValue) -> usize {
    let value = { attribute.value.as_ref() }.and_then(|it| it.value.as_ref());
    match (attribute.key.as_str(), value) {
        ("question" | "context", Some(any_value::Value::StringValue(text))) => text.len(),
        _ => 0,
    }
}

async fn stream(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| serve(socket, shared))
}

/// Answers together what came together, as a collector does with one commit.
async fn serve(socket: WebSocket, shared: Shared) {
    let (mut out, mut frames) = socket.split();
    let (answers, mut due) = unbounded_channel::<(Instant, ServerFrame)>();
    let reads = async move {
        while let Some(Ok(Message::Text(text))) = frames.next().await {
            if let Some(answer) = hear(&text, &shared) {
                let _ = answers.send((Instant::now() + shared.answers_after, answer));
            }
        }
    };
    let writes = async move {
        while let Some((at, answer)) = due.recv().await {
            if at > Instant::now() {
                out.flush().await?;
                sleep_until(at).await;
            }
            out.feed(Message::Text(answer.write().into())).await?;
            if due.is_empty() {
                out.flush().await?;
            }
        }
        Ok::<(), axum::Error>(())
    };
    // However that ends, the client went away.
    let _ = futures_util::future::join(reads, writes).await;
}

fn hear(text: &str, shared: &Shared) -> Option<ServerFrame> {
    match ClientFrame::read(text).expect("a frame") {
        ClientFrame::Auth(_) => Some(ServerFrame::AuthOk {
            max_frame_bytes: None,
        }),
        ClientFrame::Data(data) => {
            let record: Record<'_> = serde_json::from_str(data.data.get()).expect("a record");
            let mut taken = shared.taken.lock().expect("no panic");
            taken.counts.bytes += text.len() as u64;
            record.count(&mut taken);
            Some(ServerFrame::Ack {
                id: Some(record.id),
                seq: data.seq,
            })
        }
        ClientFrame::Pong => None,
    }
}
