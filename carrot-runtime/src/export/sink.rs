//! The far end: a collector over HTTP, or a file.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Url};
use rustls_platform_verifier::BuilderVerifierExt;

use super::answer::{self, Outcome};
use super::queue::Batch;
use crate::config::{ApiKey, Config, InitError, Target};
use crate::env;

/// How long one request may take, with its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) enum Sink {
    Http {
        client: Client,
        url: Url,
        key: Option<ApiKey>,
    },
    File {
        path: PathBuf,
        file: Arc<File>,
    },
}

impl Sink {
    pub(super) fn new(config: &Config) -> Result<Sink, InitError> {
        match &config.target {
            Target::Http { url, .. } => http(config, url.clone()),
            Target::File(path) => {
                let file = OpenOptions::new().create(true).append(true).open(path);
                let file = file.map_err(|error| {
                    InitError::setting(
                        env::BASE_URL,
                        format!("names a file that cannot be written: {error}"),
                    )
                })?;
                Ok(Sink::File {
                    path: path.clone(),
                    file: Arc::new(file),
                })
            }
        }
    }

    /// Sends a batch. A file is written and synced in place: nothing else waits for this thread.
    pub(super) async fn send(&self, batch: &Batch) -> Outcome {
        match self {
            Sink::Http { client, url, key } => post(client, url, key.as_ref(), batch).await,
            Sink::File { path, file } => match append(file, batch) {
                Ok(()) => Outcome::Delivered {
                    refused: 0,
                    why: String::new(),
                },
                Err(error) => {
                    let why = format!("{} cannot be written: {error}", path.display());
                    Outcome::retry(why)
                }
            },
        }
    }
}

fn append(mut file: &File, batch: &Batch) -> std::io::Result<()> {
    let mut lines = Vec::new();
    for record in batch {
        // A value that was passed through may be spread over lines; inside its strings there are none.
        lines.extend(
            record
                .json
                .iter()
                .map(|&byte| if byte == b'\n' { b' ' } else { byte }),
        );
        lines.push(b'\n');
    }
    file.write_all(&lines)?;
    match file.sync_data() {
        // A pipe or a device has nothing to sync.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

fn http(config: &Config, base: Url) -> Result<Sink, InitError> {
    let mut headers = HeaderMap::new();
    let sensitive = |value: &str| {
        HeaderValue::from_str(value).map(|mut value| {
            value.set_sensitive(true);
            value
        })
    };
    if let Some(ApiKey(key)) = &config.key
        && let Ok(value) = sensitive(&format!("Bearer {key}"))
    {
        headers.insert(AUTHORIZATION, value);
    }
    if let Some(Ok(project)) = config.project.as_deref().map(HeaderValue::from_str) {
        headers.insert("x-carrot-project", project);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut client = Client::builder()
        .default_headers(headers)
        .user_agent(concat!("carrot-ai-rust/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        // A redirect would carry the key and the payloads to another place.
        .redirect(reqwest::redirect::Policy::none());
    let failed = |error: &dyn std::fmt::Display| {
        InitError::setting("TLS", format!("cannot be set up: {error}"))
    };
    // A proxy does not reach what listens on this machine.
    let here = is_loopback(&base);
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
    let client = client.build().map_err(|error| failed(&error))?;
    let mut url = base;
    let path = format!("{}/v1/traces/ingest", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let key = config.key.clone();
    Ok(Sink::Http { client, url, key })
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

async fn post(client: &Client, url: &Url, key: Option<&ApiKey>, batch: &Batch) -> Outcome {
    let mut body = b"{\"traces\":[".to_vec();
    for (count, record) in batch.iter().enumerate() {
        if count > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&record.json);
    }
    body.extend_from_slice(b"]}");
    let host = url.origin().ascii_serialization();
    match client.post(url.clone()).body(body).send().await {
        Ok(response) => answer::read(response, &host, key).await,
        Err(error) if error.is_timeout() => {
            Outcome::retry(format!("{host} does not answer in time"))
        }
        Err(error) if error.is_connect() => Outcome::Retry {
            why: format!("nobody answers at {host}"),
            after: None,
            nobody_listens: true,
        },
        Err(_) => Outcome::retry(format!("the connection to {host} broke")),
    }
}
