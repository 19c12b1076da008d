//! The exporter's one loop: look at the lines, make records, send batches, answer who waits.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{Id, JoinError, JoinSet};

use super::deliver::{Delivery, deliver};
use super::events::{Happened, tell};
use super::lane::Lane;
use super::make::Maker;
#[cfg(feature = "metrics")]
use super::meter::Meter;
use super::waiter::{Message, Until, Waiter};
use super::{Exporter, GAVE_UP, IDLE};
use crate::config::Config;
use crate::{assemble, line, report, warn};

/// How often the lines are looked at while there is work: often enough to send a full batch soon, seldom
/// enough to cost nothing.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often open spans are shown to a destination that is watched live.
const LIVE_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    flush_interval: Duration,
    lanes: Vec<Lane>,
    maker: Maker,
    /// The batches on their way, each with the number of its lane.
    flights: JoinSet<(usize, Delivery)>,
    waiters: Vec<Waiter>,
    /// How many spans were lost on their way here, as far as that was told.
    lost: u64,
    #[cfg(feature = "metrics")]
    meter: Meter,
}

impl Worker {
    pub(super) fn new(config: &Config, lanes: Vec<Lane>) -> Worker {
        Worker {
            flush_interval: config.flush_interval,
            #[cfg(feature = "metrics")]
            meter: Meter::new(lanes.iter().map(Lane::counts)),
            lanes,
            maker: Maker::new(config.redaction.clone()),
            flights: JoinSet::new(),
            waiters: Vec::new(),
            lost: 0,
        }
    }

    /// Runs until somebody shuts it down.
    pub(super) async fn run(mut self, exporter: &Exporter, mut inbox: UnboundedReceiver<Message>) {
        loop {
            let pause = self.pause();
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => self.take(message),
                    None => return,
                },
                Some(landed) = self.flights.join_next_with_id() => self.landed(landed),
                () = exporter.bell.notified() => {}
                () = tokio::time::sleep(pause), if self.maker.waiting() == 0 => {}
                () = tokio::task::yield_now(), if self.maker.waiting() > 0 => {}
            }
            IDLE.wakes();
            self.look();
            self.send();
            if self.answer() {
                break;
            }
        }
        for lane in &self.lanes {
            lane.sink().close().await;
        }
    }

    /// How long to sleep if nothing happens. An exporter that found nothing the last time asks to be woken.
    fn pause(&self) -> Duration {
        let now = Instant::now();
        let rest = if self.maker.is_busy() {
            LOOK_EVERY
        } else {
            self.open_interval()
        };
        IDLE.sleeps(!self.maker.is_busy());
        let deadlines = self.waiters.iter().filter_map(|waiter| waiter.deadline);
        let at_once = !self.waiters.is_empty();
        let lanes = self.lanes.iter();
        let due = lanes.flat_map(|lane| [lane.next_due(at_once, now), lane.disk_due(now)]);
        let due = due.flatten();
        #[cfg(feature = "metrics")]
        let due = due.chain(self.meter.due());
        due.chain(deadlines)
            .min()
            .map_or(rest, |due| due.saturating_duration_since(now).min(rest))
            .max(Duration::from_millis(1))
    }

    /// How often open spans are shown.
    fn open_interval(&self) -> Duration {
        if self.lanes.iter().any(|lane| lane.sink().is_live()) {
            self.flush_interval.min(LIVE_EVERY)
        } else {
            self.flush_interval
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Flush(waiter) => {
                self.lanes.iter_mut().for_each(Lane::try_now);
                self.waiters.push(waiter);
            }
            Message::Spool { reply } => {
                self.make_all();
                let now = Instant::now();
                self.lanes.iter_mut().for_each(|lane| lane.spill_all(now));
                self.publish();
                let _ = reply.try_send(());
            }
        }
    }

    /// Takes what finished into the lanes; a part of it where it is much.
    fn look(&mut self) {
        let now = Instant::now();
        let is_new = |waiter: &Waiter| waiter.spans.is_none();
        // What was found before is made first, unless somebody waits for what came after it, or much has come.
        if self.maker.waiting() == 0
            || self.waiters.iter().any(is_new)
            || line::is_behind() && assemble::has_room()
        {
            let with_open = self.waiters.iter().any(is_new);
            let known = self.maker.look(with_open, self.open_interval(), now);
            for waiter in &mut self.waiters {
                waiter.spans.get_or_insert(known);
            }
        }
        self.make(now);
        let made = self.maker.made();
        for waiter in &mut self.waiters {
            if waiter.spans.is_some_and(|spans| made >= spans) {
                let newest = self.lanes.iter().map(Lane::newest);
                waiter.up_to.get_or_insert_with(|| newest.collect());
            }
        }
        self.lanes.iter_mut().for_each(|lane| lane.tend(now));
    }

    fn make(&mut self, now: Instant) {
        let lanes = &mut self.lanes;
        self.maker.make(|json| {
            for lane in lanes.iter_mut() {
                lane.push(json.clone(), now);
            }
        });
    }

    /// Takes all that finished into the lanes.
    fn make_all(&mut self) {
        let now = Instant::now();
        self.maker.look(true, Duration::ZERO, now);
        while self.maker.waiting() > 0 {
            self.make(now);
        }
    }

    fn send(&mut self) {
        let at_once = !self.waiters.is_empty();
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            while let Some(batch) = lane.next(at_once, Instant::now()) {
                let delivering = deliver(lane.sink().clone(), batch.records());
                let task = self
                    .flights
                    .spawn(async move { (number, delivering.await) });
                lane.sent(task.id(), batch);
            }
        }
    }

    fn landed(&mut self, landed: Result<(Id, (usize, Delivery)), JoinError>) {
        let now = Instant::now();
        match landed {
            Ok((task, (number, delivery))) => {
                if let Some(lane) = self.lanes.get_mut(number) {
                    lane.landed(task, Some(delivery), now);
                }
            }
            // Whose it was is known by its task alone.
            Err(panicked) => {
                for lane in &mut self.lanes {
                    lane.landed(panicked.id(), None, now);
                }
            }
        }
    }

    /// Answers who waits for what is settled now, or waited long enough; says whether the exporter is to end.
    fn answer(&mut self) -> bool {
        let now = Instant::now();
        self.spill_where_it_is_in_vain(now);
        self.publish();
        let (mut done, mut late) = (Vec::new(), Vec::new());
        for waiter in std::mem::take(&mut self.waiters) {
            if waiter.is_done(&self.lanes) {
                done.push(waiter);
            } else if waiter.deadline.is_some_and(|deadline| now >= deadline) {
                late.push(waiter);
            } else {
                self.waiters.push(waiter);
            }
        }
        if !late.is_empty() {
            // Whoever flushed may be about to end.
            self.lanes.iter_mut().for_each(|lane| lane.spill_all(now));
            self.publish();
        }
        #[cfg(feature = "metrics")]
        self.meter.look(!(done.is_empty() && late.is_empty()), now);
        let unmade = self.maker.waiting();
        done.iter().for_each(|waiter| waiter.answer(0));
        late.iter().for_each(|waiter| waiter.answer(unmade));
        let stops = |waiter: &Waiter| waiter.until == Until::Stopped;
        done.iter().any(stops) || late.iter().any(stops)
    }

    fn all_delivered(&self) -> bool {
        let mut lanes = self.lanes.iter();
        lanes.all(|lane| lane.is_delivered(lane.newest()))
    }

    /// Who is about to end waits for no destination that is away. What it waits for is written once all of it is made: each
    /// write costs the same for many records.
    fn spill_where_it_is_in_vain(&mut self, now: Instant) {
        let ending = |waiter: &&Waiter| waiter.until != Until::Delivered && waiter.up_to.is_some();
        let Some(waiter) = self.waiters.iter().find(ending) else {
            return;
        };
        for lane in &mut self.lanes {
            if lane.is_in_vain(waiter.since, waiter.deadline) {
                lane.spill_all(now);
            }
        }
    }

    fn publish(&mut self) {
        self.lanes.iter_mut().for_each(Lane::publish);
        self.tell_losses();
        if self.waiters.is_empty() && self.all_delivered() {
            GAVE_UP.store(false, Relaxed);
        }
    }

    /// Tells what was lost before it reached any lane.
    fn tell_losses(&mut self) {
        let lost = report::NOT_QUEUED.load(Relaxed);
        let records = lost - std::mem::replace(&mut self.lost, lost).min(lost);
        if records > 0 {
            let reason = "not_queued";
            tell("every destination", &Happened::Dropped { records, reason });
            warn::warn_once(
                "not queued",
                "spans are lost: they come faster than records are made of them, for longer than memory holds",
            );
        }
    }
}
