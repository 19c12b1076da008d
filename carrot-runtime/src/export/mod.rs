//! From finished spans to a collector, on a thread of its own.

mod queue;
mod sink;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use crate::config::{Config, InitError};
use crate::{FlushReport, report, state, warn};
use sink::Sink;
use worker::{Message, Worker};

static EXPORTER: OnceLock<Exporter> = OnceLock::new();
/// Rung when there is work; waiting for it costs the ringer nothing but, if the exporter sleeps, a system call.
static BELL: Notify = Notify::const_new();
/// Whether the exporter sleeps until it is woken, or for a whole flush interval.
static IDLE: AtomicBool = AtomicBool::new(false);

struct Exporter {
    messages: UnboundedSender<Message>,
    flush_timeout: Duration,
}

/// Starts the exporter's thread, with its own single-threaded runtime.
pub(crate) fn start(config: Config) -> Result<(), InitError> {
    let flush_timeout = config.flush_timeout;
    let sink = Sink::new(&config)?;
    let (messages, inbox) = tokio::sync::mpsc::unbounded_channel();
    let failed = |error| InitError::setting("the exporter", format!("cannot start: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let run = move || {
        let run = || runtime.block_on(Worker::new(config, sink).run(inbox));
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            state::decide(false);
            warn::warn_once(
                "exporter",
                "tracing is off: the exporter failed; please report this",
            );
        }
    };
    std::thread::Builder::new()
        .name("carrot-export".to_owned())
        .spawn(run)
        .map_err(failed)?;
    let _ = EXPORTER.set(Exporter {
        messages,
        flush_timeout,
    });
    Ok(())
}

/// Has the exporter look at the lines soon.
pub(crate) fn wake() {
    BELL.notify_one();
}

/// A root ended. An exporter that looks regularly anyway is not woken; one that slept through this by a
/// hair's breadth wakes after a flush interval.
#[inline]
pub(crate) fn root_ended() {
    if IDLE.load(Relaxed) {
        IDLE.store(false, Relaxed);
        wake();
    }
}

/// Has everything delivered that ended before the call; waits for it until the timeout.
pub(crate) fn flush(timeout: Option<Duration>) -> FlushReport {
    let Some(exporter) = EXPORTER.get() else {
        return FlushReport::now(0);
    };
    let deadline = Instant::now().checked_add(timeout.unwrap_or(exporter.flush_timeout));
    let (reply, answer) = mpsc::sync_channel(1);
    if exporter
        .messages
        .send(Message::Flush { reply, deadline })
        .is_err()
    {
        return FlushReport::now(0);
    }
    let left = deadline.map_or(Duration::MAX, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    });
    // The exporter answers at the deadline too, with what it knows to be pending; a little later we
    // stop waiting for it.
    answer
        .recv_timeout(left.saturating_add(Duration::from_millis(250)))
        .unwrap_or_else(|_| {
            report::failed("the exporter did not answer in time");
            FlushReport::now(1)
        })
}
