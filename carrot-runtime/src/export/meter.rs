//! What is counted, as counters and gauges of the `metrics` crate: feature `metrics`.
//!
//! The exporter's thread tells the recorder what changed, each second at most and when somebody flushes.

mod series;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::report::Counts;
use crate::warn;
use series::Series;

/// What changed is told this often at most, unless somebody flushes.
const EVERY: Duration = Duration::from_secs(1);

pub(super) struct Meter {
    series: Vec<Series>,
    /// Where the recorder is that was told: one that a program installs later is told everything.
    recorder: Option<usize>,
    told: Instant,
    /// Whether something changed since.
    is_behind: bool,
    /// A recorder that panicked is told nothing more, and that of a forked child is a dead copy, whose locks may be held by
    /// threads that are not there.
    is_over: bool,
}

impl Meter {
    pub(super) fn new<'a>(destinations: impl Iterator<Item = &'a Arc<Counts>>) -> Meter {
        Meter {
            series: series::all(destinations),
            recorder: None,
            told: Instant::now(),
            is_behind: false,
            is_over: super::is_forked(),
        }
    }

    /// Tells what changed if it is time to, or `at_once`.
    pub(super) fn look(&mut self, at_once: bool, now: Instant) {
        if self.is_over {
            return;
        }
        self.is_behind = self.series.iter().any(Series::has_changed);
        let is_due = self.due().is_some_and(|due| due <= now);
        if !(is_due || at_once) {
            return;
        }
        self.told = now;
        self.is_behind = false;
        if catch_unwind(AssertUnwindSafe(|| self.tell())).is_err() {
            self.is_over = true;
            warn::warn_once(
                "metrics",
                "the recorder of `metrics` panicked: it is told no more",
            );
        }
    }

    /// When [`look`](Meter::look) has something to tell, if nothing else happens.
    pub(super) fn due(&self) -> Option<Instant> {
        self.is_behind.then(|| self.told + EVERY)
    }

    fn tell(&mut self) {
        metrics::with_recorder(|recorder| {
            let address = std::ptr::from_ref(recorder).addr();
            let is_new = self.recorder.replace(address) != Some(address);
            if is_new {
                series::describe(recorder);
            }
            for series in &mut self.series {
                series.tell(recorder, is_new);
            }
        });
    }
}
