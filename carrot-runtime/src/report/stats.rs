//! How the exporter is doing, at any time and without waiting for it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::{Counts, Dropped, NOT_QUEUED, RECORDED, SAMPLED_OUT};

/// How the exporter is doing: what [`stats()`](crate::stats) gives. Counted since the process began, but for what is said to be
/// at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Records that were made: one for each span that ended, and one each time that an open span was shown.
    pub recorded: u64,
    /// Spans that were lost before they reached any destination: they were made faster than records can be made of them,
    /// for longer than memory holds.
    pub not_queued: u64,
    /// Traces that were sampled out, which is no loss.
    pub sampled_out: u64,
    /// Each destination: the collector first, then others in the order of the builder.
    pub destinations: Vec<DestinationStats>,
}

/// How the delivery to one destination is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DestinationStats {
    /// What it is called: its address without credentials, or the name it was given.
    pub name: String,
    /// Records that wait in memory at the moment,
    pub queued: u64,
    /// and their bytes.
    pub queued_bytes: u64,
    /// Records on their way at the moment. What goes out from the spool, or went there while nobody answered, counts as
    /// spooled until it is answered.
    pub in_flight: u64,
    /// Records that it said are durable.
    pub acked: u64,
    /// Records of earlier processes of this program that were delivered from the spool.
    pub adopted: u64,
    /// Records of earlier processes that were lost, by the reason.
    pub adopted_dropped: Dropped,
    /// Batches that did not get through and were, or will be, tried again; each time counts.
    pub retried: u64,
    /// This process's records that wait in the spool at the moment,
    pub spooled: u64,
    /// and the bytes on disk of all that waits there for this destination.
    pub spooled_bytes: u64,
    /// Records that were lost, by the reason.
    pub dropped: Dropped,
    /// Bytes of records that were sent, as JSON and before compression, each attempt counted.
    pub bytes: u64,
    /// Whether the last batch did not get through: it is away, fails, or asks to wait.
    pub is_away: bool,
    /// Why the last attempt failed, if nothing was delivered since. One line, never a payload, never a key.
    pub last_error: Option<String>,
}

impl Stats {
    pub(crate) fn of(destinations: &[Arc<Counts>]) -> Stats {
        Stats {
            recorded: RECORDED.load(Relaxed),
            not_queued: NOT_QUEUED.load(Relaxed),
            sampled_out: SAMPLED_OUT.load(Relaxed),
            destinations: destinations
                .iter()
                .map(|counts| counts.snapshot())
                .collect(),
        }
    }
}

impl Counts {
    fn snapshot(&self) -> DestinationStats {
        DestinationStats {
            name: self.name.clone(),
            queued: self.queued.load(Relaxed),
            queued_bytes: self.queued_bytes.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            acked: self.acked.load(Relaxed),
            adopted: self.adopted.load(Relaxed),
            adopted_dropped: self.adopted_dropped(),
            retried: self.retried.load(Relaxed),
            spooled: self.spooled.load(Relaxed),
            spooled_bytes: self.spooled_bytes.load(Relaxed),
            dropped: self.dropped(),
            bytes: self.bytes.load(Relaxed),
            is_away: self.away.load(Relaxed) > 0,
            last_error: self.last_error(),
        }
    }
}
