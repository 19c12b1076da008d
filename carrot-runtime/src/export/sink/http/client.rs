//! The HTTP client: the user's own, or one of ours.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::config::{Config, InitError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The user's client, which does not show itself: it may hold credentials.
#[derive(Clone)]
pub(crate) struct HttpClient(pub(crate) Client);

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient(…)")
    }
}

/// The client that requests to `base` go by.
pub(in crate::export::sink) fn make(config: &Config, base: &Url) -> Result<Client, InitError> {
    if let Some(HttpClient(client)) = &config.delivery.http_client {
        return Ok(client.clone());
    }
    let mut client = Client::builder()
        .user_agent(concat!("carrot-ai-rust/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        // A redirect would carry the key and the payloads to another place.
        .redirect(reqwest::redirect::Policy::none());
    let failed =
        |error: &dyn fmt::Display| InitError::setting("TLS", format!("cannot be set up: {error}"));
    // A proxy does not reach what listens on this machine.
    let here = is_loopback(base);
    if here {
        client = client.no_proxy();
    }
    // Always: without a provider reqwest panics even where no TLS is used.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    // Reading the system's certificates takes milliseconds, of the first traced call.
    let tls = if here && base.scheme() == "http" {
        tls.with_root_certificates(rustls::RootCertStore::empty())
    } else {
        tls.with_platform_verifier()
            .map_err(|error| failed(&error))?
    };
    client = client.tls_backend_preconfigured(tls.with_no_client_auth());
    client.build().map_err(|error| failed(&error))
}

pub(in crate::export::sink) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}
