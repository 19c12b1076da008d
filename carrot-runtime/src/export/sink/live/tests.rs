//! Against servers that speak as they are told, over real sockets.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use carrot_wire::RecordId;
use carrot_wire::live::{ClientFrame, ServerFrame};
use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt, SinkExt, StreamExt};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::*;
use crate::export::answer::Refused;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);
const PATIENT: Times = Times {
    handshake: LONG,
    silence: LONG,
    idle: LONG,
    close: LONG,
};

/// Serves each connection by the script, which is given its number.
struct Server {
    url: Url,
    connections: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(
        script: impl Fn(usize, TcpStream) -> BoxFuture<'static, ()> + Send + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/under", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(script(counted.fetch_add(1, SeqCst), stream));
            }
        });
        Server {
            url: url.parse().unwrap(),
            connections,
            serving,
        }
    }

    /// Welcomes each client, and goes on by the script.
    async fn welcoming<F: Future<Output = ()> + Send + 'static>(
        script: impl Fn(usize, Peer) -> F + Clone + Send + Sync + 'static,
    ) -> Server {
        Server::start(move |number, stream| {
            let script = script.clone();
            async move { script(number, Peer::welcome(stream).await).await }.boxed()
        })
        .await
    }

    /// Answers each request with this text.
    async fn saying(answer: &'static str) -> Server {
        Server::start(move |_, mut stream| {
            async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            .boxed()
        })
        .await
    }

    fn live(&self) -> Live {
        self.live_with(PATIENT)
    }

    fn live_with(&self, times: Times) -> Live {
        live(&self.url, Client::builder(), times)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn live(base: &Url, client: reqwest::ClientBuilder, times: Times) -> Live {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider);
    let tls = tls.with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty());
    let client = client.no_proxy();
    let client = client.tls_backend_preconfigured(tls.with_no_client_auth());
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer ck-1"));
    let key = Some(ApiKey("ck-1".to_owned()));
    let live = Live::new(client.build().unwrap(), base, key, headers);
    let route = Arc::into_inner(live.route).unwrap();
    Live::with(Route { times, ..route })
}

/// The server's end of a connection.
struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    async fn welcome(stream: TcpStream) -> Peer {
        let mut peer = Peer::stranger(stream).await;
        peer.say(&ServerFrame::AuthOk {
            max_frame_bytes: None,
        })
        .await;
        peer
    }

    /// One that is not welcomed yet.
    async fn stranger(stream: TcpStream) -> Peer {
        use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
        #[allow(clippy::result_large_err, reason = "the callback's type is given")]
        let check = |request: &Request, response: Response| {
            assert_eq!(request.uri().path(), "/under/ws/v1/stream");
            assert_eq!(request.headers()["authorization"], "Bearer ck-1");
            Ok(response)
        };
        let mut peer = Peer(
            tokio_tungstenite::accept_hdr_async(stream, check)
                .await
                .unwrap(),
        );
        match ClientFrame::read(&peer.text().await) {
            Ok(ClientFrame::Auth(auth)) => assert!(auth.acks && auth.api_key == "ck-1"),
            other => panic!("no auth: {other:?}"),
        }
        peer
    }

    async fn text(&mut self) -> String {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// The kind, name and number of the next frame.
    async fn frame(&mut self) -> (String, String, u64) {
        let text: serde_json::Value = serde_json::from_str(&self.text().await).unwrap();
        let name = text["data"]["name"].as_str().unwrap().to_owned();
        let kind = text["type"].as_str().unwrap().to_owned();
        (kind, name, text["seq"].as_u64().unwrap())
    }

    /// The numbers of so many frames.
    async fn frames(&mut self, count: usize) -> Vec<u64> {
        let mut seqs = Vec::new();
        for _ in 0..count {
            seqs.push(self.frame().await.2);
        }
        seqs
    }

    async fn say(&mut self, frame: &ServerFrame) {
        self.0.send(Message::text(frame.write())).await.unwrap();
    }

    async fn ack(&mut self, seqs: impl IntoIterator<Item = u64>) {
        for seq in seqs {
            let id = Some(RecordId(7));
            self.say(&ServerFrame::Ack { id, seq: Some(seq) }).await;
        }
    }

    async fn close(&mut self, code: u16) {
        let reason = "no:\nck-1".into();
        let close = CloseFrame {
            code: code.into(),
            reason,
        };
        self.0.send(Message::Close(Some(close))).await.unwrap();
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

fn records(names: impl IntoIterator<Item = impl std::fmt::Display>) -> Vec<Bytes> {
    let record = |name| format!("{{\"name\":\"{name}\",\n\"status\":\"success\"}}");
    names.into_iter().map(|name| record(name).into()).collect()
}

#[track_caller]
fn assert_delivered(outcome: Outcome) {
    match outcome {
        Outcome::Delivered { refused } => assert_eq!(refused, []),
        other => panic!("not delivered: {other:?}"),
    }
}

#[track_caller]
fn assert_retry(outcome: Outcome, words: &str) {
    match outcome {
        Outcome::Retry {
            why,
            nobody_listens: false,
            ..
        } => {
            assert!(why.contains(words) && !why.contains("ck-1"), "{why}");
        }
        other => panic!("no retry: {other:?}"),
    }
}

#[tokio::test]
async fn each_record_is_a_frame_and_all_acks_are_delivery() {
    let server = Server::welcoming(|_, mut peer| async move {
        for (kind, seq) in [
            ("trace_started", 1),
            ("span_started", 2),
            ("span_ended", 3),
            ("trace_ended", 4),
        ] {
            assert_eq!(
                peer.frame().await,
                (kind.to_owned(), format!("r{seq}"), seq)
            );
        }
        peer.ack([2, 1, 1, 99, 4, 0, 3]).await;
        peer.frames(1).await;
        peer.ack([5]).await;
    })
    .await;
    let live = server.live();
    let batch: Vec<Bytes> = [
        r#"{"name":"r1","status":"running"}"#,
        r#"{"name":"r2","status":"running","parent_id":"x"}"#,
        r#"{"name":"r3","status":"success","parent_id":"x"}"#,
        r#"{"name":"r4","status":"error"}"#,
    ]
    .map(Bytes::from)
    .into();
    assert_delivered(live.send(&batch).await);
    assert!(live.status.is_up());
    assert_delivered(live.send(&records(["r5"])).await);
    assert_eq!(server.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn several_batches_share_a_connection_and_may_be_answered_in_any_order() {
    let server = Server::welcoming(|_, mut peer| async move {
        let seqs = peer.frames(300).await;
        assert_eq!(seqs, (1..=300).collect::<Vec<u64>>());
        peer.ack(seqs.into_iter().rev()).await;
        peer.text().await;
    })
    .await;
    let live = server.live();
    let batches = [records(0..100), records(100..200), records(200..300)];
    let outcomes = join_all(batches.iter().map(|batch| live.send(batch))).await;
    outcomes.into_iter().for_each(assert_delivered);
    assert_eq!(server.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn what_breaks_off_is_to_be_sent_again_and_numbers_go_on() {
    let server = Server::welcoming(|number, mut peer| async move {
        let seqs = peer.frames(10).await;
        if number == 0 {
            peer.ack([1, 2, 3]).await;
        } else {
            assert_eq!(seqs, (11..=20).collect::<Vec<u64>>());
            peer.ack(seqs).await;
            peer.text().await;
        }
    })
    .await;
    let live = server.live();
    assert_retry(
        live.send(&records(0..10)).await,
        "the connection to http://127.0.0.1:",
    );
    assert!(!live.status.is_up());
    assert_delivered(live.send(&records(0..10)).await);
    assert_eq!(server.connections.load(SeqCst), 2);
}

#[tokio::test]
async fn a_record_that_is_refused_spoils_no_other() {
    let server = Server::welcoming(|_, mut peer| async move {
        peer.frames(3).await;
        peer.ack([3]).await;
        peer.say(&ServerFrame::error("not about a frame", None))
            .await;
        peer.say(&ServerFrame::error("its date:\nck-1", Some(2)))
            .await;
        peer.ack([1]).await;
        peer.text().await;
    })
    .await;
    let Outcome::Delivered { refused } = server.live().send(&records(0..3)).await else {
        panic!("not delivered");
    };
    let why = "its date: …".to_owned();
    assert_eq!(refused, [Refused { index: 1, why }]);
}

#[tokio::test]
async fn who_acknowledges_nothing_is_left() {
    let server = Server::welcoming(|_, mut peer| async move {
        peer.frames(3).await;
        peer.ack([2]).await;
        std::future::pending().await
    })
    .await;
    let live = server.live_with(Times {
        silence: SHORT,
        ..PATIENT
    });
    assert_retry(live.send(&records(0..3)).await, "acknowledges nothing");
    assert!(!live.is_worth_a_try());

    // Nor one that does not even answer the request, or the first frame.
    let hanging = Server::start(|number, stream| {
        async move {
            match number {
                0 => std::future::pending().await,
                _ => {
                    let _peer = Peer::stranger(stream).await;
                    std::future::pending().await
                }
            }
        }
        .boxed()
    })
    .await;
    let live = hanging.live_with(Times {
        handshake: SHORT,
        ..PATIENT
    });
    for _ in 0..2 {
        assert_retry(live.send(&records(0..3)).await, "does not answer in time");
    }
}

#[tokio::test]
async fn a_close_says_what_to_do() {
    let closing = |code: u16| {
        Server::welcoming(move |_, mut peer| async move {
            peer.frames(1).await;
            peer.close(code).await;
        })
    };
    let send = async |server: &Server| {
        let live = server.live();
        let outcome = live.send(&records(0..1)).await;
        (outcome, live.is_worth_a_try())
    };
    let server = closing(4001).await;
    match send(&server).await {
        (Outcome::KeyRefused { why }, false) => {
            assert!(
                why.contains("CARROT_API_KEY") && why.ends_with("(no: …)"),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
    for code in [4002, 1001, 1011] {
        assert_retry(
            send(&closing(code).await).await.0,
            &format!("({code} no: …)"),
        );
    }
    assert_retry(send(&closing(1008).await).await.0, "wants nothing of us");
    match send(&closing(1013).await).await {
        (
            Outcome::Retry {
                after: Some(after), ..
            },
            false,
        ) => assert_eq!(after, Duration::from_secs(1)),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        send(&closing(1009).await).await.0,
        Outcome::TooLarge
    ));
}

#[tokio::test]
async fn a_key_may_be_refused_in_place_of_a_welcome() {
    let server = Server::start(|_, stream| {
        async move { Peer::stranger(stream).await.close(4001).await }.boxed()
    })
    .await;
    let outcome = server.live().send(&records(0..1)).await;
    assert!(matches!(outcome, Outcome::KeyRefused { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_server_without_a_websocket_is_not_asked_again_soon() {
    for (answer, words) in [
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "no WebSocket (404 Not Found)",
        ),
        (
            "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n",
            "no WebSocket (405",
        ),
        (
            "HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n",
            "no WebSocket (426",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
            "no WebSocket (200 OK)",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n",
            "upgrades to no WebSocket",
        ),
    ] {
        let server = Server::saying(answer).await;
        let live = server.live();
        assert_retry(live.send(&records(0..1)).await, words);
        assert!(!live.is_worth_a_try(), "{answer}");
    }
    let server = Server::saying(
        "HTTP/1.1 401 Unauthorized\r\ncontent-length: 16\r\n\r\n{\"error\":\"ck-1\"}",
    )
    .await;
    let outcome = server.live().send(&records(0..1)).await;
    assert!(
        matches!(&outcome, Outcome::KeyRefused { why } if why.ends_with("(…)")),
        "{outcome:?}"
    );
    let server =
        Server::saying("HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n").await;
    match server.live().send(&records(0..1)).await {
        Outcome::Retry { after, .. } => assert_eq!(after, Some(Duration::from_secs(7))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_is_told_from_somebody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let live = live(&url.parse().unwrap(), Client::builder(), PATIENT);
    let outcome = live.send(&records(0..1)).await;
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
async fn who_speaks_otherwise_is_no_collector() {
    let said: [Message; 4] = [
        Message::text("hello"),
        Message::binary("{}"),
        Message::text(r#"{"type":"ack","seq":-1}"#),
        Message::text(format!(
            r#"{{"type":"error","message":"{}"}}"#,
            "x".repeat(2 << 20)
        )),
    ];
    for message in said {
        let server = Server::welcoming(move |_, mut peer| {
            let message = message.clone();
            async move {
                peer.frames(1).await;
                let _ = peer.0.send(message).await;
                while let Some(Ok(_)) = peer.0.next().await {}
            }
        })
        .await;
        let live = server.live();
        assert_retry(
            live.send(&records(0..1)).await,
            "does not speak as a collector does",
        );
        assert!(!live.is_worth_a_try());
    }
    let halting = Server::welcoming(|_, mut peer| async move {
        peer.frames(1).await;
        peer.say(&ServerFrame::Halt).await;
        while let Some(Ok(_)) = peer.0.next().await {}
    })
    .await;
    let live = halting.live();
    assert_retry(live.send(&records(0..1)).await, "wants nothing more");
    assert!(!live.is_worth_a_try());
}

#[tokio::test]
async fn too_large_a_record_is_not_even_sent() {
    let server = Server::start(|_, stream| {
        async move {
            let mut peer = Peer::stranger(stream).await;
            let max_frame_bytes = Some(1000);
            peer.say(&ServerFrame::AuthOk { max_frame_bytes }).await;
            assert_eq!(peer.frame().await.1, "small");
            peer.ack([1]).await;
            peer.text().await;
        }
        .boxed()
    })
    .await;
    let live = server.live();
    let large = "x".repeat(1000);
    let outcome = live.send(&records(["small", &large])).await;
    assert!(matches!(outcome, Outcome::TooLarge), "{outcome:?}");
    assert_delivered(live.send(&records(["small"])).await);
}

/// The user's client may have a timeout for requests; a connection lives longer.
#[tokio::test]
async fn pings_are_answered_for_longer_than_a_request_may_take() {
    let server = Server::welcoming(|_, mut peer| async move {
        peer.frames(1).await;
        let mut ticks = tokio::time::interval(SHORT);
        for _ in 0..5 {
            ticks.tick().await;
            peer.say(&ServerFrame::Ping).await;
            assert_eq!(peer.text().await, ClientFrame::PONG);
        }
        peer.ack([1]).await;
        peer.text().await;
    })
    .await;
    let client = Client::builder().timeout(SHORT * 2).read_timeout(SHORT * 2);
    let live = live(&server.url, client, PATIENT);
    assert_delivered(live.send(&records(0..1)).await);
}

/// Four batches of 3 MiB: three of them are more than the window.
#[tokio::test]
async fn so_much_is_sent_without_an_ack_and_no_more() {
    let server = Server::welcoming(|_, mut peer| async move {
        let first = peer.frames(9).await;
        peer.say(&ServerFrame::Ping).await;
        assert_eq!(
            peer.text().await,
            ClientFrame::PONG,
            "nothing more was sent"
        );
        peer.ack(first).await;
        let last = peer.frames(3).await;
        peer.ack(last).await;
        peer.text().await;
    })
    .await;
    let live = server.live();
    let batch = records((0..3).map(|_| "x".repeat(1 << 20)));
    let outcomes = join_all((0..4).map(|_| live.send(&batch))).await;
    outcomes.into_iter().for_each(assert_delivered);
}

#[tokio::test]
async fn a_close_is_orderly_and_tells_who_waits() {
    let seen = Arc::new(Mutex::new(None));
    let see = seen.clone();
    let (came, comes) = oneshot::channel();
    let came = Arc::new(Mutex::new(Some(came)));
    let server = Server::welcoming(move |_, mut peer| {
        let (see, came) = (see.clone(), came.clone());
        async move {
            peer.frames(1).await;
            came.lock().unwrap().take().unwrap().send(()).unwrap();
            if let Some(Ok(Message::Close(Some(close)))) = peer.0.next().await {
                *see.lock().unwrap() = Some(u16::from(close.code));
            }
            while let Some(Ok(_)) = peer.0.next().await {}
        }
    })
    .await;
    let live = server.live();
    let waits = tokio::spawn({
        let live = live.clone();
        async move { live.send(&records(0..1)).await }
    });
    comes.await.unwrap();
    live.close().await;
    assert_eq!(*seen.lock().unwrap(), Some(1000));
    assert_retry(waits.await.unwrap(), "was closed");
    assert_retry(live.send(&records(0..1)).await, "was closed");
}

/// A connection that nobody uses and nobody pings is let go of; the next batch makes another.
#[tokio::test]
async fn a_quiet_connection_is_let_go_of() {
    let server = Server::welcoming(|number, mut peer| async move {
        peer.frames(1).await;
        peer.ack([number as u64 + 1]).await;
        let _ = peer.0.next().await;
    })
    .await;
    let live = server.live_with(Times {
        idle: SHORT,
        ..PATIENT
    });
    assert_delivered(live.send(&records(0..1)).await);
    while live.status.is_up() {
        tokio::task::yield_now().await;
    }
    assert!(live.is_worth_a_try());
    assert_delivered(live.send(&records(0..1)).await);
    assert_eq!(server.connections.load(SeqCst), 2);
}
