//! A bare and a wrapped client that ask two servers of the same script.

use std::future::Future;

use carrot_providers::scripted::{Builder, ModelServer};
use carrot_wire::Record;
use futures_util::StreamExt;
use rig_core::completion::{CompletionRequest, ToolDefinition};
use rig_core::driver::Transport;
use rig_core::operation::Completion;
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use rig_core::wire::Wire;
use rig_core::{Model, ProviderError};
use serde_json::{Value, json};

/// Servers of the same script give the same answers, ids included, to the same questions.
pub(crate) struct Pair {
    pub(crate) bare: OpenAI,
    pub(crate) wrapped: OpenAI,
    pub(crate) bare_server: ModelServer,
    pub(crate) wrapped_server: ModelServer,
}

impl Pair {
    pub(crate) fn new(script: impl Fn(Builder) -> Builder) -> Pair {
        carrot_providers::tls::install_ring();
        let bare_server = script(ModelServer::builder()).start();
        let wrapped_server = script(ModelServer::builder()).start();
        Pair {
            bare: openai(&bare_server),
            wrapped: carrot_providers::wrap(openai(&wrapped_server)),
            bare_server,
            wrapped_server,
        }
    }

    /// An HTTP client of the user's own.
    pub(crate) fn http() -> reqwest::Client {
        carrot_providers::tls::install_ring();
        reqwest::Client::new()
    }

    /// Asks both for a chat completion; what they see is the same. Gives it, and the one record.
    pub(crate) async fn call(&self, says: &str) -> (Result<Value, String>, Record) {
        let bare = call(&self.bare.chat("gpt-4o-mini"), says).await;
        let (wrapped, record) = recorded(call(&self.wrapped.chat("gpt-4o-mini"), says)).await;
        assert_eq!(wrapped, bare.map_err(|error| self.as_wrapped(error)));
        self.assert_same_requests();
        (wrapped, record)
    }

    /// The same, streamed.
    pub(crate) async fn stream(&self, says: &str) -> (Vec<String>, Record) {
        let bare = stream(&self.bare.chat("gpt-4o-mini"), says).await;
        let (wrapped, record) = recorded(stream(&self.wrapped.chat("gpt-4o-mini"), says)).await;
        let bare: Vec<_> = bare.into_iter().map(|item| self.as_wrapped(item)).collect();
        assert_eq!(wrapped, bare);
        self.assert_same_requests();
        (wrapped, record)
    }

    fn as_wrapped(&self, words: String) -> String {
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

/// The configuration of a client that asks this server.
pub(crate) fn config(server: &ModelServer) -> OpenAIConfig {
    OpenAIConfig::new("sk-test").with_base_url(server.url())
}

/// A client on rig's own HTTP client.
pub(crate) fn openai(server: &ModelServer) -> OpenAI {
    config(server).client()
}

/// A request with a tool.
pub(crate) fn request(says: &str) -> CompletionRequest {
    let parameters = json!({ "type": "object", "properties": { "q": { "type": "string" } } });
    let tool = ToolDefinition {
        name: serde_json::from_value(json!("look")).unwrap(),
        description: "Looks something up".to_owned(),
        parameters,
    };
    CompletionRequest::new(says).max_tokens(100).tool(tool)
}

/// What the user sees of a whole answer.
pub(crate) async fn call<W, T>(model: &Model<W, T>, says: &str) -> Result<Value, String>
where
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    match model.call(request(says)).await {
        Ok(response) => Ok(serde_json::to_value(&response).unwrap()),
        Err(error) => Err(words(&error)),
    }
}

/// What the user sees of a stream, item for item, and its end.
pub(crate) async fn stream<W, T>(model: &Model<W, T>, says: &str) -> Vec<String>
where
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    let mut seen = Vec::new();
    let mut stream = match model.stream(request(says)) {
        Ok(stream) => stream,
        Err(error) => return vec![words(&error)],
    };
    while let Some(item) = stream.next().await {
        seen.push(match item {
            Ok(item) => format!("{item:?}"),
            Err(error) => words(&error),
        });
    }
    seen.push(match stream.finish().await {
        Ok(response) => format!("{response:?}"),
        Err(error) => words(&error),
    });
    seen
}

pub(crate) fn words(error: &ProviderError) -> String {
    let mut words = format!("{:?}: {error}", error.kind());
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words
}

pub(crate) fn output(record: &Record) -> Value {
    record.output.as_ref().expect("an output").to_value()
}

/// Kind and message of a record's error.
pub(crate) fn error(record: &Record) -> (&str, &str) {
    let error = record.error.as_ref().expect("an error");
    (&error.kind, &error.message)
}

/// Runs `future` and gives its result and the one record that was made.
pub(crate) async fn recorded<T>(future: impl Future<Output = T>) -> (T, Record) {
    let (output, mut records) = all_recorded(future).await;
    assert_eq!(records.len(), 1, "{records:?}");
    (output, records.remove(0))
}

/// Runs `future` and gives its result and all records that were made, parents first.
pub(crate) async fn all_recorded<T>(future: impl Future<Output = T>) -> (T, Vec<Record>) {
    let (output, traces) = carrot_runtime::testing::capture_output(future).await;
    (output, traces.records().to_vec())
}
