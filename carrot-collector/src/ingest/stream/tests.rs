//! What takes a store that waits, or clocks that run faster.

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Condvar, Mutex};
use std::thread::JoinHandle;

use carrot_wire::RecordId;
use carrot_wire::live::{Auth, CLOSE_AUTH, CLOSE_SILENT, ClientFrame, Event, PATH, ServerFrame};
use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::sync::{broadcast, watch};
use tungstenite::{Error as WsError, HandshakeError, Message, WebSocket};

use super::*;
use crate::store::{Batch, Change, Filter, Page, Store, StoreError, Tree};

/// A store that keeps each batch until it is told to answer.
struct Slow {
    /// The number of records of each batch that came.
    batches: Mutex<Vec<usize>>,
    came: Condvar,
    answers: Mutex<VecDeque<StoreError>>,
    gate: Semaphore,
}

impl Store for Slow {
    fn ingest(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        self.batches.lock().unwrap().push(batch.records.len());
        self.came.notify_all();
        Box::pin(async {
            self.gate.acquire().await.unwrap().forget();
            self.answers.lock().unwrap().pop_front().map_or(Ok(()), Err)
        })
    }

    fn list(&self, _: String, _: Filter) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }

    fn get(&self, _: String, _: String) -> BoxFuture<'_, Result<Option<Tree>, StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }

    fn forget(&self, _: String, _: RecordId) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }

    fn changes(&self) -> broadcast::Receiver<Arc<Change>> {
        broadcast::channel(1).1
    }

    fn close(&self) {}
}

impl Slow {
    fn wait_for(&self, batches: &[usize]) {
        let came = self.batches.lock().unwrap();
        let patience = Duration::from_secs(60);
        let waiting = |came: &mut Vec<usize>| came.len() < batches.len();
        let (came, _) = { self.came.wait_timeout_while(came, patience, waiting) }.unwrap();
        assert_eq!(*came, batches);
    }
}

struct Served {
    address: SocketAddr,
    store: Arc<Slow>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(100);

const PATIENT: Times = Times {
    auth: LONG,
    ping: LONG,
    pong: LONG,
    send: LONG,
    store: LONG,
};

impl Served {
    fn with(times: Times) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let store = Arc::new(Slow {
            batches: Mutex::default(),
            came: Condvar::new(),
            answers: Mutex::default(),
            gate: Semaphore::new(0),
        });
        let (stop, stopped) = watch::channel(false);
        let app = App {
            store: store.clone(),
            body_limit: 1 << 20,
            streams: Streams {
                times,
                ..Streams::default()
            },
            stopped,
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(crate::server::serve(listener, app));
        });
        Served {
            address,
            store,
            stop,
            thread: Some(thread),
        }
    }

    /// A client that has not said who it is.
    fn stranger(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let url = format!("ws://{}{PATH}", self.address);
        Client(tungstenite::client(url, stream).unwrap().0)
    }

    fn client(&self) -> Client {
        let mut client = self.stranger();
        client.text(&ClientFrame::write_auth(&Auth {
            acks: true,
            ..Auth::default()
        }));
        let welcome = client.frame();
        assert!(matches!(welcome, ServerFrame::AuthOk { .. }), "{welcome:?}");
        client
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.store.gate.add_permits(1_000);
        let _ = self.stop.send(true);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))) || std::thread::panicking());
    }
}

struct Client(WebSocket<TcpStream>);

impl Client {
    fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    fn record(&mut self, seq: u64) {
        let id = RecordId(u128::from(seq));
        let record = json!({"id": id, "name": "a"}).to_string();
        self.text(&ClientFrame::write_data(Event::of(&record), &record, seq));
    }

    /// Returns once the server has read what was sent before.
    fn pass(&mut self) {
        self.0.send(Message::Ping("?".into())).unwrap();
        assert_eq!(self.0.read().unwrap(), Message::Pong("?".into()));
    }

    fn frame(&mut self) -> ServerFrame {
        ServerFrame::read(self.0.read().unwrap().to_text().unwrap()).unwrap()
    }

    fn acks(&mut self, seqs: impl IntoIterator<Item = u64>) {
        for seq in seqs {
            let id = Some(RecordId(u128::from(seq)));
            let seq = Some(seq);
            assert_eq!(self.frame(), ServerFrame::Ack { id, seq });
        }
    }

    /// The code that the server closes with.
    fn closed(&mut self) -> u16 {
        match self.0.read().unwrap() {
            Message::Close(Some(close)) => close.code.into(),
            other => panic!("not closed: {other:?}"),
        }
    }
}

#[test]
fn what_waits_is_committed_at_once_and_acknowledged_when_it_is_durable() {
    let served = Served::with(PATIENT);
    let mut client = served.client();
    client.record(1);
    served.store.wait_for(&[1]);
    (2..=100).for_each(|seq| client.record(seq));
    client.text(r#"{"type":"span_ended","data":{"id":"x"},"seq":101}"#);
    // Had anything been acknowledged before it was durable, that would be read here.
    client.pass();
    served.store.gate.add_permits(1);
    client.acks([1]);
    served.store.wait_for(&[1, 99]);
    client.pass();
    served.store.gate.add_permits(1);
    client.acks(2..=100);
    let bad = client.frame();
    assert!(
        matches!(bad, ServerFrame::Error { seq: Some(101), .. }),
        "{bad:?}"
    );
}

#[test]
fn a_store_without_room_is_asked_again() {
    let served = Served::with(PATIENT);
    served
        .store
        .answers
        .lock()
        .unwrap()
        .extend([StoreError::Overloaded, StoreError::Overloaded]);
    served.store.gate.add_permits(3);
    let mut client = served.client();
    client.record(1);
    client.acks([1]);
    served.store.wait_for(&[1, 1, 1]);

    let served = Served::with(Times {
        store: Duration::ZERO,
        ..PATIENT
    });
    served
        .store
        .answers
        .lock()
        .unwrap()
        .push_back(StoreError::Overloaded);
    served.store.gate.add_permits(1);
    let mut client = served.client();
    client.record(1);
    assert_eq!(client.closed(), 1013);
}

#[test]
fn a_store_that_fails_acknowledges_nothing() {
    let served = Served::with(PATIENT);
    let failed = StoreError::Failed("disk full".to_owned());
    served.store.answers.lock().unwrap().push_back(failed);
    served.store.gate.add_permits(1);
    let mut client = served.client();
    client.record(1);
    assert_eq!(client.closed(), 1011);
}

#[test]
fn who_says_not_who_it_is_must_go() {
    let served = Served::with(Times {
        auth: SHORT,
        ..PATIENT
    });
    assert_eq!(served.stranger().closed(), CLOSE_AUTH);

    let served = Served::with(PATIENT);
    for text in [
        "",
        "{}",
        r#"{"type":"pong"}"#,
        r#"{"type":"span_ended","data":{},"seq":1}"#,
    ] {
        let mut client = served.stranger();
        client.text(text);
        assert_eq!(client.closed(), CLOSE_AUTH, "{text}");
    }
    served.store.wait_for(&[]);
}

#[test]
fn who_answers_pings_may_stay_and_who_does_not_must_go() {
    let served = Served::with(Times {
        ping: SHORT,
        ..PATIENT
    });
    let mut client = served.client();
    for _ in 0..3 {
        assert_eq!(client.frame(), ServerFrame::Ping);
        client.text(ClientFrame::PONG);
    }
    let served = Served::with(Times {
        ping: SHORT,
        pong: SHORT,
        ..PATIENT
    });
    let mut client = served.client();
    assert_eq!(client.frame(), ServerFrame::Ping);
    assert_eq!(client.closed(), CLOSE_SILENT);
}

#[test]
fn a_stop_answers_what_was_taken() {
    let served = Served::with(PATIENT);
    let (mut client, mut stranger) = (served.client(), served.stranger());
    client.record(1);
    served.store.wait_for(&[1]);
    client.record(2);
    client.pass();
    served.stop.send(true).unwrap();
    assert_eq!(stranger.closed(), 1001);
    served.store.gate.add_permits(2);
    client.acks([1, 2]);
    assert_eq!(client.closed(), 1001);
}

#[test]
fn what_a_client_left_behind_is_kept() {
    let served = Served::with(PATIENT);
    let mut client = served.client();
    client.record(1);
    served.store.wait_for(&[1]);
    client.record(2);
    client.0.close(None).unwrap();
    client.0.flush().unwrap();
    drop(client);
    served.store.gate.add_permits(1);
    served.store.wait_for(&[1, 1]);
}

/// A megabyte of frames at a time, until no more is taken for a while.
#[test]
fn what_waits_is_bounded() {
    let served = Served::with(PATIENT);
    let mut client = served.client();
    client
        .0
        .get_ref()
        .set_write_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let record = json!({"name": "x".repeat(500_000)}).to_string();
    let frame = ClientFrame::write_data(Event::SpanEnded, &record, 1);
    let sent = (0..400).take_while(|_| client.0.send(Message::text(&*frame)).is_ok());
    // 8 MiB, what is committed, and what lies in the sockets between.
    let megabytes = sent.count() / 2;
    assert!((8..60).contains(&megabytes), "{megabytes} MB");
}

#[test]
fn who_does_not_listen_must_go() {
    let served = Served::with(Times {
        send: SHORT,
        ..PATIENT
    });
    let mut client = served.client();
    let bad = r#"{"type":"nonsense"}"#;
    let tries = (0..10_000_000).take_while(|_| client.0.send(Message::text(bad)).is_ok());
    assert!(tries.count() < 10_000_000);
}

#[test]
fn there_is_room_for_so_many() {
    let served = Served::with(PATIENT);
    let mut clients: Vec<Client> = (0..MAX_STREAMS).map(|_| served.stranger()).collect();
    let is_full = || {
        let stream = TcpStream::connect(served.address).unwrap();
        match tungstenite::client(format!("ws://{}{PATH}", served.address), stream) {
            Ok(_) => false,
            Err(HandshakeError::Failure(WsError::Http(answer))) => answer.status() == 503,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(is_full());
    clients.truncate(1);
    while is_full() {}
}
