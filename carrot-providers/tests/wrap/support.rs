//! Two clients that ask two servers of the same script, one of them wrapped.

use std::future::Future;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use carrot_providers::scripted::{Builder, ModelServer, Request};
use carrot_wire::Record;
use serde_json::{Value, json};

/// Servers of the same script give the same answers, ids included, to the same questions.
pub(crate) struct Pair {
    pub(crate) bare: Client<OpenAIConfig>,
    pub(crate) wrapped: Client<OpenAIConfig>,
    bare_server: ModelServer,
    wrapped_server: ModelServer,
}

impl Pair {
    pub(crate) fn new(script: impl Fn(Builder) -> Builder) -> Pair {
        carrot_providers::tls::install_ring();
        let bare_server = script(ModelServer::builder()).start();
        let wrapped_server = script(ModelServer::builder()).start();
        Pair {
            bare: client(&bare_server.url()),
            wrapped: carrot_providers::wrap(client(&wrapped_server.url())),
            bare_server,
            wrapped_server,
        }
    }

    /// What the wrapped client sent last.
    pub(crate) fn sent(&self) -> Request {
        self.wrapped_server.requests().pop().expect("a request")
    }

    /// Whether the wrapped client's request has come.
    pub(crate) fn was_asked(&self) -> bool {
        !self.wrapped_server.requests().is_empty()
    }

    /// The words of an error as the wrapped client's server would be named in them.
    pub(crate) fn as_wrapped(&self, words: String) -> String {
        words.replace(&self.bare_server.url(), &self.wrapped_server.url())
    }

    /// Both clients sent the same, but for the port.
    pub(crate) fn assert_same_requests(&self) {
        let seen = |server: &ModelServer| {
            let requests = server.requests().into_iter().map(|mut request| {
                request.headers.retain(|(name, _)| name != "host");
                request.headers.sort();
                (request.path, request.headers, request.text)
            });
            requests.collect::<Vec<_>>()
        };
        assert_eq!(seen(&self.bare_server), seen(&self.wrapped_server));
    }
}

pub(crate) fn client(url: &str) -> Client<OpenAIConfig> {
    Client::with_config(
        OpenAIConfig::new()
            .with_api_base(url)
            .with_api_key("sk-test"),
    )
}

/// Runs `future` and gives its result and the one record that was made.
pub(crate) async fn recorded<T>(future: impl Future<Output = T>) -> (T, Record) {
    let (output, mut records) = all_recorded(future).await;
    assert_eq!(records.len(), 1, "{records:?}");
    (output, records.remove(0))
}

/// A chat request for BYOT calls.
pub(crate) fn chat(text: &str) -> Value {
    json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": text }] })
}

/// The same, streamed, with the usage asked for.
pub(crate) fn chat_stream(text: &str) -> Value {
    let mut request = chat(text);
    request["stream"] = json!(true);
    request["stream_options"] = json!({ "include_usage": true });
    request
}

pub(crate) fn output(record: &Record) -> Value {
    record.output.as_ref().expect("an output").to_value()
}

/// The words of a result, to compare errors by.
pub(crate) fn words<T: serde::Serialize>(result: &Result<T, OpenAIError>) -> Result<Value, String> {
    match result {
        Ok(item) => Ok(serde_json::to_value(item).unwrap()),
        Err(error) => Err(error.to_string()),
    }
}

/// Runs `future` and gives its result and all records that were made, parents first.
pub(crate) async fn all_recorded<T>(future: impl Future<Output = T>) -> (T, Vec<Record>) {
    let settled = async {
        let output = future.await;
        // async-openai reads streams in a task of its own; let it see that its reader has gone.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        output
    };
    let (output, traces) = carrot_runtime::testing::capture_output(settled).await;
    (output, traces.records().to_vec())
}
