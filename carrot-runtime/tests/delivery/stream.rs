//! Delivery by WebSocket, and by HTTP where there is none.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::program::{
    Ended, Program, ROOT, is_child, program, say_report, step, steps, wait_for_parent,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// What is done with a request for an upgrade.
#[derive(Clone, Copy)]
enum Plan {
    Refuse(u16),
    Serve,
    /// Breaks at this frame, half of those before it acknowledged.
    BreakAt(usize),
}

type Script = Box<dyn Fn(usize) -> Plan + Send + Sync>;

/// A collector with both ways in.
struct Collector {
    url: String,
    shared: Arc<Shared>,
    /// Dropped, it stops the server and its thread.
    _stop: tokio::sync::oneshot::Sender<()>,
}

struct Shared {
    script: Script,
    came: Mutex<Came>,
    more: Condvar,
}

#[derive(Default)]
struct Came {
    /// How often an upgrade was asked for.
    upgrades: usize,
    /// What was acknowledged, each with the way it came.
    taken: Vec<(&'static str, Value)>,
}

impl Collector {
    fn start(script: impl Fn(usize) -> Plan + Send + Sync + 'static) -> Collector {
        let shared = Arc::new(Shared {
            script: Box::new(script),
            came: Mutex::default(),
            more: Condvar::new(),
        });
        let app = Router::new()
            .route("/ws/v1/stream", get(stream))
            .route("/v1/traces/ingest", post(ingest))
            .with_state(shared.clone());
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

    fn upgrades(&self) -> usize {
        self.shared.came.lock().unwrap().upgrades
    }

    /// The ids of what ended and came by this way.
    fn ended(&self, way: &str) -> BTreeSet<String> {
        let came = self.shared.came.lock().unwrap();
        let taken = came.taken.iter().filter(|(by, _)| *by == way);
        let ended = taken.filter(|(_, record)| record["status"] != "running");
        ended.map(|(_, record)| record["id"].to_string()).collect()
    }

    fn wait_for(&self, status: &str) {
        let came = self.shared.came.lock().unwrap();
        let has = |came: &mut Came| came.taken.iter().any(|(_, it)| it["status"] == status);
        let waiting = |came: &mut Came| !has(came);
        let more = &self.shared.more;
        let (came, timeout) = more.wait_timeout_while(came, PATIENCE, waiting).unwrap();
        assert!(!timeout.timed_out(), "none is {status}: {:?}", came.taken);
    }

    fn run(&self, program: Program, transport: &str) -> Ended {
        self.program(program, transport).run()
    }

    fn program(&self, program: Program, transport: &str) -> Program {
        let program = program.env("CARROT_BASE_URL", &self.url);
        let program = program.env("CARROT_API_KEY", "ck-1");
        program.env("CARROT_TRANSPORT", transport)
    }
}

impl Shared {
    fn take(&self, way: &'static str, record: Value) {
        self.came.lock().unwrap().taken.push((way, record));
        self.more.notify_all();
    }
}

async fn ingest(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let records = body["traces"].as_array().unwrap();
    let traces: Vec<Value> = records.iter().map(|it| json!({"id": it["id"]})).collect();
    for record in records {
        shared.take("http", record.clone());
    }
    let answer = json!({"traces": traces, "errors": []});
    (StatusCode::ACCEPTED, answer.to_string()).into_response()
}

async fn stream(State(shared): State<Arc<Shared>>, upgrade: WebSocketUpgrade) -> Response {
    let number = {
        let mut came = shared.came.lock().unwrap();
        came.upgrades += 1;
        came.upgrades - 1
    };
    match (shared.script)(number) {
        Plan::Refuse(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Plan::Serve => upgrade.on_upgrade(|socket| serve(shared, socket, usize::MAX)),
        Plan::BreakAt(frame) => upgrade.on_upgrade(move |socket| serve(shared, socket, frame)),
    }
}

/// Acknowledges every frame, or every second one before it breaks.
async fn serve(shared: Arc<Shared>, mut socket: WebSocket, break_at: usize) {
    let mut frames = 0;
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == "auth" {
            assert_eq!(
                (&frame["api_key"], &frame["acks"]),
                (&json!("ck-1"), &json!(true))
            );
            let _ = socket.send(Message::text(r#"{"type":"auth_ok"}"#)).await;
            continue;
        }
        frames += 1;
        if frames == break_at {
            return;
        }
        if break_at == usize::MAX || frames % 2 == 0 {
            shared.take("ws", frame["data"].clone());
            let ack = json!({"type": "ack", "id": frame["data"]["id"], "seq": frame["seq"]});
            let _ = socket.send(Message::text(ack.to_string())).await;
        }
    }
}

/// 1 root and 24 steps, then a flush, of which it says the report.
fn trace_and_flush() {
    steps(24);
    say_report(&carrot_runtime::flush());
}

#[test]
fn all_goes_by_one_connection() {
    if is_child() {
        return trace_and_flush();
    }
    for transport in ["ws", "auto"] {
        let collector = Collector::start(|_| Plan::Serve);
        let ended = collector.run(program!(all_goes_by_one_connection), transport);
        assert_eq!(ended.counts(), [25, 0, 0, 0]);
        assert_eq!((collector.ended("ws").len(), collector.upgrades()), (25, 1));
        assert_eq!(ended.warnings(), [""; 0]);
    }
}

#[test]
fn what_begins_is_shown_before_it_ends() {
    if is_child() {
        step(&ROOT, wait_for_parent);
        return say_report(&carrot_runtime::flush());
    }
    let collector = Collector::start(|_| Plan::Serve);
    let program = program!(what_begins_is_shown_before_it_ends);
    let program = program.env("CARROT_FLUSH_INTERVAL", "60");
    let mut running = collector.program(program, "auto").start();
    collector.wait_for("running");
    running.go_on();
    running.end();
    assert_eq!(collector.ended("ws").len(), 1);
}

#[test]
fn a_connection_that_breaks_again_and_again_loses_nothing() {
    if is_child() {
        return trace_and_flush();
    }
    for transport in ["ws", "auto"] {
        let collector = Collector::start(|number| match number {
            0..3 => Plan::BreakAt(10),
            _ => Plan::Serve,
        });
        let program = program!(a_connection_that_breaks_again_and_again_loses_nothing);
        let ended = collector.run(program, transport);
        assert_eq!(ended.counts(), [25, 0, 0, 0]);
        let (ws, http) = (collector.ended("ws"), collector.ended("http"));
        assert_eq!(ws.union(&http).count(), 25);
        assert_eq!(transport == "ws", http.is_empty());
    }
}

#[test]
fn a_collector_without_a_websocket_is_asked_for_it_once() {
    if is_child() {
        for _ in 0..5 {
            steps(4);
            carrot_runtime::flush();
        }
        return say_report(&carrot_runtime::flush());
    }
    for status in [404, 403, 200] {
        let collector = Collector::start(move |_| Plan::Refuse(status));
        let program = program!(a_collector_without_a_websocket_is_asked_for_it_once);
        let ended = collector.run(program, "auto");
        assert_eq!(ended.counts(), [25, 0, 0, 0], "{status}");
        assert_eq!(collector.ended("http").len(), 25);
        assert_eq!((collector.upgrades(), ended.warnings().len()), (1, 0));
    }
    // Who wants nothing else is told, and loses nothing: it waits.
    let collector = Collector::start(|number| match number {
        0 => Plan::Refuse(404),
        _ => Plan::Serve,
    });
    let program = program!(a_collector_without_a_websocket_is_asked_for_it_once);
    let ended = collector.run(program, "ws");
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    assert_eq!((collector.ended("ws").len(), collector.upgrades()), (25, 2));
    assert!(
        ended.warnings()[0].contains("has no WebSocket (404 Not Found)"),
        "{}",
        ended.stderr
    );
}

/// By HTTP while there is no WebSocket, and back again, with no record lost on the way.
#[test]
fn http_stands_in_until_the_websocket_is_back() {
    if is_child() {
        // Some seconds of a program's life.
        for _ in 0..40 {
            steps(4);
            carrot_runtime::flush();
            std::thread::sleep(Duration::from_millis(100));
        }
        return say_report(&carrot_runtime::flush());
    }
    let collector = Collector::start(|number| match number {
        0 => Plan::BreakAt(10),
        1 => Plan::Refuse(503),
        _ => Plan::Serve,
    });
    let ended = collector.run(program!(http_stands_in_until_the_websocket_is_back), "auto");
    assert_eq!(ended.counts(), [200, 0, 0, 0]);
    let (ws, http) = (collector.ended("ws"), collector.ended("http"));
    assert_eq!(ws.union(&http).count(), 200);
    assert!(http.len() > 10, "{} by HTTP", http.len());
    assert_eq!(collector.upgrades(), 3);
    let came = collector.shared.came.lock().unwrap();
    assert_eq!(came.taken.last().unwrap().0, "ws");
}
