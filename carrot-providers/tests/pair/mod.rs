//! Two servers of the same script, one client bare and one wrapped. Each test crate uses a part of it.
#![allow(dead_code, unreachable_pub)]

use std::future::Future;

use carrot_providers::scripted::{Builder, ModelServer, Request};
use carrot_runtime::{Site, Span};
use carrot_wire::Record;
use serde_json::Value;

/// Servers of the same script give the same answers, ids included, to the same questions.
pub struct Pair<B, W> {
    pub bare: B,
    pub wrapped: W,
    bare_server: Option<ModelServer>,
    wrapped_server: Option<ModelServer>,
    urls: (String, String),
}

impl<B, W> Pair<B, W> {
    /// Clients are made of the servers' base URLs, with `/v1`.
    pub fn new(
        script: impl Fn(Builder) -> Builder,
        bare: impl FnOnce(&str) -> B,
        wrapped: impl FnOnce(&str) -> W,
    ) -> Pair<B, W> {
        carrot_providers::tls::install_ring();
        let bare_server = script(ModelServer::builder()).start();
        let wrapped_server = script(ModelServer::builder()).start();
        let urls = (bare_server.url(), wrapped_server.url());
        Pair {
            bare: bare(&urls.0),
            wrapped: wrapped(&urls.1),
            bare_server: Some(bare_server),
            wrapped_server: Some(wrapped_server),
            urls,
        }
    }

    /// Stops both servers.
    pub fn stop(&mut self) {
        (self.bare_server, self.wrapped_server) = (None, None);
    }

    /// What the wrapped client sent.
    pub fn sent(&self) -> Vec<Request> {
        let server = self.wrapped_server.as_ref().expect("a running server");
        server.requests()
    }

    /// The words of the bare client as the wrapped one's server would be named in them.
    pub fn as_wrapped(&self, words: &str) -> String {
        let authority = |url: &str| url["http://".len()..url.len() - "/v1".len()].to_owned();
        words.replace(&authority(&self.urls.0), &authority(&self.urls.1))
    }

    /// Both clients sent the same, but for the port.
    pub fn assert_same_requests(&self) {
        let seen = |server: &Option<ModelServer>| {
            let requests = server.as_ref().expect("a running server").requests();
            let seen = requests.into_iter().map(|mut request| {
                request.headers.retain(|(name, _)| name != "host");
                request.headers.sort();
                (request.path, request.headers, request.text)
            });
            seen.collect::<Vec<_>>()
        };
        assert_eq!(seen(&self.bare_server), seen(&self.wrapped_server));
    }
}

/// Runs `future` and gives its result and the one record that was made.
pub async fn recorded<T>(future: impl Future<Output = T>) -> (T, Record) {
    let (output, mut records) = all_recorded(future).await;
    assert_eq!(records.len(), 1, "{records:?}");
    (output, records.remove(0))
}

/// Runs `future` and gives its result and all records that were made, parents first.
pub async fn all_recorded<T>(future: impl Future<Output = T>) -> (T, Vec<Record>) {
    let (output, traces) = carrot_runtime::testing::capture_output(future).await;
    (output, traces.records().to_vec())
}

pub fn input(record: &Record) -> Value {
    record.input.as_ref().expect("an input").to_value()
}

pub fn output(record: &Record) -> Value {
    record.output.as_ref().expect("an output").to_value()
}

/// The message that was answered.
pub fn message(record: &Record) -> Value {
    output(record)["message"].take()
}

pub fn error(record: &Record) -> (&str, &str) {
    let error = record.error.as_ref().expect("an error");
    (&error.kind, &error.message)
}

pub fn named<'a>(records: &'a [Record], name: &str) -> &'a Record {
    let found = records
        .iter()
        .find(|record| record.name.as_deref() == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in {records:?}"))
}

static ASKS: Site = Site::new("asks");

/// Runs a future in a span of the name `asks`.
pub async fn asks<F: Future>(future: F) -> F::Output {
    Span::open(&ASKS).scope(future, |_, _| {}).await
}

/// A URL that nobody listens on.
pub fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}/v1", listener.local_addr().expect("an address"))
}

/// What two runs of the same calls say of them.
pub fn said(records: &[Record]) -> Vec<Value> {
    let said = records.iter().map(|record| {
        let metadata = [
            "model",
            "provider",
            "input_tokens",
            "output_tokens",
            "finish_reason",
            "capture_complete",
        ];
        let metadata = metadata.map(|key| record.metadata.get(key).cloned());
        let output = record.output.as_ref().map(|it| it.to_value());
        let input = record.input.as_ref().map(|it| it.to_value());
        serde_json::json!([
            record.name,
            record.status.map(|it| format!("{it:?}")),
            input,
            output,
            metadata
        ])
    });
    said.collect()
}

/// Whether two items of what a user sees are the same. A connection that breaks says so in its own
/// words.
pub fn assert_same_seen(replayed: &[Result<Value, String>], live: &[Result<Value, String>]) {
    let breaks = |it: &&Result<Value, String>| matches!(it, Err(words) if words.contains("replayed: ") || words.contains("body"));
    assert_eq!(replayed.len(), live.len(), "{replayed:?}\n{live:?}");
    for (replayed, live) in replayed.iter().zip(live) {
        if !(breaks(&replayed) && breaks(&live)) {
            assert_eq!(replayed, live);
        }
    }
}
