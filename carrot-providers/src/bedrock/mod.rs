//! Amazon Bedrock's runtime client: the same `aws_sdk_bedrockruntime::Client` comes back.
//!
//! ```
//! use aws_sdk_bedrockruntime::config::{BehaviorVersion, Config, Credentials, Region};
//!
//! let config = Config::builder()
//!     .behavior_version(BehaviorVersion::latest())
//!     .region(Region::new("us-east-1"))
//!     .credentials_provider(Credentials::new("key", "secret", None, None, "example"))
//!     .build();
//! let client = aws_sdk_bedrockruntime::Client::from_conf(config);
//! # #[cfg(false)]
//! let client = carrot_ai::wrap(client);
//! ```
//!
//! `Converse`, `ConverseStream`, `InvokeModel` and `InvokeModelWithResponseStream` are recorded; other
//! operations pass. The client keeps its retries, timeouts, credentials, interceptors and HTTP client: one
//! call is one span, with its `attempts` in the metadata.
//!
//! Two doors are used. An interceptor sees each attempt's request and answer. It cannot answer a request
//! itself, so the HTTP client is put behind a door as well, which lets everything pass but what the
//! interceptor has marked: calls that are answered from a recording, or refused. The client signs those
//! too, and so needs credentials, of whatever kind. A single call with an `http_client` of its own, by
//! `config_override`, goes past that door: it is recorded and counted all the same, refused where a budget
//! says so, and cannot be replayed, which its error says.

mod http_client;
mod interceptor;
mod slot;
mod body;
mod errors;

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents, SharedHttpClient};
use aws_sdk_bedrockruntime::error::BoxError;

use crate::{Wrap, WrapOptions};
use http_client::Guarded;
use interceptor::Recorded;

impl Wrap for Client {
    type Wrapped = Client;

    fn wrap(self, options: WrapOptions) -> Client {
        let Some(http) = http_client_of(&self) else {
            carrot_runtime::warn_once(
                "bedrock-http",
                "wrap() leaves the Bedrock client as it is: it has no HTTP client, so that no call can be sent; \
                 turn on the feature `default-https-client` of aws-sdk-bedrockruntime, or give the config an http_client",
            );
            return self;
        };
        let config = self.config().to_builder();
        let config = config
            .interceptor(Recorded::new(options))
            .http_client(Guarded::new(http));
        Client::from_conf(config.build())
    }
}

/// The HTTP client that requests are sent by: that of the config, else the default one, which depends on
/// the SDK's features and on the config's behavior version. Only a call gets to see the latter: one is
/// begun, and ended before it has a request.
fn http_client_of(client: &Client) -> Option<SharedHttpClient> {
    if let Some(own) = client.config().http_client() {
        return Some(own);
    }
    let found = Found::default();
    let mut config = client.config().to_builder();
    config.set_interceptors([]);
    // A timeout would want a runtime to be there.
    config.set_timeout_config(Some(TimeoutConfig::disabled()));
    let asking = Client::from_conf(config.interceptor(found.clone()).build());
    let call = pin!(asking.converse().model_id("none").send());
    let _ = call.poll(&mut Context::from_waker(Waker::noop()));
    let mut found = found.0.lock().unwrap_or_else(PoisonError::into_inner);
    found.take()
}

/// Notes a call's HTTP client, and ends the call.
#[derive(Debug, Clone, Default)]
struct Found(Arc<Mutex<Option<SharedHttpClient>>>);

impl Intercept for Found {
    fn name(&self) -> &'static str {
        "CarrotFound"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = components.http_client();
        Err("it was only asked for its HTTP client".into())
    }
}
