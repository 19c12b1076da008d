//! What is said of a lane: warnings for everybody, events for who listens, and counts.

use std::sync::atomic::Ordering::Relaxed;

use super::{Flight, Lane};
use crate::export::events::{Happened, tell};
use crate::report::{Counts, Dropped};
use crate::{env, warn};

/// The losses that were told.
#[derive(Debug, Default)]
pub(super) struct Losses {
    dropped: Dropped,
    adopted: Dropped,
}

impl Lane {
    /// Tells the counts how much there is, and tells what was lost since it was told last.
    pub(in crate::export) fn publish(&mut self) {
        let in_flight: usize = self.flights.values().map(Flight::in_memory).sum();
        self.counts.queued.store(self.queue.len() as u64, Relaxed);
        let bytes = self.queue.bytes() as u64;
        self.counts.queued_bytes.store(bytes, Relaxed);
        self.counts.in_flight.store(in_flight as u64, Relaxed);
        let is_away = self.pace.is_failing();
        self.counts.away.store(u64::from(is_away), Relaxed);
        self.store.publish(&self.counts);
        self.tell_losses();
    }

    fn tell_losses(&mut self) {
        let Losses { dropped, adopted } = Losses::of(&self.counts);
        let name = self.sink.name();
        // Where nobody asked for a collector and none is there, the hint has said enough.
        if dropped.queue_full > self.lost.dropped.queue_full && !self.is_alone {
            warn::warn_once(
                "queue full",
                &format!(
                    "spans are dropped: more wait than the queue holds; is {name} away or too slow?"
                ),
            );
        }
        for (reason, records) in dropped.since(&self.lost.dropped) {
            tell(name, &Happened::Dropped { records, reason });
        }
        for (reason, records) in adopted.since(&self.lost.adopted) {
            tell(name, &Happened::AdoptedDropped { records, reason });
        }
        self.lost = Losses { dropped, adopted };
    }

    pub(super) fn tell(&self, happened: &Happened<'_>) {
        tell(self.sink.name(), happened);
    }

    pub(super) fn warn_away(&self, why: &str, nobody_listens: bool) {
        if self.is_optional && nobody_listens {
            let (url, key, enabled) = (env::BASE_URL, env::API_KEY, env::ENABLED);
            warn::warn_once(
                "no collector",
                &format!(
                    "{why}: run `carrot serve`, or set {url} or {key} ({enabled}=false ends this)"
                ),
            );
        } else {
            warn::warn_once("collector away", &format!("traces wait: {why}"));
        }
    }
}

impl Losses {
    fn of(counts: &Counts) -> Losses {
        Losses {
            dropped: counts.dropped(),
            adopted: counts.adopted_dropped(),
        }
    }
}
