//! Forks: a child does not send what its parent recorded, and records for itself.
//!
//! The child has the memory of its parent, but only the thread that forked. Around the fork we hold the locks of what the
//! child goes on to use; everything else (chunks, the assembler, the exporter) it leaves to its parent, and begins its own with
//! the first span it opens. Spans that were open go on to be parents in the child; their ends are the parent's.

use std::any::Any;
use std::cell::Cell;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::context::Ctx;
use crate::line::{self, registry};
use crate::lock::Kept;
use crate::{assemble, clock, export, inherit, init, site, state, warn};

/// How long a fork is held up at most, where another thread keeps a lock.
const AT_MOST: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_micros(50);

/// Whether this process was forked, and has not begun to record.
static NEW: AtomicBool = AtomicBool::new(false);
/// Whether it was forked at a moment in which it cannot begin.
static LOST: AtomicBool = AtomicBool::new(false);

thread_local! {
    static FORKING: Cell<Option<Forking>> = const { Cell::new(None) };
}

/// What is kept between the two sides of a fork.
struct Forking {
    /// What was current: the fork handlers of others, which may be traced, would wait for our locks.
    current: Ctx,
    /// `None` where they could not be had.
    locks: Option<Vec<Box<dyn Any>>>,
}

/// Hears of every `fork` of the C library from now on.
pub(super) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        assemble::prepare();
        #[allow(unsafe_code, reason = "the standard library does not tell of forks")]
        // SAFETY: plain functions that live as long as the program and do not unwind.
        let result = unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        if result != 0 {
            warn::warn_once("fork", "forks are not heard of: do not trace in a child");
        }
    });
}

extern "C" fn before() {
    let until = Instant::now() + AT_MOST;
    while export::is_starting() && Instant::now() < until {
        std::thread::sleep(PAUSE);
    }
    let locks = hold(until);
    let current = line::replace(Ctx::QUIET);
    let forking = Forking { current, locks };
    if FORKING.try_with(|it| it.set(Some(forking))).is_err() {
        // The thread is about to be gone, and what it kept is dropped already.
        line::replace(current);
    }
}

fn after() -> Option<Vec<Box<dyn Any>>> {
    let Forking { current, locks } = FORKING.try_with(Cell::take).ok()??;
    line::replace(current);
    locks
}

extern "C" fn in_parent() {
    drop(after());
}

extern "C" fn in_child() {
    let locks = after();
    let (was_on, is_lost) = (state::is_on(), locks.is_none());
    line::forked();
    registry::forked();
    assemble::forked();
    warn::forked();
    export::forked();
    if is_lost {
        kept().for_each(Kept::lost);
    }
    state::forked(is_lost);
    LOST.store(was_on && is_lost, Relaxed);
    NEW.store(was_on && !is_lost, Relaxed);
}

/// What a child goes on with, whole.
fn kept() -> impl Iterator<Item = &'static dyn Kept> {
    let kept = [init::kept(), inherit::kept(), site::kept(), clock::kept()];
    #[cfg(feature = "tracing")]
    let kept = kept.into_iter().chain([crate::bridge::kept()]);
    kept.into_iter()
}

/// Locks all of it, or nothing.
fn hold(until: Instant) -> Option<Vec<Box<dyn Any>>> {
    let wait = |lock: &'static dyn Kept| loop {
        match lock.try_hold() {
            None if Instant::now() < until => std::thread::sleep(PAUSE),
            held => return held,
        }
    };
    kept().map(wait).collect()
}

/// The first span of a child opens.
#[inline]
pub(crate) fn begin_anew() {
    if NEW.load(Relaxed) {
        begin();
    }
}

#[cold]
fn begin() {
    if !NEW.swap(false, Relaxed) {
        return;
    }
    // What is called here may be traced.
    let begun = line::with(Ctx::QUIET, || {
        super::signal::begin_anew();
        init::begin_anew()
    });
    if let Err(error) = begun {
        state::decide(false);
        let what = "tracing is off in this forked process";
        warn::warn_once("fork", &format!("{what}: {error}"));
    }
}

/// Says, once and at its end, that this process recorded nothing.
pub(super) fn tell() {
    if LOST.swap(false, Relaxed) {
        warn::warn_once(
            "fork",
            "this forked process was not traced: another thread held up its fork for too long",
        );
    }
}

#[cfg(test)]
mod tests;
