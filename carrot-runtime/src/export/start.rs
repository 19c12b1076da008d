//! How the exporter's thread begins.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

use carrot_spool::{Destination, Fingerprint, Spool};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

use super::lane::{Lane, Settings, Store};
use super::sink::Sink;
use super::waiter::Message;
use super::worker::Worker;
use super::{Exporter, FIRST, GENERATION};
use crate::config::{ApiKey, Config, InitError, Target};
use crate::context::Ctx;
use crate::report::Counts;
use crate::{line, state, warn};

/// How many records are written to a file at once: it is synced after each batch, which costs the same for a large one.
const FILE_BATCH: usize = 5_000;

/// Starts the exporter's thread, with its own single-threaded runtime.
pub(crate) fn start(config: Config) -> Result<(), InitError> {
    let lanes = lanes(&config)?;
    let counts: Vec<Arc<Counts>> = lanes
        .iter()
        .map(|settings| Arc::new(Counts::new(settings.sink.name().to_owned())))
        .collect();
    let (messages, inbox) = tokio::sync::mpsc::unbounded_channel();
    let exporter = publish(Exporter {
        messages,
        bell: Notify::new(),
        flush_timeout: config.flush_timeout,
        thread: OnceLock::new(),
        counts: counts.iter().cloned().collect(),
        generation: GENERATION.load(Relaxed),
        next: OnceLock::new(),
    });
    let lanes = lanes.into_iter().zip(counts);
    let lanes = lanes.map(|(settings, counts)| Lane::new(settings, counts));
    let worker = Worker::new(&config, lanes.collect());
    let run = move || {
        // What runs here (a parser, a logger) is not traced: each export would make the next.
        line::replace(Ctx::QUIET);
        let _ = exporter.thread.set(std::thread::current().id());
        let why = match catch_unwind(AssertUnwindSafe(|| run(exporter, worker, inbox))) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => format!("the exporter cannot start: {error}"),
            Err(_) => "the exporter failed; please report this".to_owned(),
        };
        state::decide(false);
        for counts in &*exporter.counts {
            counts.failed(&why);
        }
        warn::warn_once("exporter", &format!("tracing is off: {why}"));
    };
    std::thread::Builder::new()
        .name("carrot-export".to_owned())
        .spawn(run)
        .map_err(|error| InitError::setting("the exporter", format!("cannot start: {error}")))?;
    Ok(())
}

/// Makes it the process's exporter: the first, or the next after those of the processes that this one was forked from.
fn publish(exporter: Exporter) -> &'static Exporter {
    let Some(mut last) = FIRST.get() else {
        return FIRST.get_or_init(|| exporter);
    };
    while let Some(next) = last.next.get() {
        last = next;
    }
    last.next.get_or_init(|| Box::new(exporter))
}

/// The runtime is made on its own thread: dropped on one of an async program it would panic.
fn run(
    exporter: &Exporter,
    worker: Worker,
    inbox: UnboundedReceiver<Message>,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(worker.run(exporter, inbox));
    // A request that hangs, or a sink's thread, holds up no end.
    runtime.shutdown_background();
    Ok(())
}

/// A lane for each destination: the collector first.
fn lanes(config: &Config) -> Result<Vec<Settings>, InitError> {
    let sink = Sink::new(config)?;
    let is_file = matches!(config.target, Target::File(_));
    let is_optional = matches!(
        config.target,
        Target::Http {
            unconfigured: true,
            ..
        }
    );
    let store = if is_file {
        Store::new(None)
    } else {
        store(config, sink.name(), config.key.as_ref())
    };
    Ok(vec![Settings {
        sink,
        store,
        bounds: config.delivery.bounds,
        batch_size: if is_file {
            FILE_BATCH
        } else {
            config.batch_size
        },
        interval: config.flush_interval,
        is_optional,
        is_debug: config.debug,
    }])
}

/// Where the records of a destination wait that cannot be delivered.
fn store(config: &Config, name: &str, key: Option<&ApiKey>) -> Store {
    let Some(settings) = config.delivery.spool.clone() else {
        return Store::new(None);
    };
    let destination = Destination {
        program: program(),
        to: name.to_owned(),
        project: config.project.clone(),
        key: key.map(|ApiKey(key)| Fingerprint::of(key)),
    };
    let root = settings.root.clone();
    let mut store = Store::new(Some((root, Spool::new(settings, destination))));
    if !matches!(
        config.target,
        Target::Http {
            unconfigured: true,
            ..
        }
    ) {
        store.adopt(std::time::Instant::now());
    }
    store
}

/// The name of this program: the runs of one take over from each other.
fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(|path| path.file_name());
    name.map_or_else(
        || "program".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
