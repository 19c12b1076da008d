//! What became of the records: counted for each destination, for `flush()` and `stats()` to say.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

mod stats;

pub use stats::{DestinationStats, Stats};

/// What was delivered, what was not, and why; counted since the process began.
///
/// With several destinations a record counts once for each of them. All that was recorded is in here:
/// `acked + pending + spooled + dropped.total()`. What earlier runs left is not: [`stats()`](crate::stats) tells of that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// Records that the collector said are durable.
    pub acked: u64,
    /// Records that still wait in memory: the deadline came first, or nobody answers.
    pub pending: u64,
    /// Records that wait on this machine's disk, safe from the end of the process. They are delivered when the collector is
    /// back: by this process, by the next run of the program, or by `carrot spool send`.
    pub spooled: u64,
    /// Records that were lost.
    pub dropped: Dropped,
    /// Traces that were sampled out, which is no loss.
    pub sampled_out: u64,
    /// Why the last attempt failed, if nothing was delivered since.
    pub last_error: Option<String>,
}

/// Records that were lost, by the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full, and there was no spool to take it: the collector was away, or slow, for too long.
    pub queue_full: u64,
    /// The collector will not have them: a record it cannot read, an address that is no collector's. With a spool they
    /// are kept aside in it, with the reason: `carrot spool ls`.
    pub rejected: u64,
    /// The spool had reached its size: the oldest made room.
    pub spool_full: u64,
    /// They lay in the spool for longer than it keeps them.
    pub too_old: u64,
    /// They could not be read back from the spool: its file was damaged. What is left of it is kept aside.
    pub corrupt: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.queue_full + self.rejected + self.spool_full + self.too_old + self.corrupt
    }

    /// What was lost since it was `before`, by the name of the reason; none of those with nothing.
    pub(crate) fn since(&self, before: &Dropped) -> impl Iterator<Item = (&'static str, u64)> {
        let since = [
            ("queue_full", self.queue_full - before.queue_full),
            ("rejected", self.rejected - before.rejected),
            ("spool_full", self.spool_full - before.spool_full),
            ("too_old", self.too_old - before.too_old),
            ("corrupt", self.corrupt - before.corrupt),
        ];
        since.into_iter().filter(|(_, records)| *records > 0)
    }

    fn add(&mut self, other: &Dropped) {
        self.queue_full += other.queue_full;
        self.rejected += other.rejected;
        self.spool_full += other.spool_full;
        self.too_old += other.too_old;
        self.corrupt += other.corrupt;
    }
}

impl FlushReport {
    /// Whether everything is delivered, and nothing was ever lost.
    pub fn is_complete(&self) -> bool {
        self.pending == 0 && self.spooled == 0 && self.dropped.total() == 0
    }

    /// Whether nothing was ever lost and nothing can be lost by the end of the process: all is delivered, or on disk.
    pub fn is_safe(&self) -> bool {
        self.pending == 0 && self.dropped.total() == 0
    }

    /// What the destinations have counted until now.
    pub(crate) fn of(destinations: &[std::sync::Arc<Counts>]) -> FlushReport {
        let mut report = FlushReport {
            sampled_out: SAMPLED_OUT.load(Relaxed),
            ..FlushReport::default()
        };
        report.dropped.queue_full = NOT_QUEUED.load(Relaxed);
        for counts in destinations {
            report.acked += counts.acked.load(Relaxed);
            report.pending += counts.queued.load(Relaxed) + counts.in_flight.load(Relaxed);
            report.spooled += counts.spooled.load(Relaxed);
            report.dropped.add(&counts.dropped());
            report.last_error = report.last_error.or_else(|| counts.last_error());
        }
        report
    }

    /// Such a report, when that many more may wait than were counted.
    pub(crate) fn with_uncounted(mut self, records: u64) -> FlushReport {
        self.pending += records;
        self
    }
}

impl std::fmt::Display for FlushReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let FlushReport {
            acked,
            pending,
            spooled,
            dropped,
            sampled_out,
            last_error,
        } = self;
        write!(f, "{acked} delivered, {pending} pending, ")?;
        if *spooled > 0 {
            write!(f, "{spooled} spooled, ")?;
        }
        write!(f, "{} dropped", dropped.total())?;
        if *sampled_out > 0 {
            let traces = if *sampled_out == 1 { "trace" } else { "traces" };
            write!(f, ", {sampled_out} {traces} sampled out")?;
        }
        match last_error {
            Some(error) => write!(f, " ({error})"),
            None => Ok(()),
        }
    }
}

/// Records made, of spans and of what is shown of those that are open.
pub(crate) static RECORDED: AtomicU64 = AtomicU64::new(0);
/// Spans that found no room on their way to the exporter.
pub(crate) static NOT_QUEUED: AtomicU64 = AtomicU64::new(0);
pub(crate) static SAMPLED_OUT: AtomicU64 = AtomicU64::new(0);

pub(crate) fn recorded(records: usize) {
    RECORDED.fetch_add(records as u64, Relaxed);
}

/// A number that grows while the exporter gets on.
static PROGRESS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn got_on() {
    PROGRESS.fetch_add(1, Relaxed);
}

pub(crate) fn progress() -> u64 {
    PROGRESS.load(Relaxed)
}

pub(crate) fn not_queued(spans: usize) {
    NOT_QUEUED.fetch_add(spans as u64, Relaxed);
}

pub(crate) fn sampled_out() {
    SAMPLED_OUT.fetch_add(1, Relaxed);
}

/// The counts are the parent's: a forked child begins anew.
pub(crate) fn forget() {
    for count in [&RECORDED, &NOT_QUEUED, &SAMPLED_OUT] {
        count.store(0, Relaxed);
    }
}

/// What one destination counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) name: String,
    pub(crate) acked: AtomicU64,
    /// Of other processes' spools.
    pub(crate) adopted: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) queue_full: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) spool_full: AtomicU64,
    pub(crate) too_old: AtomicU64,
    pub(crate) corrupt: AtomicU64,
    /// Of other processes' spools: what was lost of them is no loss of what this one recorded.
    pub(crate) adopted_lost: AdoptedLost,
    // How much there is at the moment.
    pub(crate) queued: AtomicU64,
    pub(crate) queued_bytes: AtomicU64,
    pub(crate) in_flight: AtomicU64,
    pub(crate) spooled: AtomicU64,
    pub(crate) spooled_bytes: AtomicU64,
    /// 1 while the last request failed.
    pub(crate) away: AtomicU64,
    last_error: Mutex<Option<String>>,
}

/// Records of earlier processes that were lost.
#[derive(Debug, Default)]
pub(crate) struct AdoptedLost {
    pub(crate) rejected: AtomicU64,
    pub(crate) spool_full: AtomicU64,
    pub(crate) too_old: AtomicU64,
    pub(crate) corrupt: AtomicU64,
}

/// Counts on.
pub(crate) fn add(count: &AtomicU64, records: usize) {
    count.fetch_add(records as u64, Relaxed);
}

impl Counts {
    pub(crate) fn new(name: String) -> Counts {
        Counts {
            name,
            ..Counts::default()
        }
    }

    pub(crate) fn failed(&self, why: &str) {
        *self.lock() = Some(why.to_owned());
    }

    pub(crate) fn worked(&self) {
        *self.lock() = None;
    }

    fn last_error(&self) -> Option<String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn dropped(&self) -> Dropped {
        Dropped {
            queue_full: self.queue_full.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            spool_full: self.spool_full.load(Relaxed),
            too_old: self.too_old.load(Relaxed),
            corrupt: self.corrupt.load(Relaxed),
        }
    }

    pub(crate) fn adopted_dropped(&self) -> Dropped {
        let lost = &self.adopted_lost;
        Dropped {
            queue_full: 0,
            rejected: lost.rejected.load(Relaxed),
            spool_full: lost.spool_full.load(Relaxed),
            too_old: lost.too_old.load(Relaxed),
            corrupt: lost.corrupt.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_in_words() {
        let report = |sampled_out| FlushReport {
            acked: 120,
            sampled_out,
            ..FlushReport::default()
        };
        assert_eq!(report(0).to_string(), "120 delivered, 0 pending, 0 dropped");
        assert!(report(1).to_string().ends_with(", 1 trace sampled out"));
        assert!(report(2).to_string().ends_with(", 2 traces sampled out"));
        let spooled = FlushReport {
            spooled: 3,
            last_error: Some("nobody answers".to_owned()),
            ..FlushReport::default()
        };
        assert_eq!(
            spooled.to_string(),
            "0 delivered, 0 pending, 3 spooled, 0 dropped (nobody answers)"
        );
        assert!(spooled.is_safe() && !spooled.is_complete());
    }

    #[test]
    fn what_is_counted_is_summed_over_destinations() {
        let one = std::sync::Arc::new(Counts::new("one".to_owned()));
        let two = std::sync::Arc::new(Counts::new("two".to_owned()));
        add(&one.acked, 3);
        add(&one.queue_full, 1);
        add(&two.acked, 2);
        add(&two.queued, 4);
        add(&two.in_flight, 5);
        two.failed("away");
        let report = FlushReport::of(&[one, two.clone()]);
        assert_eq!((report.acked, report.pending), (5, 9));
        assert_eq!(report.dropped.queue_full, 1);
        assert_eq!(report.last_error.as_deref(), Some("away"));
        two.worked();
        assert_eq!(FlushReport::of(&[two]).last_error, None);
    }
}
