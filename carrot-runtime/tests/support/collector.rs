//! A collector that answers as it is told and remembers what came.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// How long a condition may take to come true on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a request is answered with.
#[derive(Clone)]
pub(crate) enum Answer {
    /// 202: all records are durable.
    Accept,
    /// 202, but not the records with these places in the request.
    AcceptBut(Vec<usize>),
    /// This status and body, which takes nothing.
    Say(u16, &'static str),
    /// This status with a header, which takes nothing.
    SayWith(u16, &'static str, String),
    /// 202, and the connection breaks before the answer's end.
    Break,
    /// Nothing, ever.
    Hang,
    /// 202, after so long.
    Late(Duration),
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) records: Vec<Value>,
    /// Which of them were taken.
    pub(crate) taken: Vec<Value>,
}

type Script = Box<dyn Fn(usize, &[Value]) -> Answer + Send + Sync>;

struct Shared {
    script: Script,
    keeps_records: bool,
    requests: Mutex<Vec<Request>>,
    came: Condvar,
}

pub(crate) struct Collector {
    url: String,
    shared: Arc<Shared>,
    /// Dropped, it stops the server and its thread.
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Collector {
    /// Takes everything.
    pub(crate) fn start() -> Collector {
        Collector::answering(|_, _| Answer::Accept)
    }

    /// Answers the n-th request, counted from 0, and its records as `script` says.
    pub(crate) fn answering(
        script: impl Fn(usize, &[Value]) -> Answer + Send + Sync + 'static,
    ) -> Collector {
        Collector::with(Box::new(script), true)
    }

    /// The same, but only the script sees the records: they are too many to be kept.
    pub(crate) fn forgetful(
        script: impl Fn(usize, &[Value]) -> Answer + Send + Sync + 'static,
    ) -> Collector {
        Collector::with(Box::new(script), false)
    }

    fn with(script: Script, keeps_records: bool) -> Collector {
        let shared = Arc::new(Shared {
            script,
            keeps_records,
            requests: Mutex::default(),
            came: Condvar::new(),
        });
        let app = Router::new().fallback(take).with_state(shared.clone());
        // A request of a hundred records may be large.
        let app = app.layer(axum::extract::DefaultBodyLimit::disable());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (ready, address) = std::sync::mpsc::channel::<SocketAddr>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    served = axum::serve(listener, app).into_future() => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Collector {
            url: format!("http://{}", address.recv().unwrap()),
            shared,
            _stop: stop,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The records that were taken, in the order they came.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.requests()
            .into_iter()
            .flat_map(|request| request.taken)
            .collect()
    }

    /// How often each record was taken with an end, by its id.
    pub(crate) fn ended(&self) -> BTreeMap<String, usize> {
        let mut ended = BTreeMap::new();
        for record in self.taken() {
            if record["status"] != "running" {
                *ended.entry(record["id"].to_string()).or_default() += 1;
            }
        }
        ended
    }

    /// Waits until what was taken is as wanted.
    #[track_caller]
    pub(crate) fn wait_until(&self, wanted: impl Fn(&[Value]) -> bool) {
        self.wait_for(|requests| {
            let taken = requests.iter().flat_map(|request| request.taken.clone());
            wanted(&taken.collect::<Vec<_>>())
        });
    }

    /// Waits until so many requests came, whatever they were answered.
    #[track_caller]
    pub(crate) fn wait_for_requests(&self, count: usize) {
        self.wait_for(|requests| requests.len() >= count);
    }

    #[track_caller]
    fn wait_for(&self, wanted: impl Fn(&[Request]) -> bool) {
        let requests = self.shared.requests.lock().unwrap();
        let waiting = |requests: &mut Vec<Request>| !wanted(requests);
        let (requests, timeout) = self
            .shared
            .came
            .wait_timeout_while(requests, PATIENCE, waiting)
            .unwrap();
        assert!(!timeout.timed_out(), "never came: {requests:?}");
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let records = body["traces"].as_array().cloned().unwrap_or_default();
    let answer = {
        let mut requests = shared.requests.lock().unwrap();
        let answer = (shared.script)(requests.len(), &records);
        let taken = match &answer {
            Answer::Accept | Answer::Late(_) => records.clone(),
            Answer::AcceptBut(not) => {
                let taken = records
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| !not.contains(place));
                taken.map(|(_, record)| record.clone()).collect()
            }
            _ => Vec::new(),
        };
        let kept = |records: Vec<Value>| shared.keeps_records.then_some(records);
        requests.push(Request {
            at: Instant::now(),
            line: format!("{method} {uri}"),
            headers,
            records: kept(records.clone()).unwrap_or_default(),
            taken: kept(taken).unwrap_or_default(),
        });
        answer
    };
    shared.came.notify_all();
    respond(answer, &records).await
}

async fn respond(answer: Answer, records: &[Value]) -> Response {
    let status = |status: u16| axum::http::StatusCode::from_u16(status).unwrap();
    match answer {
        Answer::Accept => (status(202), accepted(records, &[])).into_response(),
        Answer::AcceptBut(not) => (status(202), accepted(records, &not)).into_response(),
        Answer::Say(code, text) => (status(code), text).into_response(),
        Answer::SayWith(code, name, value) => (status(code), [(name, value)]).into_response(),
        Answer::Break => {
            let parts = [
                Ok("{\"traces\":["),
                Err(std::io::Error::other("broken on purpose")),
            ];
            let body = Body::from_stream(futures_util::stream::iter(parts));
            (status(202), body).into_response()
        }
        Answer::Hang => std::future::pending().await,
        Answer::Late(wait) => {
            tokio::time::sleep(wait).await;
            (status(202), accepted(records, &[])).into_response()
        }
    }
}

fn accepted(records: &[Value], not: &[usize]) -> String {
    let id = |place: &usize| records[*place]["id"].clone();
    let traces = (0..records.len()).filter(|place| !not.contains(place));
    let traces: Vec<Value> = traces.map(|place| json!({"id": id(&place)})).collect();
    let errors: Vec<Value> = not
        .iter()
        .map(|place| json!({"index": place, "id": id(place), "error": "its date is none"}))
        .collect();
    json!({"traces": traces, "errors": errors}).to_string()
}
