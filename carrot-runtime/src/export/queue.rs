//! The records that wait, and when which of them go: plain values, no clock and no I/O of their own.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// The queue holds so many records at most,
const MAX_RECORDS: usize = 200_000;
/// and so many bytes; what does not fit is dropped and counted.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Where nobody asked for a collector and none may ever come: enough for a program that starts before it.
const SMALL_RECORDS: usize = 1_000;
/// A request's body is about this long at most; a longer record goes alone.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// So many requests are under way at once: the collector commits them together.
const MAX_FLIGHTS: usize = 4;
/// The first wait after a failure; doubled each time
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
/// up to this.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// A record as the JSON text that is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    /// Counted from 1 in the order of queueing.
    pub(super) number: u64,
    pub(super) json: Vec<u8>,
    since: Instant,
}

/// Records on their way in one request.
pub(super) type Batch = Vec<Waiting>;

pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    max_records: usize,
    next_number: u64,
    /// The batches under way, by their key: the first number of each.
    flights: BTreeMap<u64, usize>,
    batch_size: usize,
    interval: Duration,
    failures: u32,
    not_before: Option<Instant>,
    asked_to_wait: bool,
}

impl Queue {
    pub(super) fn new(batch_size: usize, interval: Duration) -> Queue {
        Queue {
            waiting: VecDeque::new(),
            bytes: 0,
            max_records: MAX_RECORDS,
            next_number: 1,
            flights: BTreeMap::new(),
            batch_size,
            interval,
            failures: 0,
            not_before: None,
            asked_to_wait: false,
        }
    }

    /// Takes a record; false when there is no room for it.
    #[must_use]
    pub(super) fn push(&mut self, json: Vec<u8>, now: Instant) -> bool {
        if self.waiting.len() >= self.max_records || self.bytes + json.len() > MAX_BYTES {
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

    /// The next batch to send, if it is time: enough wait, the first has waited long enough, or `now_all`.
    pub(super) fn next_batch(&mut self, now: Instant, send_all: bool) -> Option<Batch> {
        let due = send_all
            || self.waiting.len() >= self.batch_size
            || self
                .waiting
                .front()
                .is_some_and(|first| now.duration_since(first.since) >= self.interval);
        if !due
            || self.waiting.is_empty()
            || self.must_land_first()
            || self.not_before.is_some_and(|not_before| now < not_before)
        {
            return None;
        }
        let mut batch = Batch::new();
        let mut bytes = 0;
        while let Some(next) = self.waiting.front()
            && batch.len() < self.batch_size
            && (batch.is_empty() || bytes + next.json.len() <= MAX_BATCH_BYTES)
        {
            bytes += next.json.len();
            batch.extend(self.waiting.pop_front());
        }
        self.bytes -= bytes;
        self.flights.insert(batch.first()?.number, batch.len());
        Some(batch)
    }

    /// When [`next_batch`](Queue::next_batch) has something to give, if nothing else happens.
    pub(super) fn next_due(&self, send_all: bool) -> Option<Instant> {
        let first = self.waiting.front()?;
        if self.must_land_first() {
            return None;
        }
        let due = if send_all || self.waiting.len() >= self.batch_size {
            first.since
        } else {
            first.since + self.interval
        };
        Some(
            self.not_before
                .map_or(due, |not_before| due.max(not_before)),
        )
    }

    /// Whether no more requests may be under way. After a failure one tries the way before others follow.
    fn must_land_first(&self) -> bool {
        let most = if self.failures > 0 { 1 } else { MAX_FLIGHTS };
        self.flights.len() >= most
    }

    /// The batch is settled: delivered, or given up. Somebody is there.
    pub(super) fn settled(&mut self, batch: &Batch) {
        self.landed(batch);
        self.failures = 0;
        self.not_before = None;
        self.asked_to_wait = false;
        self.max_records = MAX_RECORDS;
    }

    /// Nobody asked for a collector, and none is there: keeps a few records in case one comes, and
    /// gives the number of those that it does not keep.
    pub(super) fn nobody_is_there(&mut self) -> usize {
        self.max_records = SMALL_RECORDS;
        let beyond = self.waiting.len().saturating_sub(SMALL_RECORDS);
        self.waiting.truncate(SMALL_RECORDS);
        self.bytes = self.waiting.iter().map(|record| record.json.len()).sum();
        beyond
    }

    /// The batch did not get through and waits again, in its place. `retry_after` is what the collector asked for;
    /// else the wait doubles, and `jitter`, 0 to 1, spreads it.
    pub(super) fn failed(
        &mut self,
        batch: Batch,
        retry_after: Option<Duration>,
        jitter: f64,
        now: Instant,
    ) {
        self.landed(&batch);
        self.put_back(batch);
        let doubled = FIRST_BACKOFF
            .saturating_mul(1 << self.failures.min(16))
            .min(MAX_BACKOFF);
        let wait = retry_after.map_or(doubled.mul_f64(0.5 + jitter / 2.0), |wait| {
            wait.min(MAX_BACKOFF * 10)
        });
        self.failures += 1;
        self.not_before = now.checked_add(wait);
        self.asked_to_wait = retry_after.is_some();
    }

    /// The batch was too large: it waits again, and batches are smaller from now on. A single record
    /// cannot be made smaller: it is given back.
    pub(super) fn too_large(&mut self, batch: Batch) -> Option<Batch> {
        self.landed(&batch);
        if batch.len() <= 1 {
            return Some(batch);
        }
        self.batch_size = self.batch_size.min(batch.len() / 2);
        self.put_back(batch);
        None
    }

    fn landed(&mut self, batch: &Batch) {
        if let Some(first) = batch.first() {
            self.flights.remove(&first.number);
        }
    }

    fn put_back(&mut self, batch: Batch) {
        self.bytes += batch.iter().map(|record| record.json.len()).sum::<usize>();
        self.waiting.extend(batch);
        self.waiting
            .make_contiguous()
            .sort_unstable_by_key(|record| record.number);
    }

    /// Somebody flushes: do not wait any longer before the next try, nor long before those after it. A
    /// collector that asked to wait is not disturbed.
    pub(super) fn try_now(&mut self) {
        if !self.asked_to_wait {
            self.not_before = None;
        }
        self.failures = self.failures.min(1);
    }

    /// The number of the newest record.
    pub(super) fn newest(&self) -> u64 {
        self.next_number - 1
    }

    /// Whether every record up to this number is settled.
    pub(super) fn is_settled(&self, number: u64) -> bool {
        let in_flight = self.flights.keys().next().copied();
        let waiting = self.waiting.front().map(|record| record.number);
        in_flight
            .into_iter()
            .chain(waiting)
            .min()
            .is_none_or(|oldest| oldest > number)
    }

    /// How many records are not settled.
    pub(super) fn pending(&self) -> u64 {
        (self.waiting.len() + self.flights.values().sum::<usize>()) as u64
    }
}

#[cfg(test)]
mod tests;
