//! The far end: a collector over HTTP, or a file.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use carrot_wire::ingest::Accepted;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use rustls_platform_verifier::BuilderVerifierExt;

use super::queue::Batch;
use crate::config::{ApiKey, Config, InitError, Target};
use crate::env;

/// How long one request may take, with its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Of an answer that is no success, so much is read to say why.
const MAX_REASON: usize = 200;

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Durable, but for so many records that were not taken, and why.
    Delivered { refused: usize, why: String },
    /// Not delivered; worth another try.
    Retry {
        why: String,
        after: Option<Duration>,
        nobody_listens: bool,
    },
    /// Too large for the collector.
    TooLarge,
    /// Not delivered, and never will be.
    Refused { why: String },
}

#[derive(Clone)]
pub(super) enum Sink {
    Http { client: Client, url: Url },
    File { path: PathBuf, file: Arc<File> },
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

    /// Sends a batch. A file is written at once: appending a few kilobytes takes no longer than a packet.
    pub(super) async fn send(&self, batch: &Batch) -> Outcome {
        match self {
            Sink::Http { client, url } => post(client, url, batch).await,
            Sink::File { path, file } => match append(file, batch) {
                Ok(()) => Outcome::Delivered {
                    refused: 0,
                    why: String::new(),
                },
                Err(error) => {
                    let why = format!("{} cannot be written: {error}", path.display());
                    Outcome::Retry {
                        why,
                        after: None,
                        nobody_listens: false,
                    }
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
    file.sync_data()
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
    // Always: without a provider reqwest panics even where no TLS is used.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| failed(&error))?;
    client = client.tls_backend_preconfigured(tls.with_no_client_auth());
    let client = client.build().map_err(|error| failed(&error))?;
    let mut url = base;
    let path = format!("{}/v1/traces/ingest", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(Sink::Http { client, url })
}

async fn post(client: &Client, url: &Url, batch: &Batch) -> Outcome {
    let mut body = b"{\"traces\":[".to_vec();
    for (count, record) in batch.iter().enumerate() {
        if count > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&record.json);
    }
    body.extend_from_slice(b"]}");
    let host = url.origin().ascii_serialization();
    let mut response = match client.post(url.clone()).body(body).send().await {
        Ok(response) => response,
        Err(error) => {
            let nobody_listens = error.is_connect();
            let why = if error.is_timeout() {
                format!("{host} does not answer in time")
            } else if nobody_listens {
                format!("nobody answers at {host}")
            } else {
                format!("the connection to {host} broke")
            };
            return Outcome::Retry {
                why,
                after: None,
                nobody_listens,
            };
        }
    };
    let status = response.status();
    let after = retry_after(&response);
    if status.is_success() {
        let answer = response.bytes().await;
        return match answer
            .ok()
            .and_then(|body| serde_json::from_slice::<Accepted>(&body).ok())
        {
            Some(accepted) => delivered(&accepted),
            None => Outcome::Refused {
                why: format!("{host} is no collector: its answer is not ours"),
            },
        };
    }
    let reason = reason(&mut response).await;
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Outcome::TooLarge,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Refused {
            why: format!("{host} refuses the key: check {}{reason}", env::API_KEY),
        },
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Outcome::Retry {
            why: format!("{host} asks to wait ({status})"),
            after,
            nobody_listens: false,
        },
        status if status.is_server_error() => Outcome::Retry {
            why: format!("{host} failed ({status})"),
            after,
            nobody_listens: false,
        },
        status => Outcome::Refused {
            why: format!(
                "{host} answers {status}: is {} a collector's address?{reason}",
                env::BASE_URL
            ),
        },
    }
}

fn delivered(accepted: &Accepted) -> Outcome {
    let refused = accepted.errors.len();
    let why = accepted
        .errors
        .first()
        .map(|first| first.error.chars().take(MAX_REASON).collect());
    Outcome::Delivered {
        refused,
        why: why.unwrap_or_default(),
    }
}

/// The collector's own words, if they are ours to show: a short `{"error": "…"}`.
async fn reason(response: &mut reqwest::Response) -> String {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: String,
    }
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > 16 * MAX_REASON {
            return String::new();
        }
    }
    serde_json::from_slice::<Refusal>(&body)
        .map(|refusal| {
            format!(
                " ({})",
                refusal.error.chars().take(MAX_REASON).collect::<String>()
            )
        })
        .unwrap_or_default()
}

/// The header's seconds; its other form, a date, is not used by those who answer 429.
fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse::<u32>()
        .ok()?;
    Some(Duration::from_secs(seconds.into()))
}
