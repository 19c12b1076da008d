//! Who waits for the exporter, and for what.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use super::lane::Lane;
use crate::FlushReport;
use crate::report::Counts;

pub(super) enum Message {
    Flush(Waiter),
    /// Write all that waits to disk, without a look at the network.
    Spool {
        reply: SyncSender<()>,
    },
}

/// When a flush has done its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// All is delivered.
    Delivered,
    /// The process may end: what cannot be delivered now is on disk.
    Safe,
    /// The same, and then the exporter ends.
    Stopped,
}

#[derive(Clone)]
pub(super) struct Waiter {
    pub(super) reply: SyncSender<FlushReport>,
    pub(super) since: Instant,
    pub(super) deadline: Option<Instant>,
    pub(super) until: Until,
    /// How many spans had finished when it came; known when the lines were read since.
    pub(super) spans: Option<u64>,
    /// The newest record of each lane that it waits for; known when records are made of these spans.
    pub(super) up_to: Option<Vec<u64>>,
    pub(super) counts: Arc<[Arc<Counts>]>,
}

impl Waiter {
    pub(super) fn is_done(&self, lanes: &[Lane]) -> bool {
        let Some(up_to) = &self.up_to else {
            return false;
        };
        lanes.iter().zip(up_to).all(|(lane, &up_to)| {
            lane.is_alone()
                || match self.until {
                    Until::Delivered => lane.is_delivered(up_to),
                    Until::Safe | Until::Stopped => lane.is_safe(up_to, self.since, self.deadline),
                }
        })
    }

    /// `uncounted`: how many spans are no records yet.
    pub(super) fn answer(&self, uncounted: u64) {
        let report = FlushReport::of(&self.counts).with_uncounted(uncounted);
        let _ = self.reply.try_send(report);
    }
}
