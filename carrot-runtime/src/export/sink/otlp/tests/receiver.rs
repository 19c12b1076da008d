//! An OTLP endpoint that answers as it is told and remembers what came.

use std::future::IntoFuture;
use std::io::Read;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri};
use bytes::Bytes;
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// 200, and an empty message.
    Taken,
    /// 200, but not so many of the spans.
    TakenBut(i64, &'static str),
    /// A status with a `google.rpc.Status` that says so.
    Fail(u16, &'static str),
    /// A status, a header, a content type and a body.
    Say(u16, Option<(&'static str, String)>, &'static str, String),
}

pub(super) fn partial(rejected: i64, why: &'static str) -> Answer {
    Answer::TakenBut(rejected, why)
}

pub(super) fn status(code: u16, kind: &'static str, body: &str) -> Answer {
    Answer::Say(code, None, kind, body.to_owned())
}

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: ExportTraceServiceRequest,
}

struct Shared {
    script: Box<dyn Fn(usize) -> Answer + Send + Sync>,
    requests: Mutex<Vec<Request>>,
}

pub(super) struct Receiver {
    url: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    /// Answers the n-th request, counted from 0, as `script` says.
    pub(super) async fn answering(
        script: impl Fn(usize) -> Answer + Send + Sync + 'static,
    ) -> Receiver {
        let shared = Arc::new(Shared {
            script: Box::new(script),
            requests: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(shared.clone());
        let serving = axum::serve(listener, app).into_future();
        Receiver {
            url,
            shared,
            server: tokio::spawn(async { serving.await.unwrap() }),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// All spans that came, in their order.
    pub(super) fn spans(&self) -> Vec<Span> {
        let resources = self
            .requests()
            .into_iter()
            .flat_map(|it| it.body.resource_spans);
        let scopes = resources.flat_map(|it| it.scope_spans);
        scopes.flat_map(|it| it.spans).collect()
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut plain = Vec::new();
    match headers.get("content-encoding") {
        Some(encoding) => {
            assert_eq!(encoding, "gzip");
            GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
        }
        None => plain.extend_from_slice(&body),
    }
    let body = ExportTraceServiceRequest::decode(&*plain).unwrap();
    let answer = {
        let mut requests = shared.requests.lock().unwrap();
        let answer = (shared.script)(requests.len());
        requests.push(Request {
            path: uri.path().to_owned(),
            headers,
            body,
        });
        answer
    };
    let protobuf = |status: u16, message: Vec<u8>| {
        Response::builder()
            .status(status)
            .header("content-type", "application/x-protobuf")
            .body(message.into())
            .unwrap()
    };
    match answer {
        Answer::Taken => protobuf(200, Vec::new()),
        Answer::TakenBut(rejected_spans, why) => {
            let partial_success = Some(ExportTracePartialSuccess {
                rejected_spans,
                error_message: why.to_owned(),
            });
            let answer = ExportTraceServiceResponse { partial_success };
            protobuf(200, answer.encode_to_vec())
        }
        Answer::Fail(status, why) => {
            // Field 2, a string.
            let length = u8::try_from(why.len()).unwrap();
            protobuf(status, [&[0x12, length], why.as_bytes()].concat())
        }
        Answer::Say(status, header, kind, body) => {
            let mut response = Response::builder().status(status);
            if let Some((name, value)) = header {
                response = response.header(name, value);
            }
            if !kind.is_empty() {
                response = response.header("content-type", kind);
            }
            response.body(body.into()).unwrap()
        }
    }
}
