//! A bare and a wrapped client that ask two servers of the same script.

use std::future::Future;
use std::time::Duration;

use carrot_providers::scripted::{Builder, ModelServer, Request};
use carrot_wire::Record;
use reqwest::{Response, Version};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error};
use reqwest_retry::policies::ExponentialBackoff;
use reqwest_retry::{Jitter, RetryTransientMiddleware};
use serde_json::{Value, json};

/// Servers of the same script give the same answers, ids included, to the same questions.
pub(crate) struct Pair {
    pub(crate) bare: Asker,
    pub(crate) wrapped: Asker,
}

/// A client and the server it asks.
pub(crate) struct Asker {
    pub(crate) client: ClientWithMiddleware,
    pub(crate) server: ModelServer,
}

/// What the user's code sees of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    status: u16,
    version: Version,
    headers: Vec<(String, String)>,
    path: String,
    length: Option<u64>,
    has_address: bool,
    /// The bytes, and the words of the error that cut them off.
    pub(crate) body: (Vec<u8>, Option<String>),
}

impl Pair {
    /// Clients without retries.
    pub(crate) fn new(script: impl Fn(Builder) -> Builder) -> Pair {
        Pair::of(script, http().into())
    }

    pub(crate) fn of(script: impl Fn(Builder) -> Builder, client: ClientWithMiddleware) -> Pair {
        let asker = |client| Asker {
            client,
            server: script(ModelServer::builder()).start(),
        };
        Pair {
            bare: asker(client.clone()),
            wrapped: asker(carrot_providers::wrap(client)),
        }
    }

    /// Both ask the same; what they see is the same. Gives it, and the one record.
    pub(crate) async fn ask(&self, request: Value) -> (Result<Answer, String>, Record) {
        let bare = self.bare.ask(&request).await;
        let (wrapped, record) = recorded(self.wrapped.ask(&request)).await;
        let as_wrapped =
            |words: String| words.replace(&self.bare.server.url(), &self.wrapped.server.url());
        let bare = bare.map_err(as_wrapped).map(|answer| Answer {
            body: (answer.body.0, answer.body.1.map(as_wrapped)),
            ..answer
        });
        assert_eq!(wrapped, bare);
        self.assert_same_requests();
        (wrapped, record)
    }

    /// Both clients sent the same, but for the port.
    pub(crate) fn assert_same_requests(&self) {
        let seen = |asker: &Asker| {
            let requests = asker.server.requests().into_iter().map(|mut request| {
                request.headers.retain(|(name, _)| name != "host");
                request.headers.sort();
                (request.path, request.headers, request.text)
            });
            requests.collect::<Vec<_>>()
        };
        assert_eq!(seen(&self.bare), seen(&self.wrapped));
    }
}

impl Asker {
    /// Sends a chat request.
    pub(crate) async fn send(&self, request: &Value) -> Result<Response, Error> {
        post(&self.client, &self.server.url(), request).await
    }

    /// Sends a chat request and reads the answer to its end.
    pub(crate) async fn ask(&self, request: &Value) -> Result<Answer, String> {
        match self.send(request).await {
            Ok(response) => Ok(Answer::read(response).await),
            Err(error) => Err(words(&error)),
        }
    }

    /// The last request that came.
    pub(crate) fn asked(&self) -> Option<Request> {
        self.server.requests().pop()
    }
}

pub(crate) async fn post(
    client: &ClientWithMiddleware,
    base: &str,
    request: &Value,
) -> Result<Response, Error> {
    let request = client
        .post(format!("{base}/chat/completions"))
        .header("content-type", "application/json")
        .body(request.to_string());
    request.send().await
}

impl Answer {
    /// Reads an answer to its end.
    pub(crate) async fn read(mut response: Response) -> Answer {
        let headers = response.headers().iter();
        let mut headers: Vec<_> = headers
            .map(|(name, value)| (name.to_string(), format!("{value:?}")))
            .filter(|(name, _)| name != "date")
            .collect();
        headers.sort();
        let mut answer = Answer {
            status: response.status().as_u16(),
            version: response.version(),
            headers,
            path: response.url().path().to_owned(),
            length: response.content_length(),
            has_address: response.remote_addr().is_some(),
            body: (Vec::new(), None),
        };
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => answer.body.0.extend_from_slice(&chunk),
                Ok(None) => return answer,
                Err(error) => {
                    answer.body.1 = Some(words(&error));
                    return answer;
                }
            }
        }
    }

    /// What is the same in every run.
    pub(crate) fn lasting(&self) -> impl PartialEq + std::fmt::Debug {
        (self.status, &self.headers, &self.path, &self.body.0)
    }
}

/// An error and its sources. A body's error that has passed through `http` names reqwest's body more
/// than once, which nothing can help; the errors around and below are the same.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    const BODY: &str = ": request or response body error";
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words.replace(BODY, "")
}

pub(crate) fn http() -> reqwest::Client {
    carrot_providers::tls::install_ring();
    reqwest::Client::new()
}

/// A builder whose client retries at once, `retries` times.
pub(crate) fn retrying(retries: u32) -> ClientBuilder {
    let policy = ExponentialBackoff::builder()
        .retry_bounds(Duration::from_millis(1), Duration::from_millis(1))
        .jitter(Jitter::None)
        .build_with_max_retries(retries);
    ClientBuilder::new(http()).with(RetryTransientMiddleware::new_with_policy(policy))
}

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
