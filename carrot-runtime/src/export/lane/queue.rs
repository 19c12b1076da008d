//! The records that wait in memory, bounded by count and by bytes: a plain value, no clock and no I/O of its own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

/// A request's body is about this long at most; a longer record goes alone.
pub(super) const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// How much waits at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
}

/// A record as the JSON text that is sent.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::export) struct Waiting {
    /// Counted from 1 in the order of queueing.
    pub(super) number: u64,
    pub(super) json: Bytes,
    since: Instant,
}

pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    bounds: Bounds,
    next_number: u64,
    batch_size: usize,
}

impl Queue {
    pub(super) fn new(bounds: Bounds, batch_size: usize) -> Queue {
        Queue {
            waiting: VecDeque::new(),
            bytes: 0,
            bounds,
            next_number: 1,
            batch_size,
        }
    }

    /// Whether a record of this size finds room. One that is larger than all of it does when it is alone.
    pub(super) fn has_room(&self, size: usize) -> bool {
        self.waiting.is_empty()
            || (self.waiting.len() < self.bounds.records && self.bytes + size <= self.bounds.bytes)
    }

    /// Takes a record, if it finds room.
    #[must_use]
    pub(super) fn push(&mut self, json: Bytes, now: Instant) -> bool {
        if !self.has_room(json.len()) {
            return false;
        }
        self.bytes += json.len();
        self.waiting.push_back(Waiting {
            number: self.next_number,
            json,
            since: now,
        });
        self.next_number += 1;
        true
    }

    /// When the first is due that may wait so long for others: at once if a batch is full. `None` where nothing waits.
    pub(super) fn due(&self, wait: Duration) -> Option<Instant> {
        let first = self.waiting.front()?;
        let is_full = self.waiting.len() >= self.batch_size;
        Some(if is_full {
            first.since
        } else {
            first.since + wait
        })
    }

    /// The oldest, as many as go into one batch.
    pub(super) fn take_batch(&mut self) -> Vec<Waiting> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.waiting.front()
            && batch.len() < self.batch_size
            && (batch.is_empty() || bytes + next.json.len() <= MAX_BATCH_BYTES)
        {
            bytes += next.json.len();
            batch.extend(self.waiting.pop_front());
        }
        self.bytes -= bytes;
        batch
    }

    /// A batch did not get through: its records wait again, in their places. They are let in whatever waits
    /// by now: the bound holds for what comes.
    pub(super) fn put_back(&mut self, batch: Vec<Waiting>) {
        self.bytes += batch.iter().map(|record| record.json.len()).sum::<usize>();
        self.waiting.extend(batch);
        self.waiting
            .make_contiguous()
            .sort_unstable_by_key(|record| record.number);
    }

    /// Batches are no larger than this from now on.
    pub(super) fn shrink_batches(&mut self, records: usize) {
        self.batch_size = self.batch_size.min(records.max(1));
    }

    /// Keeps so many of the oldest; gives the number of the others.
    pub(super) fn keep(&mut self, records: usize) -> usize {
        let beyond = self.waiting.len().saturating_sub(records);
        self.waiting.truncate(records);
        self.bytes = self.waiting.iter().map(|record| record.json.len()).sum();
        beyond
    }

    pub(super) fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// The number of the newest record.
    pub(super) fn newest(&self) -> u64 {
        self.next_number - 1
    }

    /// The number of the oldest that waits.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.waiting.front().map(|record| record.number)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests;
