//! The far end: a collector over HTTP or a WebSocket, a file, or a backend that speaks OpenTelemetry.

mod file;
mod http;
mod live;
mod auto;
#[cfg(feature = "otlp")]
mod otlp;

use bytes::Bytes;

use super::answer::Outcome;
#[cfg(feature = "otlp")]
use crate::config::OtlpDestination;
use crate::config::{Config, InitError, Target, Transport};
use auto::Auto;
use file::File;
use http::Http;
use live::Live;
#[cfg(feature = "otlp")]
use otlp::Otlp;

pub(crate) use http::HttpClient;
#[cfg(feature = "otlp")]
pub(crate) use otlp::UserExporter;

/// So many requests are under way at once, each over a connection of its own. To a collector some milliseconds off, their number
/// is what bounds how many records get through; it commits them together.
const MOST_REQUESTS: usize = 8;
/// So many batches are under way at once over one connection.
const MOST_ON_ONE: usize = 32;

/// Cheap to clone: each batch on its way has one.
#[derive(Clone)]
pub(super) enum Sink {
    Http(Http),
    Live(Live),
    Auto(Auto),
    File(File),
    #[cfg(feature = "otlp")]
    Otlp(Otlp),
}

impl Sink {
    /// The target's; none where records go by OTLP alone.
    pub(super) fn new(config: &Config) -> Result<Option<Sink>, InitError> {
        Ok(Some(match &config.target {
            Target::Http { url, .. } => {
                let http = Http::new(config, url.clone())?;
                let live = http.live(url);
                match config.delivery.transport {
                    Transport::Auto => Sink::Auto(Auto { live, http }),
                    Transport::WebSocket => Sink::Live(live),
                    Transport::Http | Transport::Otlp | Transport::File => Sink::Http(http),
                }
            }
            Target::File(path) => Sink::File(File::open(path.clone())?),
            Target::Otlp => return Ok(None),
        }))
    }

    /// One beside it.
    #[cfg(feature = "otlp")]
    pub(super) fn otlp(config: &Config, to: &OtlpDestination) -> Result<Sink, InitError> {
        Otlp::new(config, to).map(Sink::Otlp)
    }

    /// What it is called: an address without credentials, or a path.
    pub(super) fn name(&self) -> &str {
        match self {
            Sink::Http(http) => http.name(),
            Sink::Live(live) => live.name(),
            Sink::Auto(auto) => auto.http.name(),
            Sink::File(file) => file.name(),
            #[cfg(feature = "otlp")]
            Sink::Otlp(otlp) => otlp.name(),
        }
    }

    /// Sends a batch, each record as its JSON text, and says what became of it.
    pub(super) async fn send(&self, records: &[Bytes]) -> Outcome {
        match self {
            Sink::Http(http) => http.send(records).await,
            Sink::Live(live) => live.send(records).await,
            Sink::Auto(auto) => auto.send(records).await,
            Sink::File(file) => file.send(records),
            #[cfg(feature = "otlp")]
            Sink::Otlp(otlp) => otlp.send(records).await,
        }
    }

    /// How many batches may be on their way at once.
    pub(super) fn most_flights(&self) -> usize {
        match self {
            Sink::Live(live) | Sink::Auto(Auto { live, .. }) if live.is_up() => MOST_ON_ONE,
            _ => MOST_REQUESTS,
        }
    }

    /// Whether somebody may be watching: records go out as they are made, and open spans are shown.
    pub(super) fn is_live(&self) -> bool {
        match self {
            Sink::Live(live) => live.is_worth_a_try(),
            Sink::Auto(auto) => auto.live.is_worth_a_try(),
            Sink::Http(_) | Sink::File(_) => false,
            #[cfg(feature = "otlp")]
            Sink::Otlp(_) => false,
        }
    }

    /// The exporter ends.
    pub(super) async fn close(&self) {
        match self {
            Sink::Live(live) => live.close().await,
            Sink::Auto(auto) => auto.live.close().await,
            Sink::Http(_) | Sink::File(_) => {}
            #[cfg(feature = "otlp")]
            Sink::Otlp(otlp) => otlp.close().await,
        }
    }
}
