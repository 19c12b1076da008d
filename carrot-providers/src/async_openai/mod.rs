//! async-openai: the same `Client<C>` comes back.
//!
//! [`wrap`](crate::wrap) is for clients with the default HTTP client. **It drops a tower stack of the client's own, and
//! cannot see that there is one.** async-openai does not hand out
//! the `reqwest::Client` it was given, so a client with timeouts, a proxy or headers of its own is
//! wrapped with [`wrap_with_http`], which takes that `reqwest::Client` again, and a client with a
//! tower stack of its own puts [`layer`] into that stack:
//!
//! ```
//! # use carrot_providers as carrot_ai;
//! # use std::time::Duration;
//! # use ::async_openai::{Client, config::OpenAIConfig};
//! # use ::async_openai::middleware::{ReqwestService, retry::OpenAIRetryLayer};
//! # carrot_providers::tls::install_ring();
//! let stack = tower::ServiceBuilder::new()
//!     .layer(carrot_ai::async_openai::layer(carrot_ai::wrapper()))
//!     .layer(OpenAIRetryLayer::default())
//!     .service(ReqwestService::new(reqwest::Client::new()));
//! let client = Client::with_config(OpenAIConfig::default()).with_http_service(stack);
//! ```
//!
//! Retries stay: one call is one span, with its `attempts` in the metadata. Chat completions,
//! completions, responses and embeddings are recorded, typed and BYOT alike; other requests pass.

mod errors;
mod service;
mod slot;

use std::fmt::Debug;

use ::async_openai::Client;
use ::async_openai::config::Config;

use crate::{Wrap, WrapOptions};

pub use service::{TraceLayer, TraceService};

/// Replaces the client's HTTP stack by the default one, recorded. See [the module](self) for clients
/// whose HTTP client is not the default: wrapping those warns once.
///
/// **A tower stack given to `with_http_service` is dropped, and without a warning**: async-openai shows it nowhere. Put
/// [`layer`] into that stack instead of wrapping the client.
impl<C: Config + Debug> Wrap for Client<C> {
    type Wrapped = Client<C>;

    fn wrap(self, options: WrapOptions) -> Client<C> {
        let http = reqwest::Client::new();
        if !sends_by(&self, &http) {
            carrot_runtime::warn_once(
                "async-openai-http",
                "wrap() replaces the client's own reqwest::Client by a default one; \
                 use carrot_ai::async_openai::wrap_with_http(client, http) to keep yours",
            );
        }
        wrap_with(self, http, options)
    }
}

/// Wraps a client and sends its requests by `http`.
pub fn wrap_with_http<C: Config>(client: Client<C>, http: reqwest::Client) -> Client<C> {
    wrap_with(client, http, WrapOptions::default())
}

/// A layer for a tower stack of your own: put it outside of the retry layer, so that one call is one
/// span, and outside of anything that moves requests to another task.
pub fn layer(options: WrapOptions) -> TraceLayer {
    TraceLayer::new(options)
}

fn wrap_with<C: Config>(
    client: Client<C>,
    http: reqwest::Client,
    options: WrapOptions,
) -> Client<C> {
    client
        .with_http_client(http.clone())
        .with_http_service(service::Direct::new(http, options))
}

/// Whether the client's HTTP client looks like `http`. The client's `Debug` is the only place where it
/// shows; the text is compared and thrown away, since it may hold secrets.
fn sends_by<C: Config + Debug>(client: &Client<C>, http: &reqwest::Client) -> bool {
    format!("{client:?}").starts_with(&format!("Client {{ request_client: {http:?}, config: "))
}

#[cfg(all(test, feature = "ring"))]
mod tests {
    use std::time::Duration;

    use ::async_openai::config::OpenAIConfig;

    use super::*;

    #[test]
    fn a_client_of_the_users_own_is_told_from_the_default() {
        crate::tls::install_ring();
        let http = reqwest::Client::new();
        let client = Client::with_config(OpenAIConfig::new().with_api_key("k"));
        assert!(sends_by(&client, &http));
        let own = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .build()
            .unwrap();
        assert!(!sends_by(&client.with_http_client(own), &http));
    }
}
