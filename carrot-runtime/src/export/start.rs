//! How the exporter's thread begins.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use carrot_spool::{Destination, Fingerprint, Spool};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

use super::lane::{Lane, Settings, Store};
use super::sink::Sink;
use super::waiter::Message;
use super::worker::Worker;
use super::{Exporter, FIRST, GENERATION};
#[cfg(feature = "otlp")]
use crate::config::OtlpDestination;
use crate::config::{ApiKey, Asked, Config, InitError, SpoolConfig, Target};
use crate::context::Ctx;
use crate::report::Counts;
use crate::{env, line, state, warn};

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
        STARTING.store(false, Relaxed);
        state::decide(false);
        for counts in &*exporter.counts {
            counts.failed(&why);
        }
        warn::warn_once("exporter", &format!("tracing is off: {why}"));
    };
    STARTING.store(true, Relaxed);
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

/// Whether the exporter's thread has not come to its first rest. Until then it makes what is made once in a process (by tokio,
/// say), which a child that is forked meanwhile would wait for in vain.
static STARTING: AtomicBool = AtomicBool::new(false);

#[cfg(unix)]
pub(crate) fn is_starting() -> bool {
    STARTING.load(Relaxed)
}

/// The child of a fork has no such thread yet.
#[cfg(unix)]
pub(super) fn forked() {
    STARTING.store(false, Relaxed);
}

/// The runtime is made on its own thread: dropped on one of an async program it would panic.
fn run(
    exporter: &Exporter,
    worker: Worker,
    inbox: UnboundedReceiver<Message>,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_park(|| STARTING.store(false, Relaxed))
        .build()?;
    runtime.block_on(worker.run(exporter, inbox));
    // A request that hangs, or a sink's thread, holds up no end.
    runtime.shutdown_background();
    Ok(())
}

/// A lane for each destination: the collector first.
fn lanes(config: &Config) -> Result<Vec<Settings>, InitError> {
    let target = Sink::new(config)?.map(|sink| lane(config, sink));
    let lanes = target.into_iter();
    #[cfg(feature = "otlp")]
    let lanes = lanes.chain(config.otlp.iter().map(|to| beside(config, to)));
    lanes.collect()
}

/// The target's lane.
fn lane(config: &Config, sink: Sink) -> Result<Settings, InitError> {
    let is_file = matches!(config.target, Target::File(_));
    let store = if is_file {
        Store::new(None)
    } else {
        let is_optional = config.target.is_optional();
        store(config, sink.name(), config.key.as_ref(), is_optional)?
    };
    Ok(Settings {
        sink,
        store,
        bounds: config.delivery.bounds,
        batch_size: if is_file {
            FILE_BATCH
        } else {
            config.batch_size
        },
        interval: config.flush_interval,
        is_optional: config.target.is_optional(),
        is_debug: config.debug,
    })
}

/// The lane of a destination beside the target, which somebody asked for.
#[cfg(feature = "otlp")]
fn beside(config: &Config, to: &OtlpDestination) -> Result<Settings, InitError> {
    let sink = Sink::otlp(config, to)?;
    Ok(Settings {
        store: store(config, sink.name(), to.key().as_ref(), false)?,
        sink,
        bounds: config.delivery.bounds,
        batch_size: config.batch_size,
        interval: config.flush_interval,
        is_optional: false,
        is_debug: config.debug,
    })
}

/// Where the records of a destination wait that cannot be delivered.
fn store(
    config: &Config,
    name: &str,
    key: Option<&ApiKey>,
    is_optional: bool,
) -> Result<Store, InitError> {
    let Some(SpoolConfig { settings, asked }) = config.delivery.spool.clone() else {
        return Ok(Store::new(None));
    };
    let root = settings.root.clone();
    let destination = Destination {
        program: program(),
        to: name.to_owned(),
        project: config.project.clone(),
        key: key.map(|ApiKey(key)| Fingerprint::of(key)),
    };
    let spool = Spool::new(settings, destination);
    // The usual folder is made when something is to be kept.
    if let (Some(asked), Err(error)) = (asked, asked.map_or(Ok(()), |_| spool.check())) {
        let why = format!("names {}, which cannot be written: {error}", root.display());
        return match asked {
            Asked::Builder => Err(InitError::setting("spool", why)),
            Asked::Environment => {
                let (name, off) = (env::SPOOL, "it is left out, and nothing waits on disk");
                warn::warn_once(name, &format!("{name} {why}; {off}"));
                Ok(Store::new(None))
            }
        };
    }
    let mut store = Store::new(Some((root, spool)));
    if !is_optional {
        store.adopt(std::time::Instant::now());
    }
    Ok(store)
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
