//! One destination: what waits for it in memory and on disk, what is on its way, and what became of it.
//!
//! ```text
//! record ─► queue ─► batch ─► sink ─► Outcome ─► forgotten, or back to where it was
//!             └─ full, or the sink is away ─► spool ─┘ (blocks go out as batches do)
//! ```
//!
//! Each destination has a lane of its own, so that a slow one holds up no other.

mod pace;
mod queue;
mod store;
mod told;

pub(crate) use queue::Bounds;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use bytes::Bytes;
use carrot_spool::Block;
use tokio::task::Id;

use super::answer::{Outcome, Refused};
use super::deliver::Delivery;
use super::events::Happened;
use super::sink::Sink;
use crate::report::{self, Counts};
use crate::warn;
use pace::Pace;
use queue::{Queue, Waiting};
pub(super) use store::Store;
use told::Losses;

/// Where nobody asked for a collector and none may ever come: enough for a program that starts before it.
const SMALL: usize = 1_000;
/// While the destination is away a record waits so long in memory before it goes to disk, and so does one on its way that is
/// not answered: what a killed process loses.
const TO_DISK: Duration = Duration::from_secs(1);

/// About so many records are written to disk before the exporter looks at other things.
const SPILL: usize = 2_000;

/// What a lane is made of.
pub(super) struct Settings {
    pub(super) sink: Sink,
    pub(super) store: Store,
    pub(super) bounds: Bounds,
    pub(super) batch_size: usize,
    pub(super) interval: Duration,
    /// Nobody asked for this destination, so it may be that nobody is there.
    pub(super) is_optional: bool,
    pub(super) is_debug: bool,
}

pub(super) struct Lane {
    sink: Sink,
    queue: Queue,
    pace: Pace,
    store: Store,
    bounds: Bounds,
    interval: Duration,
    flights: HashMap<Id, Flight>,
    counts: Arc<Counts>,
    is_optional: bool,
    is_debug: bool,
    /// Nobody is there, and nobody asked for somebody.
    is_alone: bool,
    /// Whether the last batch came from the disk.
    was_spooled: bool,
    /// What was told of it.
    lost: Losses,
}

/// What goes into one request.
pub(super) enum Batch {
    Memory(Vec<Waiting>),
    Disk(Block),
}

struct Flight {
    batch: Batch,
    sent: Instant,
}

impl Batch {
    pub(super) fn records(&self) -> Vec<Bytes> {
        match self {
            Batch::Memory(waiting) => waiting.iter().map(|record| record.json.clone()).collect(),
            Batch::Disk(block) => block.records.clone(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Batch::Memory(waiting) => waiting.len(),
            Batch::Disk(block) => block.records.len(),
        }
    }

    /// Whether this process recorded it.
    fn is_own(&self) -> bool {
        match self {
            Batch::Memory(_) => true,
            Batch::Disk(block) => block.own,
        }
    }
}

impl Flight {
    /// How many records it has that are nowhere else.
    fn in_memory(&self) -> usize {
        match &self.batch {
            Batch::Memory(waiting) => waiting.len(),
            Batch::Disk(_) => 0,
        }
    }
}

impl Lane {
    pub(super) fn new(settings: Settings, counts: Arc<Counts>) -> Lane {
        Lane {
            queue: Queue::new(settings.bounds, settings.batch_size),
            pace: Pace::default(),
            sink: settings.sink,
            store: settings.store,
            bounds: settings.bounds,
            interval: settings.interval,
            flights: HashMap::new(),
            counts,
            is_optional: settings.is_optional,
            is_debug: settings.is_debug,
            is_alone: false,
            was_spooled: false,
            lost: Losses::default(),
        }
    }

    pub(super) fn sink(&self) -> &Sink {
        &self.sink
    }

    #[cfg(feature = "metrics")]
    pub(super) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Takes a record. What does not fit into memory goes to disk, and what fits nowhere is dropped and counted.
    pub(super) fn push(&mut self, json: Bytes, now: Instant) {
        while !self.queue.has_room(json.len()) && self.spill(1, now) > 0 {}
        if !self.queue.push(json, now) {
            report::add(&self.counts.queue_full, 1);
        }
    }

    /// The next batch to send, if it is time. `at_once`: somebody waits for all of it.
    pub(super) fn next(&mut self, at_once: bool, now: Instant) -> Option<Batch> {
        if !self.has_room() || self.pace.allows(now) > now {
            return None;
        }
        let is_due = self.queue_due(at_once).is_some_and(|due| due <= now);
        // In turns: what is new is seen soon, and what lies on the disk gets less.
        if !(is_due && self.was_spooled)
            && let Some(block) = self.store.next()
        {
            self.was_spooled = true;
            return Some(Batch::Disk(block));
        }
        self.was_spooled = false;
        is_due.then(|| Batch::Memory(self.queue.take_batch()))
    }

    /// Whether one more batch may be on its way.
    fn has_room(&self) -> bool {
        self.pace
            .has_room(self.flights.len(), self.sink.most_flights())
    }

    /// When [`next`](Lane::next) has something to give, if nothing else happens.
    pub(super) fn next_due(&self, at_once: bool, now: Instant) -> Option<Instant> {
        if !self.has_room() {
            return None;
        }
        let disk = self.store.has_unsent().then_some(now);
        let due = disk.into_iter().chain(self.queue_due(at_once)).min()?;
        Some(self.pace.allows(due))
    }

    /// When [`tend`](Lane::tend) has something to write to disk, if nothing else happens.
    pub(super) fn disk_due(&self, now: Instant) -> Option<Instant> {
        if self.is_alone || !self.store.takes(now) {
            return None;
        }
        let flights = self.flights.values().filter(|it| it.in_memory() > 0);
        let copied = flights.map(|flight| flight.sent + TO_DISK).min();
        self.spill_due().into_iter().chain(copied).min()
    }

    /// When what waits in memory is to go to disk: the destination fails, or does not answer.
    fn spill_due(&self) -> Option<Instant> {
        let due = self.queue.due(TO_DISK)?;
        if self.pace.is_failing() {
            return Some(due);
        }
        let oldest = self.flights.values().map(|flight| flight.sent).min()?;
        Some(due.max(oldest + TO_DISK))
    }

    fn queue_due(&self, at_once: bool) -> Option<Instant> {
        let wait = if at_once || self.sink.is_live() {
            Duration::ZERO
        } else {
            self.interval
        };
        self.queue.due(wait)
    }

    /// The batch is on its way, as that task.
    pub(super) fn sent(&mut self, task: Id, batch: Batch) {
        let flight = Flight {
            batch,
            sent: Instant::now(),
        };
        self.flights.insert(task, flight);
    }

    /// What is done from time to time, whatever happens.
    pub(super) fn tend(&mut self, now: Instant) {
        if self.spill_due().is_some_and(|due| due <= now) {
            self.spill(SPILL, now);
        }
        self.copy_flights(TO_DISK, now);
        self.store
            .tend(!self.pace.is_failing() && !self.is_optional, now);
    }

    /// Moves what waits in memory to the disk, batch by batch, until that many records or more are there; gives how many.
    fn spill(&mut self, most: usize, now: Instant) -> usize {
        let mut spilled = 0;
        while spilled < most && !self.queue.is_empty() {
            if self.is_alone || !self.store.takes(now) {
                break;
            }
            let batch = self.queue.take_batch();
            let records: Vec<Bytes> = batch.iter().map(|record| record.json.clone()).collect();
            if !self.store.append(&records, now) {
                self.queue.put_back(batch);
                break;
            }
            let records = records.len();
            self.tell(&Happened::Spooled { records });
            spilled += records;
            report::got_on();
        }
        spilled
    }

    /// Writes all that is not delivered to the disk, also what is on its way: the process is about to end, or may be.
    pub(super) fn spill_all(&mut self, now: Instant) {
        self.spill(usize::MAX, now);
        self.copy_flights(Duration::ZERO, now);
        self.store.sync();
    }

    /// Writes to the disk what is on its way for that long. It goes on from there: the answer is for its block.
    fn copy_flights(&mut self, under_way: Duration, now: Instant) {
        if self.is_alone {
            return;
        }
        let mut spooled = 0;
        for flight in self.flights.values_mut() {
            let is_due = now.saturating_duration_since(flight.sent) >= under_way;
            if !is_due || flight.in_memory() == 0 {
                continue;
            }
            let records = flight.batch.records();
            if let Some(ticket) = self.store.append_given(&records, now) {
                spooled += records.len();
                flight.batch = Batch::Disk(Block {
                    ticket,
                    records,
                    own: true,
                });
            }
        }
        if spooled > 0 {
            self.tell(&Happened::Spooled { records: spooled });
        }
    }

    /// What became of a batch.
    pub(super) fn landed(&mut self, task: Id, delivery: Option<Delivery>, now: Instant) {
        let Some(flight) = self.flights.remove(&task) else {
            return;
        };
        let Some(delivery) = delivery else {
            return self.refused(flight, "sending panicked; please report this");
        };
        if let Some(records) = delivery.shrink_to {
            self.queue.shrink_batches(records);
        }
        report::add(&self.counts.bytes, delivery.bytes);
        match delivery.outcome {
            Outcome::Delivered { refused } => self.delivered(flight, &refused, delivery.bytes),
            Outcome::Refused { why } => self.refused(flight, &why),
            Outcome::TooLarge => {
                self.refused(flight, "a record is larger than the collector takes")
            }
            Outcome::KeyRefused { why } => {
                self.store.note_key(true);
                self.failed(flight, None, &why, now);
                warn::warn_once("key refused", &format!("traces wait: {why}"));
            }
            Outcome::Retry {
                why,
                after,
                nobody_listens,
            } => {
                self.failed(flight, after, &why, now);
                self.warn_away(&why, nobody_listens);
                if self.is_optional && nobody_listens {
                    self.is_alone = true;
                    self.bound_alone();
                }
            }
        }
    }

    fn delivered(&mut self, flight: Flight, refused: &[Refused], bytes: usize) {
        let batch = flight.batch;
        self.answered();
        self.counts.worked();
        self.store.note_key(false);
        self.is_alone = false;
        // Somebody is there: from now on it is a destination like others.
        self.is_optional = false;
        self.queue.set_bounds(self.bounds);
        let records = batch.records();
        for Refused { index, why } in refused {
            let record = records.get(*index..=*index).unwrap_or_default();
            self.store.keep_refused(record, why);
        }
        let count = records.len().saturating_sub(refused.len());
        let is_own = batch.is_own();
        match batch {
            Batch::Memory(_) => report::add(&self.counts.acked, count),
            Batch::Disk(block) => {
                let counted = if block.own {
                    &self.counts.acked
                } else {
                    &self.counts.adopted
                };
                report::add(counted, count);
                self.store.settle(block.ticket);
            }
        }
        self.tell(&Happened::Acked {
            records: count,
            bytes,
        });
        if let Some(first) = refused.first() {
            report::add(self.rejected(is_own), refused.len());
            self.counts.failed(&first.why);
            let (name, count, why) = (self.sink.name(), refused.len(), &first.why);
            let refused = format!("{name} refused {count} records: {why}");
            warn::warn_once("record refused", &refused);
        }
        if self.is_debug {
            warn::line(&format!("{count} records delivered"));
        }
    }

    /// It will never be delivered: the collector will not have it.
    fn refused(&mut self, flight: Flight, why: &str) {
        let batch = flight.batch;
        self.answered();
        let records = batch.records();
        report::add(self.rejected(batch.is_own()), records.len());
        match batch {
            Batch::Memory(_) => self.store.keep_refused(&records, why),
            Batch::Disk(block) => self.store.set_aside(block.ticket, why),
        }
        self.counts.failed(why);
        warn::warn_once("batch refused", &format!("traces are not delivered: {why}"));
    }

    /// Somebody is there.
    fn answered(&mut self) {
        if self.pace.is_failing() {
            self.tell(&Happened::Back);
        }
        self.pace.answered();
    }

    fn rejected(&self, is_own: bool) -> &AtomicU64 {
        if is_own {
            &self.counts.rejected
        } else {
            &self.counts.adopted_lost.rejected
        }
    }

    /// It is not delivered yet.
    fn failed(&mut self, flight: Flight, after: Option<Duration>, why: &str, now: Instant) {
        let Flight { batch, sent } = flight;
        report::add(&self.counts.retried, 1);
        self.counts.failed(why);
        if !self.pace.is_failing() {
            self.tell(&Happened::Away { why });
        }
        let records = batch.len();
        self.tell(&Happened::Retried { records, why });
        self.pace.failed(sent, after, jitter(), now);
        match batch {
            Batch::Memory(waiting) => self.queue.put_back(waiting),
            Batch::Disk(block) => self.store.put_back(block.ticket),
        }
    }

    /// Nobody asked for a collector, and none is there: a few records are kept in case one comes.
    fn bound_alone(&mut self) {
        self.queue.set_bounds(Bounds {
            records: SMALL,
            ..self.bounds
        });
        report::add(&self.counts.queue_full, self.queue.keep(SMALL));
    }

    /// Somebody flushes.
    pub(super) fn try_now(&mut self) {
        self.pace.try_now();
    }

    /// The number of the newest record.
    pub(super) fn newest(&self) -> u64 {
        self.queue.newest()
    }

    /// Whether every record up to this number is delivered, or lost.
    pub(super) fn is_delivered(&self, up_to: u64) -> bool {
        self.has_left_memory(up_to) && self.store.own() == 0
    }

    /// Whether the process may end: every record up to this number is delivered or on disk, and what lies there is not
    /// about to be delivered, since it was tried since then, or cannot be before the deadline.
    pub(super) fn is_safe(&self, up_to: u64, since: Instant, deadline: Option<Instant>) -> bool {
        let nothing_left =
            self.store.own() == 0 && self.store.adopted() == 0 && !self.store.left_some();
        self.has_left_memory(up_to) && (nothing_left || self.is_in_vain(since, deadline))
    }

    /// Whether waiting for the destination is in vain.
    pub(super) fn is_in_vain(&self, since: Instant, deadline: Option<Instant>) -> bool {
        let too_late = deadline.is_some_and(|deadline| self.pace.allows(since) > deadline);
        self.pace.has_failed_since(since) || (self.pace.is_failing() && too_late)
    }

    /// Whether nobody is there, and nobody asked for somebody.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn has_left_memory(&self, up_to: u64) -> bool {
        let in_flight = self
            .flights
            .values()
            .filter_map(|flight| match &flight.batch {
                Batch::Memory(waiting) => waiting.first(),
                Batch::Disk(_) => None,
            });
        let in_flight = in_flight.map(|first| first.number).min();
        let oldest = in_flight.into_iter().chain(self.queue.oldest()).min();
        oldest.is_none_or(|oldest| oldest > up_to)
    }
}

/// A number from 0 to 1 that differs between processes, so that they do not all come back at once.
fn jitter() -> f64 {
    (crate::line::random() >> 11) as f64 / (1u64 << 53) as f64
}
