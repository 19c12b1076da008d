//! A client is asked twice: at one server itself, and at another of the same script through a relay.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use carrot_providers::Relay;
use carrot_providers::scripted::{Builder, ModelServer};
use carrot_wire::Record;
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// Servers of the same script give the same answers, ids included, to the same questions.
pub(crate) struct Pair {
    pub(crate) bare: ModelServer,
    pub(crate) relayed: ModelServer,
}

impl Pair {
    pub(crate) fn new(script: impl Fn(Builder) -> Builder) -> Pair {
        carrot_providers::tls::install_ring();
        Pair {
            bare: script(ModelServer::builder()).start(),
            relayed: script(ModelServer::builder()).start(),
        }
    }

    pub(crate) fn relay(&self) -> Relay {
        carrot_providers::relay(self.relayed.origin()).unwrap()
    }

    /// Both were sent the same, but for what concerns the connection.
    pub(crate) fn assert_same_requests(&self) {
        let own = ["host", "connection", "accept-encoding"];
        let seen = |server: &ModelServer| {
            let requests = server.requests().into_iter().map(|mut request| {
                request.headers.retain(|(name, _)| !own.contains(&&**name));
                request.headers.sort();
                (request.path, request.headers, request.text)
            });
            requests.collect::<Vec<_>>()
        };
        assert_eq!(seen(&self.relayed), seen(&self.bare));
        assert!(!self.relayed.requests().is_empty());
    }

    /// Calls with a base URL, bare and relayed, and gives what each gave and the one record that was made.
    pub(crate) fn both<T>(&self, call: impl Fn(&str) -> T) -> (T, T, Record) {
        let bare = call(&self.bare.origin());
        let (relayed, mut records) = recorded(|| call(self.relay().url()));
        assert_eq!(records.len(), 1, "{records:?}");
        (bare, relayed, records.remove(0))
    }
}

/// What a user's code sees of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) is_broken: bool,
}

/// Posts JSON, and reads the answer to its end.
pub(crate) fn post(url: &str, body: &Value) -> Seen {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.post(url).bearer_auth("sk-test");
    let request = request.header("content-type", "application/json");
    let mut answer = request.body(body.to_string()).send().unwrap();
    let own = ["date", "connection", "transfer-encoding"];
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut bytes = Vec::new();
    let is_broken = answer.read_to_end(&mut bytes).is_err();
    Seen {
        status: answer.status().as_u16(),
        headers,
        body: bytes,
        is_broken,
    }
}

/// Runs `f` and gives what it gave and the records made in it, parents first.
pub(crate) fn recorded<T>(f: impl FnOnce() -> T) -> (T, Vec<Record>) {
    let (output, traces) = carrot_runtime::testing::capture_returned(f);
    (output, traces.records().to_vec())
}

/// A server of one connection: `serve` gets it.
pub(crate) fn raw<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || serve(listener.accept().unwrap().0));
    (origin, thread)
}

/// Reads until `end` came, or nothing more comes.
pub(crate) fn read_until(connection: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(end.as_bytes()) && connection.read(&mut byte).is_ok_and(|it| it > 0) {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

/// Sends these bytes to a relay's address, and gives the open connection.
pub(crate) fn sent(url: &str, request: &str) -> TcpStream {
    let address = url
        .strip_prefix("http://")
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    connection
}

/// The path of a relay's URL.
pub(crate) fn path(url: &str) -> &str {
    &url[url.rfind('/').unwrap()..]
}

pub(crate) fn chat(text: &str) -> Value {
    json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": text }] })
}

pub(crate) fn chat_stream(text: &str) -> Value {
    let mut request = chat(text);
    request["stream"] = json!(true);
    request
}

pub(crate) fn output(record: &Record) -> Value {
    record.output.as_ref().expect("an output").to_value()
}

pub(crate) fn name(record: &Record) -> &str {
    record.name.as_deref().unwrap_or_default()
}
