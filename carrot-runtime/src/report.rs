//! What became of the records: counted, for `flush()` to say.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

static ACKED: AtomicU64 = AtomicU64::new(0);
static QUEUE_FULL: AtomicU64 = AtomicU64::new(0);
static REJECTED: AtomicU64 = AtomicU64::new(0);
static SAMPLED_OUT: AtomicU64 = AtomicU64::new(0);
static LAST_ERROR: Mutex<Option<String>> = Mutex::new(None);

/// What was delivered, what was not, and why; counted since the process began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// Records that the collector said are durable.
    pub acked: u64,
    /// Records that still wait: the deadline came first, or nobody answers.
    pub pending: u64,
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
    /// The queue was full: the collector was away, or slow, for too long.
    pub queue_full: u64,
    /// The collector will not have them: a wrong key, a record it cannot read.
    pub rejected: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.queue_full + self.rejected
    }
}

impl FlushReport {
    /// Whether everything is delivered, and nothing was ever lost.
    pub fn is_complete(&self) -> bool {
        self.pending == 0 && self.dropped.total() == 0
    }

    pub(crate) fn now(pending: u64) -> FlushReport {
        FlushReport {
            acked: ACKED.load(Relaxed),
            pending,
            dropped: Dropped {
                queue_full: QUEUE_FULL.load(Relaxed),
                rejected: REJECTED.load(Relaxed),
            },
            sampled_out: SAMPLED_OUT.load(Relaxed),
            last_error: LAST_ERROR
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }
}

impl std::fmt::Display for FlushReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let FlushReport {
            acked,
            pending,
            dropped,
            sampled_out,
            last_error,
        } = self;
        write!(
            f,
            "{acked} delivered, {pending} pending, {} dropped",
            dropped.total()
        )?;
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

pub(crate) fn acked(records: usize) {
    ACKED.fetch_add(records as u64, Relaxed);
    *LAST_ERROR.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

pub(crate) fn dropped_from_queue(records: usize) {
    QUEUE_FULL.fetch_add(records as u64, Relaxed);
}

pub(crate) fn sampled_out() {
    SAMPLED_OUT.fetch_add(1, Relaxed);
}

pub(crate) fn queue_full() -> u64 {
    QUEUE_FULL.load(Relaxed)
}

pub(crate) fn rejected(records: usize, why: &str) {
    REJECTED.fetch_add(records as u64, Relaxed);
    failed(why);
}

pub(crate) fn failed(why: &str) {
    *LAST_ERROR.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
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
    }
}
