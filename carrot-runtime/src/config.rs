//! Where traces go and how: the builder, the environment, and what they come to.

mod budget;
mod capture;
mod delivery;
#[cfg(feature = "otlp")]
mod otlp;
mod prices;
mod setting;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use carrot_wire::price::{Prices, Rates};
use reqwest::Url;

use crate::budget::Budget;
use crate::capture::Limits;
use crate::env;
use crate::exit::Exit;
use crate::init::{self, Guard};
use crate::redaction::Redaction;
use crate::sampling::{Keep, Root, Sampling};
use setting::{Setting, any, read_bool, read_seconds, within};

pub(crate) use delivery::{Asked, DeliveryConfig, SpoolConfig};
pub use delivery::{Compression, Transport};
#[cfg(feature = "otlp")]
pub use otlp::{Otlp, Profile};
#[cfg(feature = "otlp")]
pub(crate) use otlp::{OtlpDestination, OtlpTo};

/// The Carrot cloud.
const CLOUD: &str = "https://api.carrotlabs.ai";
/// What `carrot serve` and the quickstart listen on.
const LOCAL: &str = "http://127.0.0.1:7420";
/// The most records that the Carrot cloud takes in one request.
const MAX_BATCH: usize = 100;

const ENABLED: Setting<bool> = Setting::new("enabled", env::ENABLED, any);
const API_KEY: Setting<ApiKey> = Setting::new("api_key", env::API_KEY, ApiKey::check);
const PROJECT: Setting<String> =
    Setting::new("project", env::PROJECT_ID, |project| is_header(project));
const DEBUG: Setting<bool> = Setting::new("debug", env::DEBUG, any);
const BATCH_SIZE: Setting<usize> = Setting::new("batch_size", env::BATCH_SIZE, |size| {
    within(*size, MAX_BATCH)
});
const FLUSH_INTERVAL: Setting<Duration> =
    Setting::new("flush_interval", env::FLUSH_INTERVAL, is_time);
const FLUSH_TIMEOUT: Setting<Duration> = Setting::new("flush_timeout", env::FLUSH_TIMEOUT, any);
const SAMPLE_RATE: Setting<f64> = Setting::new("sample_rate", env::SAMPLE_RATE, is_number);

fn is_header(project: &str) -> Result<(), String> {
    let why = "has control characters: use letters, digits and dashes";
    match reqwest::header::HeaderValue::from_str(project) {
        Ok(_) => Ok(()),
        Err(_) => Err(why.to_owned()),
    }
}

fn is_time(interval: &Duration) -> Result<(), String> {
    if interval.is_zero() {
        return Err("is 0: use a time such as 0.5 or 5 seconds".to_owned());
    }
    Ok(())
}

fn is_number(rate: &f64) -> Result<(), String> {
    if rate.is_nan() {
        return Err("is no number: use 0 to 1, such as 0.1".to_owned());
    }
    Ok(())
}

/// Settings for [`init`](Builder::init); what is not set comes from the [environment](crate::env), else from the
/// defaults.
#[derive(Debug, Clone, Default)]
#[must_use = "call init() to start"]
pub struct Builder {
    api_key: Option<ApiKey>,
    base_url: Option<String>,
    project: Option<String>,
    enabled: Option<bool>,
    debug: Option<bool>,
    flush_interval: Option<Duration>,
    batch_size: Option<usize>,
    flush_timeout: Option<Duration>,
    sampling: Sampling,
    capture: capture::Capture,
    delivery: delivery::Delivery,
    #[cfg(feature = "otlp")]
    otlp: Vec<Otlp>,
    budget: Budget,
    prices: Vec<(String, Rates)>,
    flush_on_signals: bool,
}

impl Builder {
    /// The key of the collector; by default `CARROT_API_KEY`.
    pub fn api_key(mut self, key: impl Into<String>) -> Builder {
        self.api_key = Some(ApiKey(key.into()));
        self
    }

    /// Where traces go: an `http(s)` URL, or `file:///path/traces.jsonl` for JSON lines. By default
    /// `CARROT_BASE_URL`, else with a key the Carrot cloud, else the local `carrot serve` at
    /// `http://127.0.0.1:7420`.
    pub fn base_url(mut self, url: impl Into<String>) -> Builder {
        self.base_url = Some(url.into());
        self
    }

    /// The project that traces belong to; by default `CARROT_PROJECT_ID`.
    pub fn project(mut self, project: impl Into<String>) -> Builder {
        self.project = Some(project.into());
        self
    }

    /// Whether anything is recorded; by default `CARROT_ENABLED`, else true.
    pub fn enabled(mut self, enabled: bool) -> Builder {
        self.enabled = Some(enabled);
        self
    }

    /// Whether to tell on standard error what is sent; by default `CARROT_DEBUG`, else false.
    pub fn debug(mut self, debug: bool) -> Builder {
        self.debug = Some(debug);
        self
    }

    /// How long a finished span waits at most before it is sent; by default 5 s.
    pub fn flush_interval(mut self, interval: Duration) -> Builder {
        self.flush_interval = Some(interval);
        self
    }

    /// How many records are sent in one request, and at once when so many wait; 1 to 100, by
    /// default 50.
    pub fn batch_size(mut self, records: usize) -> Builder {
        self.batch_size = Some(records);
        self
    }

    /// How long `flush()`, the guard and the exit of the process wait at most; by default 5 s.
    pub fn flush_timeout(mut self, timeout: Duration) -> Builder {
        self.flush_timeout = Some(timeout);
        self
    }

    /// Has SIGTERM and SIGINT deliver what was recorded before they end the process, for the flush timeout at most; a
    /// second one ends it at once. The exit status says the signal, as it would without.
    ///
    /// A signal that has a handler already, or is ignored, is left alone: call [`flush`](crate::flush()) where it is handled.
    /// One that is installed later and calls ours, as those of `tokio` and `signal-hook` do, decides what becomes of the
    /// process. Does nothing on systems without signals.
    pub fn flush_on_signals(mut self) -> Builder {
        self.flush_on_signals = true;
        self
    }

    /// The share of traces that are kept, from 0 to 1; by default `CARROT_SAMPLE_RATE`, else 1. It is decided when a trace's
    /// root opens. Of the others names, times and errors are held until the root ends: one that fails is
    /// kept with these, whatever the rate.
    pub fn sample_rate(mut self, rate: f64) -> Builder {
        self.sampling.rate = Some(rate);
        self
    }

    /// Decides by the root's name which traces are kept, the same in every process with this seed; by default
    /// `CARROT_SAMPLE_SEED`, else it is left to chance.
    pub fn sample_seed(mut self, seed: impl Into<String>) -> Builder {
        self.sampling.seed = Some(seed.into());
        self
    }

    /// Another share for traces whose root has this name.
    pub fn sample_rate_for(mut self, name: impl Into<String>, rate: f64) -> Builder {
        self.sampling.by_name.insert(name.into(), rate);
        self
    }

    /// Asks for the share of traces with such a root, from 0 to 1, each time one opens. It comes before the rates; one that
    /// panics keeps the trace.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// let builder = carrot_ai::builder()
    ///     .sampler(|root| if root.name() == "health_check" { 0.01 } else { 1.0 });
    /// # drop(builder);
    /// ```
    pub fn sampler(
        mut self,
        sampler: impl Fn(&Root<'_>) -> f64 + Send + Sync + 'static,
    ) -> Builder {
        self.sampling.sampler = Some(Arc::new(sampler));
        self
    }

    /// Keeps traces that were sampled out if this holds when their root ends. With any such rule every trace is
    /// recorded whole, and held until then: it costs what keeping it costs, but for the sending.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// use carrot_ai::Keep;
    /// use std::time::Duration;
    ///
    /// let builder = carrot_ai::builder()
    ///     .sample_rate(0.05)
    ///     .keep(Keep::errors())
    ///     .keep(Keep::slower_than(Duration::from_secs(10)))
    ///     .keep(Keep::tagged("vip"));
    /// # drop(builder);
    /// ```
    pub fn keep(mut self, rule: Keep) -> Builder {
        self.sampling.keep.push(rule);
        self
    }

    /// Starts tracing.
    ///
    /// # Errors
    ///
    /// When a setting cannot work, or when tracing was started before.
    pub fn init(self) -> Result<Guard, InitError> {
        init::start(self.resolve(&|name| std::env::var(name).ok())?)
    }

    /// What the settings come to, with the environment given by `var`.
    pub(crate) fn resolve(self, var: &dyn Fn(&str) -> Option<String>) -> Result<Config, InitError> {
        let var = |name: &'static str| {
            var(name)
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        let enabled = ENABLED.find(self.enabled, &var, read_bool)?.unwrap_or(true);
        let key = API_KEY.find(self.api_key, &var, |text| Some(ApiKey(text.to_owned())))?;
        let url = self
            .base_url
            .map(|url| (url, "base_url"))
            .or_else(|| Some((var(env::BASE_URL)?, env::BASE_URL)));
        let delivery = self.delivery.resolve(&var)?;
        let is_otlp = delivery.transport == Transport::Otlp;
        let target = match (&url, &key) {
            // Its base URL is read where OTLP is.
            _ if is_otlp => Target::Otlp,
            (Some((url, from)), _) => Target::read(url, from)?,
            (None, Some(_)) => Target::read(CLOUD, "the default base URL")?,
            (None, None) => {
                Target::read(LOCAL, "the default base URL").map(Target::unconfigured)?
            }
        };
        if let Target::Http { url, .. } = &target
            && url.as_str().starts_with(CLOUD)
            && key.is_none()
        {
            return Err(InitError::setting(
                env::API_KEY,
                format!("is missing: {CLOUD} needs a key"),
            ));
        }
        let project = PROJECT.find(self.project, &var, |text| Some(text.to_owned()))?;
        let batch_size = BATCH_SIZE.find(self.batch_size, &var, |text| text.parse().ok())?;
        let flush_interval = FLUSH_INTERVAL.find(self.flush_interval, &var, read_seconds)?;
        let flush_timeout = FLUSH_TIMEOUT.find(self.flush_timeout, &var, read_seconds)?;
        let mut sampling = self.sampling;
        sampling.rate = SAMPLE_RATE.find(sampling.rate, &var, |text| text.parse().ok())?;
        sampling.seed = sampling.seed.or_else(|| var(env::SAMPLE_SEED));
        for rate in sampling.by_name.values() {
            is_number(rate).map_err(|why| InitError::setting("sample_rate_for", why))?;
        }
        let (limits, redaction) = self.capture.resolve(&var)?;
        let budget = budget::resolve(self.budget, &var)?;
        let prices = prices::resolve(self.prices, &var)?;
        #[cfg(feature = "otlp")]
        let otlp = otlp::resolve(
            self.otlp,
            is_otlp,
            url.as_ref().map(|(url, from)| (url.as_str(), *from)),
            key.as_ref(),
            project.as_deref(),
            &var,
        )?;
        let debug = DEBUG.find(self.debug, &var, read_bool)?.unwrap_or(false);
        Ok(Config {
            #[cfg(feature = "otlp")]
            otlp,
            enabled,
            sampling,
            budget,
            prices,
            limits,
            redaction,
            key,
            target,
            delivery,
            project,
            debug,
            exit: Exit {
                on_signals: self.flush_on_signals,
                debug,
            },
            flush_interval: flush_interval.unwrap_or(Duration::from_secs(5)),
            batch_size: batch_size.unwrap_or(50),
            flush_timeout: flush_timeout.unwrap_or(Duration::from_secs(5)),
        })
    }
}

/// A key that does not show itself.
#[derive(Clone)]
pub(crate) struct ApiKey(pub(crate) String);

impl ApiKey {
    fn check(&self) -> Result<(), String> {
        let ApiKey(key) = self;
        if key.is_empty() || key.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err("has characters that no key has (spaces, line ends?)".to_owned());
        }
        Ok(())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What the settings come to.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) enabled: bool,
    pub(crate) limits: Limits,
    pub(crate) redaction: Redaction,
    pub(crate) key: Option<ApiKey>,
    pub(crate) target: Target,
    pub(crate) delivery: DeliveryConfig,
    /// Where records go beside the target.
    #[cfg(feature = "otlp")]
    pub(crate) otlp: Vec<OtlpDestination>,
    pub(crate) project: Option<String>,
    pub(crate) debug: bool,
    pub(crate) flush_interval: Duration,
    pub(crate) batch_size: usize,
    pub(crate) flush_timeout: Duration,
    pub(crate) sampling: Sampling,
    /// Of every run.
    pub(crate) budget: Budget,
    pub(crate) prices: Prices,
    pub(crate) exit: Exit,
}

/// Where records go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// A collector. `unconfigured`: nobody asked for it, so nobody may be there.
    Http { url: Url, unconfigured: bool },
    /// A file of JSON lines.
    File(PathBuf),
    /// Nowhere but where OTLP goes.
    Otlp,
}

impl Target {
    fn read(text: &str, from: &'static str) -> Result<Target, InitError> {
        let shown: String = text.chars().take(80).collect();
        let bad = |why: &str| {
            InitError::setting(
                from,
                format!("{shown:?} {why}: use http://host:port, https://host or file:///path"),
            )
        };
        let url = Url::parse(text).map_err(|error| bad(&format!("is no URL ({error})")))?;
        match url.scheme() {
            "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
                // Without the text: it holds a password.
                Err(InitError::setting(
                    from,
                    "holds a user or password: set CARROT_API_KEY instead",
                ))
            }
            "http" | "https" => Ok(Target::Http {
                url,
                unconfigured: false,
            }),
            "file" => url
                .to_file_path()
                .map(Target::File)
                .map_err(|()| bad("is no file's URL")),
            _ => Err(bad("has another scheme")),
        }
    }

    /// Whether nobody asked for it, so that nobody may be there.
    pub(crate) fn is_optional(&self) -> bool {
        matches!(
            self,
            Target::Http {
                unconfigured: true,
                ..
            }
        )
    }

    fn unconfigured(self) -> Target {
        match self {
            Target::Http { url, .. } => Target::Http {
                url,
                unconfigured: true,
            },
            other => other,
        }
    }
}

/// Why tracing did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitError {
    message: String,
    already: bool,
}

impl InitError {
    pub(crate) fn setting(name: &str, why: impl fmt::Display) -> InitError {
        InitError {
            message: format!("{name} {why}"),
            already: false,
        }
    }

    pub(crate) fn already() -> InitError {
        let message =
            "tracing was started before: call init() once, before the first traced function"
                .to_owned();
        InitError {
            message,
            already: true,
        }
    }

    /// Whether tracing runs already, with other settings.
    pub fn is_already_initialised(&self) -> bool {
        self.already
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for InitError {}

#[cfg(test)]
mod tests;
