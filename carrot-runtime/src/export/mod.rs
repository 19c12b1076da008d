//! From finished spans to a collector, on a thread of its own.

mod worker;
mod queue;
mod sink;
mod answer;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::config::{Config, InitError};
use crate::context::Ctx;
use crate::{FlushReport, line, report, state, warn};
use sink::Sink;
use worker::{Message, Worker};

static EXPORTER: OnceLock<Exporter> = OnceLock::new();
/// Rung when there is work; waiting for it costs the ringer nothing but, if the exporter sleeps, a system call.
static BELL: Notify = Notify::const_new();
/// Whether the exporter sleeps until it is woken, or for a whole flush interval.
static IDLE: AtomicBool = AtomicBool::new(false);

/// Whether the last flush ended with records that still wait.
static GAVE_UP: AtomicBool = AtomicBool::new(false);

struct Exporter {
    messages: UnboundedSender<Message>,
    flush_timeout: Duration,
    thread: ThreadId,
}

/// Starts the exporter's thread, with its own single-threaded runtime.
pub(crate) fn start(config: Config) -> Result<(), InitError> {
    let flush_timeout = config.flush_timeout;
    let sink = Sink::new(&config)?;
    let (messages, inbox) = tokio::sync::mpsc::unbounded_channel();
    let run = move || {
        // What runs here (a parser, a logger) is not traced: each export would make the next.
        line::replace(Ctx::QUIET);
        let run = || run(config, sink, inbox);
        let why = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => format!("the exporter cannot start: {error}"),
            Err(_) => "the exporter failed; please report this".to_owned(),
        };
        state::decide(false);
        report::failed(&why);
        warn::warn_once("exporter", &format!("tracing is off: {why}"));
    };
    let thread = std::thread::Builder::new()
        .name("carrot-export".to_owned())
        .spawn(run)
        .map_err(|error| InitError::setting("the exporter", format!("cannot start: {error}")))?;
    let _ = EXPORTER.set(Exporter {
        messages,
        flush_timeout,
        thread: thread.thread().id(),
    });
    Ok(())
}

/// The runtime is made on its own thread: dropped on one of an async program it would panic.
fn run(config: Config, sink: Sink, inbox: UnboundedReceiver<Message>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(Worker::new(config, sink).run(inbox));
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
    // Called by what the exporter runs, it would wait for itself.
    if std::thread::current().id() == exporter.thread {
        return FlushReport::now(1);
    }
    let deadline = Instant::now().checked_add(timeout.unwrap_or(exporter.flush_timeout));
    let (reply, answer) = mpsc::sync_channel(1);
    // Where the exporter is gone, so is `reply`, and nothing answers.
    let _ = exporter.messages.send(Message::Flush { reply, deadline });
    let left = deadline.map_or(Duration::MAX, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    });
    // The exporter answers at the deadline too, with what it knows to be pending; a little later we
    // stop waiting for it.
    let report = answer
        .recv_timeout(left.saturating_add(Duration::from_millis(250)))
        .unwrap_or_else(|error| {
            if error == RecvTimeoutError::Timeout {
                report::failed("the exporter did not answer in time");
            }
            FlushReport::now(1)
        });
    GAVE_UP.store(report.pending > 0, Relaxed);
    report
}

/// Whether the last flush ended with records that still wait.
pub(crate) fn gave_up() -> bool {
    GAVE_UP.load(Relaxed)
}
