//! The far end: a collector over HTTP, or a file.

mod file;
mod http;

use bytes::Bytes;

use super::answer::Outcome;
use crate::config::{Config, InitError, Target};
use file::File;
use http::Http;

pub(crate) use http::HttpClient;

/// Cheap to clone: each batch on its way has one.
#[derive(Clone)]
pub(super) enum Sink {
    Http(Http),
    File(File),
}

impl Sink {
    pub(super) fn new(config: &Config) -> Result<Sink, InitError> {
        match &config.target {
            Target::Http { url, .. } => Http::new(config, url.clone()).map(Sink::Http),
            Target::File(path) => File::open(path.clone()).map(Sink::File),
        }
    }

    /// What it is called: an address without credentials, or a path.
    pub(super) fn name(&self) -> &str {
        match self {
            Sink::Http(http) => http.name(),
            Sink::File(file) => file.name(),
        }
    }

    /// Sends a batch, each record as its JSON text, and says what became of it.
    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        match self {
            Sink::Http(http) => http.send(records).await,
            Sink::File(file) => file.send(records),
        }
    }

    /// Whether somebody may be watching: records go out as they are made, and open spans are shown.
    pub(super) fn is_live(&self) -> bool {
        match self {
            Sink::Http(_) | Sink::File(_) => false,
        }
    }

    /// The exporter ends.
    pub(super) async fn close(&self) {
        match self {
            Sink::Http(_) | Sink::File(_) => {}
        }
    }
}
