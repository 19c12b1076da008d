//! The far end: a collector over HTTP or a WebSocket, or a file.

mod file;
mod http;
mod live;
mod auto;

use bytes::Bytes;

use super::answer::Outcome;
use crate::config::{Config, InitError, Target, Transport};
use auto::Auto;
use file::File;
use http::Http;
use live::Live;

pub(crate) use http::HttpClient;

/// Cheap to clone: each batch on its way has one.
#[derive(Clone)]
pub(super) enum Sink {
    Http(Http),
    Live(Live),
    Auto(Auto),
    File(File),
}

impl Sink {
    pub(super) fn new(config: &Config) -> Result<Sink, InitError> {
        match &config.target {
            Target::Http { url, .. } => {
                let http = Http::new(config, url.clone())?;
                let live = http.live(url);
                Ok(match config.delivery.transport {
                    Transport::Auto => Sink::Auto(Auto { live, http }),
                    Transport::WebSocket => Sink::Live(live),
                    Transport::Http | Transport::Otlp | Transport::File => Sink::Http(http),
                })
            }
            Target::File(path) => File::open(path.clone()).map(Sink::File),
        }
    }

    /// What it is called: an address without credentials, or a path.
    pub(super) fn name(&self) -> &str {
        match self {
            Sink::Http(http) => http.name(),
            Sink::Live(live) => live.name(),
            Sink::Auto(auto) => auto.http.name(),
            Sink::File(file) => file.name(),
        }
    }

    /// Sends a batch, each record as its JSON text, and says what became of it.
    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        match self {
            Sink::Http(http) => http.send(records).await,
            Sink::Live(live) => live.send(records).await,
            Sink::Auto(auto) => auto.send(records).await,
            Sink::File(file) => file.send(records),
        }
    }

    /// Whether somebody may be watching: records go out as they are made, and open spans are shown.
    pub(super) fn is_live(&self) -> bool {
        match self {
            Sink::Live(live) => live.is_worth_a_try(),
            Sink::Auto(auto) => auto.live.is_worth_a_try(),
            Sink::Http(_) | Sink::File(_) => false,
        }
    }

    /// The exporter ends.
    pub(super) async fn close(&self) {
        match self {
            Sink::Live(live) => live.close().await,
            Sink::Auto(auto) => auto.live.close().await,
            Sink::Http(_) | Sink::File(_) => {}
        }
    }
}
