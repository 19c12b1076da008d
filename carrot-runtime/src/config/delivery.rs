//! How records are delivered, and where they wait: the builder's part of it.

use std::path::PathBuf;
use std::time::Duration;

use carrot_spool::Root;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::setting::{Setting, any, read_seconds};
use super::{Builder, InitError};
use crate::env;
use crate::export::{Bounds, HttpClient};

/// The queue's bounds, with a spool behind it and without.
const QUEUE: Bounds = Bounds {
    records: 200_000,
    bytes: 64 * 1024 * 1024,
};
/// What waits in memory where that is the only place: `CARROT_SPOOL=memory`.
const ONLY_MEMORY: Bounds = Bounds {
    records: 1_000_000,
    bytes: 256 * 1024 * 1024,
};
/// The spool's bounds for bounds: a segment has to fit.
const MIN_SPOOL: u64 = 1024 * 1024;

const TRANSPORT: Setting<Transport> = Setting::new("transport", env::TRANSPORT, any);
const SPOOL: Setting<SpoolPlace> = Setting::new("spool", env::SPOOL, any);
const SPOOL_MAX_BYTES: Setting<u64> =
    Setting::new("spool_max_bytes", env::SPOOL_MAX_BYTES, |&bytes| {
        at_least(bytes, MIN_SPOOL, "bytes, or CARROT_SPOOL=off for none")
    });
const SPOOL_MAX_AGE: Setting<Duration> = Setting::new("spool_max_age", env::SPOOL_MAX_AGE, |age| {
    at_least(age.as_secs(), 1, "second, or CARROT_SPOOL=off for none")
});
const MAX_QUEUE_RECORDS: Setting<usize> =
    Setting::new("max_queue_records", env::MAX_QUEUE_RECORDS, |&records| {
        at_least(
            records as u64,
            1,
            "record; CARROT_ENABLED=false turns tracing off",
        )
    });
const MAX_QUEUE_BYTES: Setting<usize> =
    Setting::new("max_queue_bytes", env::MAX_QUEUE_BYTES, |&bytes| {
        at_least(
            bytes as u64,
            1,
            "byte; CARROT_ENABLED=false turns tracing off",
        )
    });
const REQUEST_TIMEOUT: Setting<Duration> =
    Setting::new("request_timeout", env::REQUEST_TIMEOUT, |timeout| {
        if timeout.is_zero() {
            return Err("is 0: use a time such as 10 or 30 seconds".to_owned());
        }
        Ok(())
    });
const COMPRESSION: Setting<Compression> = Setting::new("compression", env::COMPRESSION, any);

fn at_least(value: u64, least: u64, unit: &str) -> Result<(), String> {
    if value >= least {
        return Ok(());
    }
    Err(format!("is {value}: use at least {least} {unit}"))
}

/// How records travel to the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Transport {
    /// Over a WebSocket, and by HTTP while there is none.
    #[default]
    Auto,
    /// Over a WebSocket: each record as it is made, open spans too.
    WebSocket,
    /// In batches, by HTTP.
    Http,
    /// By OTLP over HTTP, to any collector of OpenTelemetry. Needs the feature `otlp`.
    Otlp,
    /// Into a file of JSON lines, which the base URL names.
    File,
}

impl Transport {
    fn read(text: &str) -> Option<Transport> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Some(Transport::Auto),
            "ws" | "websocket" => Some(Transport::WebSocket),
            "http" => Some(Transport::Http),
            "otlp" => Some(Transport::Otlp),
            "file" => Some(Transport::File),
            _ => None,
        }
    }
}

/// Whether request bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// With what the collector says that it takes (`Accept-Encoding` in its answers); not to this machine, where bytes cost
    /// less than packing them.
    #[default]
    Auto,
    /// Never.
    Off,
    /// Always with gzip.
    Gzip,
    /// Always with Zstandard, which costs the least.
    Zstd,
}

impl Compression {
    fn read(text: &str) -> Option<Compression> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Some(Compression::Auto),
            "off" | "none" => Some(Compression::Off),
            "gzip" => Some(Compression::Gzip),
            "zstd" => Some(Compression::Zstd),
            _ => None,
        }
    }
}

/// Where records wait that cannot be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SpoolPlace {
    Off,
    Memory,
    At(PathBuf),
}

impl SpoolPlace {
    fn read(text: &str) -> Option<SpoolPlace> {
        Some(match text.to_ascii_lowercase().as_str() {
            "off" | "false" | "no" | "0" => SpoolPlace::Off,
            "memory" => SpoolPlace::Memory,
            _ => SpoolPlace::At(PathBuf::from(text)),
        })
    }
}

/// What the builder was given.
#[derive(Debug, Clone, Default)]
pub(super) struct Delivery {
    transport: Option<Transport>,
    spool: Option<SpoolPlace>,
    spool_max_bytes: Option<u64>,
    spool_max_age: Option<Duration>,
    max_queue_records: Option<usize>,
    max_queue_bytes: Option<usize>,
    request_timeout: Option<Duration>,
    compression: Option<Compression>,
    headers: Vec<(String, String)>,
    http_client: Option<HttpClient>,
}

/// The disk spool.
#[derive(Debug, Clone)]
pub(crate) struct SpoolConfig {
    pub(crate) settings: carrot_spool::Settings,
    /// Who asked for this folder: the builder, or the environment.
    pub(crate) asked: Option<Asked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Builder,
    Environment,
}

/// What it comes to.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryConfig {
    pub(crate) transport: Transport,
    pub(crate) spool: Option<SpoolConfig>,
    pub(crate) bounds: Bounds,
    pub(crate) request_timeout: Duration,
    pub(crate) compression: Compression,
    pub(crate) headers: HeaderMap,
    pub(crate) http_client: Option<HttpClient>,
}

impl Builder {
    /// How records travel; by default `CARROT_TRANSPORT`, else [`Transport::Auto`].
    pub fn transport(mut self, transport: Transport) -> Builder {
        self.delivery.transport = Some(transport);
        self
    }

    /// The folder where records wait that cannot be delivered, until they can. By default `CARROT_SPOOL`, else one in the user's
    /// folder for state: `$XDG_STATE_HOME/carrot/spool` or `~/.local/state/carrot/spool`. Programs may share it.
    pub fn spool(mut self, folder: impl Into<PathBuf>) -> Builder {
        self.delivery.spool = Some(SpoolPlace::At(folder.into()));
        self
    }

    /// Nothing waits on disk. What cannot be delivered waits in the queue, and is lost when the process ends.
    pub fn spool_off(mut self) -> Builder {
        self.delivery.spool = Some(SpoolPlace::Off);
        self
    }

    /// Nothing waits on disk, and more waits in memory: for file systems that are read-only, and functions that are
    /// frozen between their calls. Up to a million records or 256 MiB, unless the queue's bounds are set. Flush at
    /// the end of each call there.
    pub fn spool_in_memory(mut self) -> Builder {
        self.delivery.spool = Some(SpoolPlace::Memory);
        self
    }

    /// How many bytes may wait on disk for one destination, from 1 MiB on; the oldest make room. By default 512 MiB.
    pub fn spool_max_bytes(mut self, bytes: u64) -> Builder {
        self.delivery.spool_max_bytes = Some(bytes);
        self
    }

    /// How long records wait on disk at most; by default 7 days.
    pub fn spool_max_age(mut self, age: Duration) -> Builder {
        self.delivery.spool_max_age = Some(age);
        self
    }

    /// How many records wait in memory at most for one destination; by default 200,000. What comes then goes to the spool.
    pub fn max_queue_records(mut self, records: usize) -> Builder {
        self.delivery.max_queue_records = Some(records);
        self
    }

    /// How many bytes of records wait in memory at most for one destination; by default 64 MiB. What comes then goes to the spool.
    pub fn max_queue_bytes(mut self, bytes: usize) -> Builder {
        self.delivery.max_queue_bytes = Some(bytes);
        self
    }

    /// How long one request may take, with its answer; by default 30 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Builder {
        self.delivery.request_timeout = Some(timeout);
        self
    }

    /// Whether request bodies are compressed; by default `CARROT_COMPRESSION`, else [`Compression::Auto`].
    pub fn compression(mut self, compression: Compression) -> Builder {
        self.delivery.compression = Some(compression);
        self
    }

    /// One more header for every request to the collector, such as a gateway's own key. By default those of `CARROT_HEADERS`
    /// (`name=value,name=value`), which come first.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Builder {
        self.delivery.headers.push((name.into(), value.into()));
        self
    }

    /// Sends by this client, with its proxy, certificates, timeouts and pool. It should follow no redirects: they would carry
    /// the key and the payloads to another place.
    pub fn http_client(mut self, client: reqwest::Client) -> Builder {
        self.delivery.http_client = Some(HttpClient(client));
        self
    }
}

impl Delivery {
    pub(super) fn resolve(
        self,
        var: &dyn Fn(&'static str) -> Option<String>,
    ) -> Result<DeliveryConfig, InitError> {
        let bytes = |text: &str| text.parse().ok();
        let count = |text: &str| text.parse().ok();
        let by_builder = self.spool.is_some();
        let spool = SPOOL.find_leniently(self.spool, var, SpoolPlace::read)?;
        let max_bytes = SPOOL_MAX_BYTES.find_leniently(self.spool_max_bytes, var, bytes)?;
        let max_age = SPOOL_MAX_AGE.find_leniently(self.spool_max_age, var, read_seconds)?;
        let records = MAX_QUEUE_RECORDS.find_leniently(self.max_queue_records, var, count)?;
        let queue_bytes = MAX_QUEUE_BYTES.find_leniently(self.max_queue_bytes, var, count)?;
        let bounds = match spool {
            Some(SpoolPlace::Memory) => ONLY_MEMORY,
            _ => QUEUE,
        };
        let (folder, asked) = match spool {
            Some(SpoolPlace::Off | SpoolPlace::Memory) => (None, None),
            Some(SpoolPlace::At(folder)) if by_builder => (Some(folder), Some(Asked::Builder)),
            Some(SpoolPlace::At(folder)) => (Some(folder), Some(Asked::Environment)),
            None => match carrot_spool::default_root() {
                Root::Named(folder) | Root::Usual(folder) => (Some(folder), None),
                Root::None => (None, None),
            },
        };
        let spool = folder.map(|root| {
            let mut settings = carrot_spool::Settings::new(root);
            settings.max_bytes = max_bytes.unwrap_or(settings.max_bytes);
            settings.max_age = max_age.unwrap_or(settings.max_age);
            SpoolConfig { settings, asked }
        });
        let timeout = REQUEST_TIMEOUT.find_leniently(self.request_timeout, var, read_seconds)?;
        Ok(DeliveryConfig {
            transport: TRANSPORT
                .find_leniently(self.transport, var, Transport::read)?
                .unwrap_or_default(),
            spool,
            bounds: Bounds {
                records: records.unwrap_or(bounds.records),
                bytes: queue_bytes.unwrap_or(bounds.bytes),
            },
            request_timeout: timeout.unwrap_or(Duration::from_secs(30)),
            compression: COMPRESSION
                .find_leniently(self.compression, var, Compression::read)?
                .unwrap_or_default(),
            headers: headers(&self.headers, var(env::HEADERS).as_deref())?,
            http_client: self.http_client,
        })
    }
}

/// The environment's headers, and then the builder's.
fn headers(given: &[(String, String)], var: Option<&str>) -> Result<HeaderMap, InitError> {
    let mut headers = HeaderMap::new();
    for pair in var
        .unwrap_or_default()
        .split(',')
        .filter(|pair| !pair.trim().is_empty())
    {
        let added = match pair.split_once('=') {
            Some((name, value)) => add(&mut headers, name.trim(), value.trim()),
            None => Err("holds a part without `=`: use name=value,name=value".to_owned()),
        };
        if let Err(why) = added {
            super::setting::warn(env::HEADERS, &why);
        }
    }
    for (name, value) in given {
        add(&mut headers, name, value).map_err(|why| InitError::setting("header", why))?;
    }
    Ok(headers)
}

/// The value is never shown: it may be a key.
fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), String> {
    let shown: String = name.chars().take(40).collect();
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("{shown:?} is no name of a header: use letters, digits and dashes"))?;
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        format!("{shown:?} has a value with control characters: use text on one line")
    })?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}
