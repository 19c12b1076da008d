//! From finished spans to the records that are sent, a slice at a time, so that sending and answering go on.

use std::time::{Duration, Instant};
use std::vec::IntoIter;

use bytes::Bytes;

use crate::assemble::FinishedSpan;
use crate::clock::Clock;
use crate::redaction::Redaction;
use crate::{assemble, report};

/// So many spans are made records of before the exporter looks at other things: a millisecond or two.
const SLICE: usize = 500;
/// The memory of a record longer than this is not kept for the next.
const MAX_TEXT: usize = 1024 * 1024;

pub(super) struct Maker {
    redaction: Redaction,
    /// Where a record is written before its length is known.
    text: Vec<u8>,
    /// Spans that were taken from the assembler.
    taken: IntoIter<FinishedSpan>,
    /// How many spans records were made of.
    made: u64,
    /// How many there were to make at the last look.
    known: u64,
    shipped_open: Instant,
    /// Whether the last look at the lines found anything.
    is_busy: bool,
}

impl Maker {
    pub(super) fn new(redaction: Redaction) -> Maker {
        Maker {
            redaction,
            text: Vec::new(),
            taken: Vec::new().into_iter(),
            made: 0,
            known: 0,
            shipped_open: Instant::now(),
            is_busy: true,
        }
    }

    /// Reads the lines. Open spans are shown with them each `interval`, and `with_open` at once. Gives how many spans
    /// had finished by now: what [`made`](Maker::made) is to reach for all of them.
    pub(super) fn look(&mut self, with_open: bool, interval: Duration, now: Instant) -> u64 {
        let mut assembler = assemble::lock();
        assembler.drain();
        if with_open || now.duration_since(self.shipped_open) >= interval {
            self.shipped_open = now;
            assembler.ship_open(with_open);
        }
        let known = assembler.ready_ever();
        self.is_busy = known > self.known || !assembler.is_settled();
        self.known = known;
        known
    }

    /// How many spans records were made of.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// How many spans are known that no records were made of.
    pub(super) fn waiting(&self) -> u64 {
        self.known.saturating_sub(self.made)
    }

    /// Whether the last look found anything.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Makes some records, of one trace or of many small ones.
    pub(super) fn make(&mut self, mut take: impl FnMut(Bytes)) {
        let clock = Clock::now();
        let mut made = 0;
        while made < SLICE {
            let Some(span) = self.taken.next() else {
                match assemble::lock().take_ready() {
                    Some(spans) => self.taken = spans.into_iter(),
                    None => break,
                }
                continue;
            };
            made += 1;
            let record = self.redaction.apply(span.into_record(&clock));
            // A record of ours is always JSON.
            self.text.clear();
            if serde_json::to_writer(&mut self.text, &record.for_ingest()).is_ok() {
                take(Bytes::copy_from_slice(&self.text));
            }
            if self.text.capacity() > MAX_TEXT {
                self.text = Vec::new();
            }
        }
        self.made += made as u64;
        if made < SLICE {
            // All that was known is made, whatever the count says: in a forked child it began with its parent's.
            self.made = self.made.max(self.known);
        }
        if made > 0 {
            report::recorded(made);
            report::got_on();
        }
    }
}
