//! How tracing starts: by `init()`, by the builder, or by the first root.

use std::sync::OnceLock;

use crate::config::{Builder, Config, InitError};
use crate::context::Ctx;
use crate::lock::Lock;
use crate::{budget, capture, clock, exit, export, line, prices, redaction, sampling, state, warn};

/// Held while the process starts its client.
static STARTING: Lock<bool> = Lock::new(false);
/// What it was started with.
static CONFIG: OnceLock<Config> = OnceLock::new();

/// What a forked child goes on with.
#[cfg(unix)]
pub(crate) fn kept() -> &'static dyn crate::lock::Kept {
    &STARTING
}

/// Starts tracing with what the environment says; the guard flushes when it is dropped.
///
/// Optional: the first traced call does the same. A mistake in the environment is one warning line and
/// no tracing, never a panic.
pub fn init() -> Guard {
    from_first_root();
    Guard { private: () }
}

/// Settings for those who do not want the environment's.
pub fn builder() -> Builder {
    Builder::default()
}

/// Flushes when it is dropped, waiting no longer than the flush timeout.
#[derive(Debug)]
#[must_use = "bind it to a name (`let _carrot = …`): dropped at once it flushes at once"]
pub struct Guard {
    private: (),
}

impl Drop for Guard {
    fn drop(&mut self) {
        let () = self.private;
        exit::deliver();
    }
}

/// Starts with the settings given.
pub(crate) fn start(config: Config) -> Result<Guard, InitError> {
    let mut started = STARTING.lock();
    if *started {
        return Err(InitError::already());
    }
    run(config)?;
    *started = true;
    Ok(Guard { private: () })
}

/// Starts with the environment's settings, unless something started before.
#[cold]
pub(crate) fn from_first_root() {
    if !state::BUILT_IN {
        return;
    }
    let mut started = STARTING.lock();
    if *started {
        return;
    }
    *started = true;
    let config = Builder::default().resolve(&|name| std::env::var(name).ok());
    if let Err(error) = config.and_then(run) {
        warn::warn_once("environment", &format!("tracing is off: {error}"));
        state::decide(false);
    }
}

/// Starts the client of a forked child, with the settings of its parent.
#[cfg(unix)]
pub(crate) fn begin_anew() -> Result<(), InitError> {
    CONFIG
        .get()
        .map_or(Ok(()), |config| export::start(config.clone()))
}

fn run(config: Config) -> Result<(), InitError> {
    // Recordings are made whether tracing is on or not.
    redaction::start(config.redaction.clone());
    if config.enabled && state::BUILT_IN {
        clock::start();
        let (sampling, limits, per_run) = (config.sampling.clone(), config.limits, config.budget);
        let at_exit = config.exit;
        prices::start(config.prices.clone());
        // A logger may hear of this, and may be traced: that would start tracing while it starts.
        line::with(Ctx::QUIET, || export::start(config.clone()))?;
        let _ = CONFIG.set(config);
        sampling::start(sampling);
        capture::start(limits);
        budget::start(per_run);
        exit::watch(at_exit);
        // Warns of a name that is given twice.
        crate::resumable_functions();
        state::decide(true);
    } else {
        state::decide(false);
    }
    Ok(())
}
