//! From finished spans to the records that are sent, a slice at a time, so that sending and answering go on.

use std::time::{Duration, Instant};
use std::vec::IntoIter;

use bytes::Bytes;

use crate::assemble::FinishedSpan;
use crate::clock::Clock;
use crate::redaction::Redaction;
use crate::{assemble, report};

/// So many spans are made records of before the exporter looks at other things: some milliseconds.
const SLICE: usize = 500;

pub(super) struct Maker {
    redaction: Redaction,
    /// Spans that were taken from the assembler.
    finished: IntoIter<FinishedSpan>,
    shipped_open: Instant,
    /// Whether the last look at the lines found anything.
    is_busy: bool,
}

impl Maker {
    pub(super) fn new(redaction: Redaction) -> Maker {
        Maker {
            redaction,
            finished: Vec::new().into_iter(),
            shipped_open: Instant::now(),
            is_busy: true,
        }
    }

    /// Takes what finished since the last look, if what was taken then is made; says whether it looked. Open spans are shown with
    /// it each `interval`, and `with_open` at once.
    pub(super) fn look(&mut self, with_open: bool, interval: Duration, now: Instant) -> bool {
        if self.has_more() {
            return false;
        }
        let mut assembler = assemble::lock();
        assembler.drain();
        if with_open || now.duration_since(self.shipped_open) >= interval {
            self.shipped_open = now;
            assembler.ship_open(with_open);
        }
        self.finished = assembler.take_ready().into_iter();
        self.is_busy = self.has_more() || !assembler.is_settled();
        true
    }

    /// Whether spans wait to be made records of.
    pub(super) fn has_more(&self) -> bool {
        self.finished.len() > 0
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.finished.len()
    }

    /// Whether the last look found anything.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Makes some records.
    pub(super) fn make(&mut self, mut take: impl FnMut(Bytes)) {
        if !self.has_more() {
            return;
        }
        let clock = Clock::now();
        let mut made = 0;
        for span in self.finished.by_ref().take(SLICE) {
            let record = self.redaction.apply(span.into_record(&clock));
            // A record of ours is always JSON.
            if let Ok(json) = serde_json::to_vec(&record.for_ingest()) {
                made += 1;
                take(json.into());
            }
        }
        report::recorded(made);
    }
}
