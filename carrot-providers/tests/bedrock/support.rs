//! Two clients that ask two servers of the same script, one of them wrapped.

use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Builder, Config, Credentials, Region};
use aws_sdk_bedrockruntime::error::{DisplayErrorContext, SdkError};
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
use carrot_wire::Record;
use serde_json::Value;

use crate::server::{Reply, Request, Server};

pub(crate) const MODEL: &str = "amazon.nova-pro-v1:0";

pub(crate) struct Pair {
    pub(crate) bare: Client,
    pub(crate) wrapped: Client,
    pub(crate) bare_server: Server,
    pub(crate) wrapped_server: Server,
}

impl Pair {
    pub(crate) async fn new(
        script: impl Fn(&Request, usize) -> Reply + Copy + Send + Sync + 'static,
    ) -> Pair {
        let (bare_server, wrapped_server) =
            (Server::start(script).await, Server::start(script).await);
        Pair {
            bare: client(&bare_server.url()),
            wrapped: carrot_providers::wrap(client(&wrapped_server.url())),
            bare_server,
            wrapped_server,
        }
    }

    /// Both clients sent the same, but for what is new in each request.
    pub(crate) fn assert_same_requests(&self) {
        let seen = |server: &Server| {
            let requests = server.requests().into_iter().map(|mut request| {
                for (name, value) in &mut request.headers {
                    let changes = [
                        "host",
                        "authorization",
                        "x-amz-date",
                        "amz-sdk-invocation-id",
                    ];
                    if changes.contains(&name.as_str()) {
                        value.clear();
                    }
                }
                (request.path, request.headers, request.body)
            });
            requests.collect::<Vec<_>>()
        };
        assert_eq!(seen(&self.bare_server), seen(&self.wrapped_server));
    }
}

pub(crate) fn config(url: &str) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            "AKIATEST",
            "secret-test",
            None,
            None,
            "test",
        ))
        .endpoint_url(url)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(1)),
        )
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

pub(crate) fn client(url: &str) -> Client {
    Client::from_conf(config(url).build())
}

pub(crate) fn user(text: &str) -> Message {
    let message = Message::builder().role(ConversationRole::User);
    message
        .content(ContentBlock::Text(text.to_owned()))
        .build()
        .unwrap()
}

/// What a plain call gives, in words.
pub(crate) async fn ask(client: &Client, text: &str) -> Result<String, String> {
    let answer = client
        .converse()
        .model_id(MODEL)
        .messages(user(text))
        .send()
        .await;
    shown(answer)
}

/// What a streamed call gives, item by item.
pub(crate) async fn stream(client: &Client, text: &str) -> Vec<Result<String, String>> {
    let asked = client
        .converse_stream()
        .model_id(MODEL)
        .messages(user(text));
    let mut output = match asked.send().await {
        Ok(output) => output,
        Err(error) => return vec![Err(words(&error))],
    };
    let mut items = Vec::new();
    loop {
        match output.stream.recv().await {
            Ok(Some(item)) => items.push(Ok(format!("{item:?}"))),
            Ok(None) => return items,
            Err(error) => {
                items.push(Err(words(&error)));
                return items;
            }
        }
    }
}

pub(crate) fn shown<E: std::error::Error + 'static, R: std::fmt::Debug + 'static>(
    answer: Result<ConverseOutput, SdkError<E, R>>,
) -> Result<String, String> {
    answer
        .map(|it| format!("{it:?}"))
        .map_err(|error| words(&error))
}

/// An error with its sources.
pub(crate) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    DisplayErrorContext(error).to_string()
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

pub(crate) fn output(record: &Record) -> Value {
    record.output.as_ref().expect("an output").to_value()
}
