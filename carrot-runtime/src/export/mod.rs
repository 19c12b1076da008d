//! From finished spans to their destinations, on a thread of its own.

mod idle;
mod worker;
mod waiter;
mod make;
mod lane;
mod deliver;
mod sink;
mod answer;
mod events;
#[cfg(feature = "metrics")]
mod meter;
mod start;

#[cfg(feature = "tracing")]
pub(crate) use events::is_ours;
pub(crate) use lane::Bounds;
pub(crate) use sink::HttpClient;
#[cfg(feature = "otlp")]
pub(crate) use sink::UserExporter;
#[cfg(unix)]
pub(crate) use start::is_starting;
pub(crate) use start::start;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use crate::report::Counts;
use crate::{FlushReport, Stats};
use idle::Idle;
use waiter::{Message, Until, Waiter};

/// What [`idle`] is made of; its loom test puts loom's in its place.
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, Ordering};
}

/// The exporter of the process that was started first; those of its forked children follow it.
static FIRST: OnceLock<Exporter> = OnceLock::new();
/// How often the process was forked on its way from the first.
static GENERATION: AtomicU32 = AtomicU32::new(0);
static IDLE: Idle = Idle(AtomicBool::new(false));
/// Whether the last flush ended with records that still wait.
static GAVE_UP: AtomicBool = AtomicBool::new(false);

/// What a flush before has waited for in vain is tried once more, not waited for again.
const AGAIN: Duration = Duration::from_millis(250);
/// The exporter answers at the deadline; so much later nobody waits for it any longer.
const LATE: Duration = Duration::from_millis(250);

/// The exporter's thread, seen from others.
struct Exporter {
    messages: UnboundedSender<Message>,
    /// Rung when there is work; waiting for it costs the ringer nothing but, if the exporter sleeps, a system call.
    bell: Notify,
    flush_timeout: Duration,
    /// Known once it runs.
    thread: OnceLock<ThreadId>,
    counts: Arc<[Arc<Counts>]>,
    generation: u32,
    /// That of a forked child, in whose memory this one is a dead copy.
    next: OnceLock<Box<Exporter>>,
}

/// The exporter of this process.
fn exporter() -> Option<&'static Exporter> {
    let mut exporter = FIRST.get()?;
    while let Some(next) = exporter.next.get() {
        exporter = next;
    }
    (exporter.generation == GENERATION.load(Relaxed)).then_some(exporter)
}

/// Whether this process is the child of one that traced.
#[cfg(any(feature = "metrics", feature = "tracing"))]
fn is_forked() -> bool {
    GENERATION.load(Relaxed) > 0
}

/// Has the exporter look at the lines soon.
pub(crate) fn wake() {
    if let Some(exporter) = exporter() {
        exporter.bell.notify_one();
    }
}

/// A root ended. An exporter that looks regularly anyway is not woken; one that slept through this by a
/// hair's breadth wakes after a flush interval.
#[inline]
pub(crate) fn root_ended() {
    IDLE.root_ended(wake);
}

/// Has everything delivered that ended before the call; waits for it until the timeout.
pub(crate) fn flush(timeout: Option<Duration>) -> FlushReport {
    wait(timeout, Until::Delivered)
}

/// The flush of the guard, of a signal and of the process's exit: what cannot be delivered now goes to disk.
pub(crate) fn at_the_end() -> FlushReport {
    let timeout = GAVE_UP.load(Relaxed).then_some(AGAIN);
    wait(timeout, Until::Safe)
}

/// The same, and then the exporter ends.
pub(crate) fn shutdown(timeout: Option<Duration>) -> FlushReport {
    wait(timeout, Until::Stopped)
}

/// Has all that waits written to disk, without a look at the network; waits for it until the timeout.
pub(crate) fn spool_now(timeout: Duration) {
    let Some(exporter) = exporter().filter(|exporter| !exporter.is_this_thread()) else {
        return;
    };
    let (reply, done) = mpsc::sync_channel(1);
    let _ = exporter.messages.send(Message::Spool { reply });
    let _ = done.recv_timeout(timeout);
}

/// What is known without waiting.
pub(crate) fn now() -> FlushReport {
    FlushReport::of(exporter().map_or(&[], |exporter| &exporter.counts))
}

/// How the exporter is doing.
pub(crate) fn stats() -> Stats {
    Stats::of(exporter().map_or(&[], |exporter| &exporter.counts))
}

/// This process is a forked child: what its parent's exporter does is none of its business. The next root starts one.
#[cfg(unix)]
pub(crate) fn forked() {
    start::forked();
    GENERATION.fetch_add(1, Relaxed);
    GAVE_UP.store(false, Relaxed);
    crate::report::forget();
}

impl Exporter {
    /// Called by what the exporter runs, it would wait for itself.
    fn is_this_thread(&self) -> bool {
        self.thread.get() == Some(&std::thread::current().id())
    }
}

fn wait(timeout: Option<Duration>, until: Until) -> FlushReport {
    let Some(exporter) = exporter() else {
        return now();
    };
    let report = now;
    if exporter.is_this_thread() {
        return report().with_uncounted(1);
    }
    let since = Instant::now();
    let deadline = since.checked_add(timeout.unwrap_or(exporter.flush_timeout));
    let (reply, answer) = mpsc::sync_channel(1);
    let waiter = Waiter {
        reply,
        since,
        deadline,
        until,
        spans: None,
        up_to: None,
        counts: exporter.counts.clone(),
    };
    // Where the exporter is gone, so is `reply`, and nothing answers.
    let _ = exporter.messages.send(Message::Flush(waiter));
    let left = deadline.map_or(Duration::MAX, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    });
    let report = match answer.recv_timeout(left.saturating_add(LATE)) {
        Ok(report) => report,
        Err(RecvTimeoutError::Timeout) => {
            for counts in &*exporter.counts {
                counts.failed("the exporter did not answer in time");
            }
            report().with_uncounted(1)
        }
        // It was shut down: all is said.
        Err(RecvTimeoutError::Disconnected) => report(),
    };
    GAVE_UP.store(report.pending > 0, Relaxed);
    report
}
