//! The exporter's one loop: look at the lines, make records, send batches, answer who flushes.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::answer::Outcome;
use super::queue::{Batch, Queue};
use super::sink::Sink;
use super::{BELL, GAVE_UP, IDLE};
use crate::clock::Clock;
use crate::config::{Config, Target};
use crate::{FlushReport, assemble, report, warn};

/// How often the lines are looked at while there is work: often enough to send a full batch soon, seldom
/// enough to cost nothing.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How many records are written to a file at once.
const FILE_BATCH: usize = 5_000;

pub(super) enum Message {
    /// Deliver what ended before now, and answer when it is settled or at the deadline.
    Flush {
        reply: SyncSender<FlushReport>,
        deadline: Option<Instant>,
    },
}

struct Waiter {
    reply: SyncSender<FlushReport>,
    deadline: Option<Instant>,
    /// The newest record that must be settled.
    up_to: u64,
}

pub(super) struct Worker {
    config: Config,
    sink: Sink,
    queue: Queue,
    flights: JoinSet<(Batch, Outcome)>,
    waiters: Vec<Waiter>,
    shipped_open: Instant,
    /// Nobody asked for a collector: flushing does not wait for one that is not there.
    unconfigured: bool,
    /// Such a one was tried, and is not there.
    alone: bool,
    /// Whether the last look at the lines found anything.
    busy: bool,
    /// How many drops were known when it was last told of them.
    drops_told: u64,
}

impl Worker {
    pub(super) fn new(config: Config, sink: Sink) -> Worker {
        let unconfigured = matches!(
            config.target,
            Target::Http {
                unconfigured: true,
                ..
            }
        );
        // A file is synced after each batch, which costs the same for a large one.
        let batch_size = match config.target {
            Target::File(_) => FILE_BATCH,
            Target::Http { .. } => config.batch_size,
        };
        Worker {
            queue: Queue::new(batch_size, config.flush_interval),
            flights: JoinSet::new(),
            waiters: Vec::new(),
            shipped_open: Instant::now(),
            busy: true,
            unconfigured,
            alone: false,
            drops_told: 0,
            sink,
            config,
        }
    }

    pub(super) async fn run(mut self, mut inbox: UnboundedReceiver<Message>) {
        loop {
            let pause = self.pause();
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(Message::Flush { reply, deadline }) => self.flush(reply, deadline),
                    None => return,
                },
                Some(landed) = self.flights.join_next() => self.landed(landed),
                () = BELL.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            IDLE.store(false, Relaxed);
            self.look(false);
            self.send();
            self.answer();
        }
    }

    /// How long to sleep if nothing happens. An exporter that found nothing the last time asks to be woken.
    fn pause(&self) -> Duration {
        let now = Instant::now();
        let rest = if self.busy {
            LOOK_EVERY
        } else {
            self.config.flush_interval
        };
        IDLE.store(!self.busy, Relaxed);
        let deadlines = self.waiters.iter().filter_map(|waiter| waiter.deadline);
        let send_all = !self.waiters.is_empty();
        let due = deadlines.chain(self.queue.next_due(send_all)).min();
        due.map_or(rest, |due| due.saturating_duration_since(now).min(rest))
            .max(Duration::from_millis(1))
    }

    /// Takes what finished since the last look into the queue.
    fn look(&mut self, with_open: bool) {
        let now = Instant::now();
        let (finished, settled) = {
            let mut assembler = assemble::lock();
            assembler.drain();
            if with_open || now.duration_since(self.shipped_open) >= self.config.flush_interval {
                self.shipped_open = now;
                assembler.ship_open(with_open);
            }
            (assembler.take_ready(), assembler.is_settled())
        };
        self.busy = !(finished.is_empty() && settled);
        if finished.is_empty() {
            return;
        }
        let clock = Clock::now();
        let mut lost = 0;
        for span in finished {
            let record = self.config.redaction.apply(span.into_record(&clock));
            let record = record.for_ingest();
            let queued = serde_json::to_vec(&record).is_ok_and(|json| self.queue.push(json, now));
            lost += usize::from(!queued);
        }
        report::dropped_from_queue(lost);
        self.tell_of_drops();
    }

    /// Where nobody asked for a collector and none is there, its hint has said enough.
    fn tell_of_drops(&mut self) {
        let drops = report::queue_full();
        if drops > self.drops_told && !self.alone {
            self.drops_told = drops;
            warn::warn_once(
                "queue full",
                "spans are dropped: more wait than the queue holds; is the collector away or too slow?",
            );
        }
    }

    fn flush(&mut self, reply: SyncSender<FlushReport>, deadline: Option<Instant>) {
        self.look(true);
        self.queue.try_now();
        self.waiters.push(Waiter {
            reply,
            deadline,
            up_to: self.queue.newest(),
        });
    }

    fn send(&mut self) {
        while let Some(batch) = self
            .queue
            .next_batch(Instant::now(), !self.waiters.is_empty())
        {
            let sink = self.sink.clone();
            self.flights.spawn(async move {
                let outcome = sink.send(&batch).await;
                (batch, outcome)
            });
        }
    }

    fn landed(&mut self, landed: Result<(Batch, Outcome), tokio::task::JoinError>) {
        let Ok((batch, outcome)) = landed else {
            // The batch is gone with its task, and stays pending in every report.
            let why = "sending panicked";
            report::failed(why);
            warn::warn_once(
                "sending",
                &format!("a batch is lost: {why}; please report this"),
            );
            return;
        };
        let count = batch.len();
        match outcome {
            Outcome::Delivered { refused, why } => {
                self.queue.settled(&batch);
                report::acked(count.saturating_sub(refused));
                self.alone = false;
                GAVE_UP.store(false, Relaxed);
                if refused > 0 {
                    report::rejected(refused, &why);
                    warn::warn_once(
                        "record refused",
                        &format!("the collector refused {refused} records: {why}"),
                    );
                }
                if self.config.debug {
                    warn::line(&format!("{count} records delivered"));
                }
            }
            Outcome::Retry {
                why,
                after,
                nobody_listens,
            } => {
                self.queue.failed(batch, after, jitter(), Instant::now());
                report::failed(&why);
                self.warn_away(&why, nobody_listens);
                if self.unconfigured && nobody_listens {
                    self.alone = true;
                    report::dropped_from_queue(self.queue.nobody_is_there());
                    self.waiters.drain(..).for_each(|waiter| {
                        let _ = waiter
                            .reply
                            .try_send(FlushReport::now(self.queue.pending()));
                    });
                }
            }
            Outcome::TooLarge => {
                if let Some(batch) = self.queue.too_large(batch) {
                    self.queue.settled(&batch);
                    self.refused(batch.len(), "a record is larger than the collector takes");
                }
            }
            Outcome::Refused { why } => {
                self.queue.settled(&batch);
                self.refused(count, &why);
            }
        }
    }

    fn refused(&self, count: usize, why: &str) {
        report::rejected(count, why);
        warn::warn_once("batch refused", &format!("traces are not delivered: {why}"));
    }

    fn warn_away(&self, why: &str, nobody_listens: bool) {
        if self.unconfigured && nobody_listens {
            warn::warn_once(
                "no collector",
                &format!(
                    "{why}: run `carrot serve`, or set CARROT_BASE_URL or CARROT_API_KEY (CARROT_ENABLED=false ends this)"
                ),
            );
        } else {
            warn::warn_once("collector away", &format!("traces wait: {why}"));
        }
    }

    /// Answers who waits for what is settled now, or waited long enough.
    fn answer(&mut self) {
        let now = Instant::now();
        let queue = &self.queue;
        self.waiters.retain(|waiter| {
            let settled = queue.is_settled(waiter.up_to);
            let late = waiter.deadline.is_some_and(|deadline| now >= deadline);
            if settled || late {
                let _ = waiter.reply.try_send(FlushReport::now(if settled {
                    0
                } else {
                    queue.pending()
                }));
            }
            !(settled || late)
        });
    }
}

/// A number from 0 to 1 that differs between processes, so that they do not all come back at once.
fn jitter() -> f64 {
    (crate::line::random() >> 11) as f64 / (1u64 << 53) as f64
}
