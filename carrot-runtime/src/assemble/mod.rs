//! From frames to finished spans: one assembler for the process, behind one lock.
//!
//! Whoever needs the result drains the lines: the exporter, `flush()`, a test that captures, the exit
//! handler. It reads the published prefix of every chunk.
//!
//! A span leaves its trace one reading after its end was met, when all its values are here; and a trace is closed two
//! readings after its root's end: see [`readings`].

mod readings;
mod open;
mod by_span;
mod fate;
mod finished;
mod parts;
mod size;
mod record;

pub(crate) use finished::FinishedSpan;
pub(crate) use parts::Payload;
pub(crate) use size::shared;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, MutexGuard};

use carrot_wire::TraceId;

use crate::line::frame::{End, Key, Start};
use crate::line::reader::{Frame, Reader};
use crate::line::registry::{self, Boxed};
use crate::lock::Lock;
use crate::{report, sampling, state};
use fate::Fate;
use finished::Shared;
use open::OpenTrace;
use parts::Part;
use readings::Readings;

/// Closed traces are remembered for late children, so many of them.
const TOMBSTONES: usize = 4_096;
/// A trace that holds more than this ships what is finished of it,
const MAX_OPEN_BYTES: usize = 4 * 1024 * 1024;
/// and where all that are open hold more than this together, each does.
const MAX_ALL_OPEN_BYTES: usize = 32 * 1024 * 1024;

/// A sampled-out trace that waits for its root's end holds this at most.
const MAX_UNDECIDED_BYTES: usize = 4 * 1024 * 1024;

/// Finished spans wait here for the exporter, about so many bytes of them; more are dropped, and counted.
const MAX_READY_BYTES: usize = 128 * 1024 * 1024;
/// With so many the exporter makes records of them before it drains the lines again, and the threads that trace give it time.
const FULL_READY_BYTES: usize = 48 * 1024 * 1024;
/// They lie in blocks of so many, or fewer.
const BLOCK: usize = 512;
/// The table of open traces is made smaller again from so many places on.
const ROOMY: usize = 8_192;

/// How often the lines were read.
static READING: AtomicU64 = AtomicU64::new(0);

/// The number of the last reading of the lines, or of the one under way.
pub(crate) fn reading() -> u64 {
    READING.load(Relaxed)
}

/// What the finished spans hold that wait for the exporter; written under the assembler's lock.
static READY_BYTES: AtomicUsize = AtomicUsize::new(0);

static ASSEMBLER: LazyLock<Lock<Assembler>> = LazyLock::new(Lock::default);

/// When this process was forked; spans that began before are its parent's.
static BORN: AtomicU64 = AtomicU64::new(0);

/// The assembler, locked.
pub(crate) fn lock() -> MutexGuard<'static, Assembler> {
    ASSEMBLER.lock()
}

/// Drains the lines on a thread that wrote while too much waits; not where there is no room for what would come of it, unless
/// it `must` be: then that is dropped, and counted. Never waits for the lock: its holder may be this very thread.
#[cold]
pub(crate) fn help(must: bool) {
    if let Some(mut assembler) = ASSEMBLER.try_lock()
        && (must || has_room())
    {
        // The exporter does not get on by this.
        assembler.drain_and(|| {});
    }
}

/// Whether there is room for what comes of the lines.
pub(crate) fn has_room() -> bool {
    READY_BYTES.load(Relaxed) < FULL_READY_BYTES
}

/// How many bytes wait for the exporter beyond those that leave room.
pub(crate) fn beyond_full() -> usize {
    let ready = READY_BYTES.load(Relaxed);
    ready.saturating_sub(FULL_READY_BYTES)
}

/// Makes sure that no fork falls into its making.
#[cfg(unix)]
pub(crate) fn prepare() {
    LazyLock::force(&ASSEMBLER);
}

/// What was gathered by the parent of a forked child is the parent's, and leaked here.
#[cfg(unix)]
pub(crate) fn forked() {
    ASSEMBLER.abandon();
    READY_BYTES.store(0, Relaxed);
    BORN.store(crate::clock::ticks(), Relaxed);
}

/// A trace, and the client that it goes to: a trace that began elsewhere may go on in two tests at once.
type Whose = (TraceId, u32);

fn whose(key: &Key) -> Whose {
    (key.trace, key.client)
}

/// What late children of a closed trace must know.
struct Closed {
    fate: Fate,
    shared: Option<Arc<Shared>>,
}

#[derive(Default)]
pub(crate) struct Assembler {
    /// The chunks that may hold unread frames; one thread's chunks in
    /// the order it wrote them.
    chunks: Vec<Reader<'static>>,
    traces: HashMap<Whose, Box<OpenTrace>, ById>,
    readings: Readings,
    /// Roots whose end was met, with the reading that met it; their traces are not closed yet.
    closing: Vec<(u64, Whose)>,
    closed: HashMap<Whose, Closed, ById>,
    closed_order: VecDeque<Whose>,
    /// Finished spans of the process's client, to be made records of.
    ready: VecDeque<Vec<FinishedSpan>>,
    /// How many ever were.
    ready_ever: u64,
    /// Finished spans of each capturing test.
    captured: HashMap<u32, Vec<FinishedSpan>>,
}

impl Assembler {
    /// Reads everything that was published before the call, and closes what was finished by then. What
    /// other threads end meanwhile is for the next call: they may go on for ever.
    pub(crate) fn drain(&mut self) {
        self.drain_and(report::got_on);
    }

    /// The same, with a call after each chunk.
    fn drain_and(&mut self, after_chunk: fn()) {
        self.read_lines(after_chunk);
        if !self.is_settled() {
            self.read_lines(after_chunk);
            self.read_lines(after_chunk);
        }
        self.ship_late_and_large();
    }

    /// Whether the next [`drain`](Assembler::drain) has nothing to do if nothing else happens.
    pub(crate) fn is_settled(&self) -> bool {
        self.readings.is_settled()
    }

    fn read_lines(&mut self, after_chunk: fn()) {
        // In a forked child the numbers go on.
        self.readings.begin(READING.load(Relaxed));
        READING.store(self.readings.now(), Relaxed);
        registry::take_begun(|chunk| self.chunks.push(Reader::new(chunk)));
        let mut chunks = std::mem::take(&mut self.chunks);
        chunks.retain_mut(|reader| {
            let is_done = registry::read_chunk(reader.chunk(), |published| {
                while let Some(frame) = reader.next(published) {
                    self.take(frame);
                }
                after_chunk();
            });
            !is_done
        });
        self.chunks = chunks;
        self.close_ended();
    }

    /// Closes the traces whose root's end was met two readings ago.
    fn close_ended(&mut self) {
        let readings = &self.readings;
        let is_ended = |(met, _): &(u64, Whose)| readings.has_all_before(*met);
        let ended = self.closing.partition_point(is_ended);
        let later = self.closing.split_off(ended);
        for (_, trace) in std::mem::replace(&mut self.closing, later) {
            self.close(trace);
        }
    }

    fn take(&mut self, frame: Frame) {
        let born = BORN.load(Relaxed);
        match frame {
            Frame::Start(_, Start { ticks, .. })
            | Frame::End(
                _,
                End {
                    start: Start { ticks, .. },
                    ..
                },
            ) if ticks < born => {}
            Frame::Start(key, start) => {
                if start.root {
                    // Another root of a trace that began elsewhere.
                    let whose = whose(&key);
                    if self.closed.remove(&whose).is_some() {
                        self.closed_order.retain(|closed| *closed != whose);
                    }
                }
                self.trace(key).started(key, start);
            }
            Frame::Value(key, said, bytes, truncated) => {
                let payload = Payload::Bytes(bytes);
                self.trace(key)
                    .value(key.span, Part::new(said, payload, truncated));
            }
            Frame::Boxed(key, said, number, truncated) => {
                let payload = match registry::take_box(number) {
                    Some(Boxed::Bytes(bytes)) => Payload::Bytes(bytes),
                    Some(Boxed::Deferred(work)) => Payload::Deferred(work),
                    None => return,
                };
                self.trace(key)
                    .value(key.span, Part::new(said, payload, truncated));
            }
            Frame::End(key, end) => {
                self.readings.met_end();
                let reading = self.readings.now();
                self.trace(key).ended(key, end, reading);
                if end.start.root {
                    self.closing.push((reading, whose(&key)));
                }
            }
        }
    }

    fn trace(&mut self, key: Key) -> &mut OpenTrace {
        self.traces.entry(whose(&key)).or_insert_with(|| {
            let mut trace = Box::new(OpenTrace::new(key, self.readings.now()));
            // A late child is told what its trace was told.
            if let Some(closed) = self.closed.get(&whose(&key)) {
                trace.fate = closed.fate;
                trace.shared = closed.shared.clone();
            }
            trace
        })
    }

    fn close(&mut self, id: Whose) {
        let Some(mut trace) = self.traces.remove(&id) else {
            return;
        };
        let rules = sampling::rules();
        if trace.fate.is_undecided() {
            trace.shrink_to(MAX_UNDECIDED_BYTES, rules);
        }
        if trace.roots > 0 {
            // A failure is kept though others of its trace go on.
            trace.keep_failure();
            self.traces.insert(id, trace);
            return;
        }
        trace.decide(rules);
        let finished = trace.take_finished(self.readings.now());
        let closed = Closed {
            fate: trace.fate,
            shared: trace.shared.clone(),
        };
        if trace.fate == Fate::Dropped {
            report::sampled_out();
        } else {
            // Spans that are open still (a task that outlives its root) keep what is known of them.
            self.emit(trace.key.client, finished);
            if !trace.is_empty() {
                self.traces.insert(id, trace);
            }
        }
        if self.closed.insert(id, closed).is_none() {
            self.closed_order.push_back(id);
        }
        if self.closed_order.len() > TOMBSTONES
            && let Some(oldest) = self.closed_order.pop_front()
        {
            self.closed.remove(&oldest);
            if let Some(trace) = self.traces.get_mut(&oldest) {
                trace.forget_unknown();
            }
        }
    }

    /// Children that came after their root ship at once; so does what is finished of a large trace.
    fn ship_late_and_large(&mut self) {
        let bytes = { self.traces.values() }.map(|trace| size_of::<OpenTrace>() + trace.bytes());
        let most = match bytes.sum::<usize>() {
            all if all > MAX_ALL_OPEN_BYTES => 0,
            _ => MAX_OPEN_BYTES,
        };
        let mut shipped = Vec::new();
        for (id, trace) in &mut self.traces {
            match trace.fate {
                Fate::Kept => {
                    if trace.has_finished(self.readings.now())
                        && (trace.bytes() > most || self.closed.contains_key(id))
                    {
                        shipped.push((trace.key.client, trace.take_finished(self.readings.now())));
                    }
                }
                // A late child of a trace that was closed too long ago to be remembered.
                Fate::Skeleton | Fate::Held if trace.has_lost_its_root(self.readings.now()) => {
                    trace.clear();
                }
                Fate::Skeleton | Fate::Held => {
                    trace.shrink_to(MAX_UNDECIDED_BYTES, sampling::rules());
                }
                Fate::Dropped => trace.clear(),
            }
        }
        for (client, spans) in shipped {
            self.emit(client, spans);
        }
        self.traces.retain(|_, trace| !trace.is_empty());
        if self.traces.capacity() > ROOMY.max(8 * self.traces.len()) {
            self.traces.shrink_to(2 * self.traces.len());
        }
        self.forget_orphans();
    }

    /// Values alone, of a trace that is not open: said too late, or of a span that will end yet. Some are kept.
    fn forget_orphans(&mut self) {
        if self.traces.len() <= 2 * TOMBSTONES {
            return;
        }
        let lost = |trace: &OpenTrace| {
            trace.has_lost_its_root(self.readings.now()) && trace.is_only_values()
        };
        let orphans = self.traces.iter().filter(|(_, trace)| lost(trace));
        let mut orphans: Vec<_> = orphans.map(|(&id, trace)| (trace.since, id)).collect();
        let beyond = orphans.len().saturating_sub(TOMBSTONES);
        orphans.sort_unstable_by_key(|(since, _)| *since);
        for (_, id) in orphans.drain(..beyond) {
            self.traces.remove(&id);
        }
    }

    /// Ships what is finished of every open trace, so that a killed agent still shows what it did; with
    /// `open`, the open spans too, as running.
    pub(crate) fn ship_open(&mut self, open: bool) {
        let mut shipped = Vec::new();
        for trace in self
            .traces
            .values_mut()
            .filter(|trace| trace.key.client == state::PROCESS && trace.fate == Fate::Kept)
        {
            shipped.extend(trace.take_finished(self.readings.now()));
            // The root goes along once, so that its children hang below something.
            shipped.extend(trace.running(open));
        }
        self.emit(state::PROCESS, shipped);
        self.traces.retain(|_, trace| !trace.is_empty());
    }

    fn emit(&mut self, client: u32, spans: Vec<FinishedSpan>) {
        if client != state::PROCESS {
            self.captured.entry(client).or_default().extend(spans);
            return;
        }
        for span in spans {
            let bytes = READY_BYTES.load(Relaxed) + span.size();
            if bytes > MAX_READY_BYTES {
                report::not_queued(1);
                continue;
            }
            READY_BYTES.store(bytes, Relaxed);
            self.ready_ever += 1;
            match self.ready.back_mut() {
                Some(block) if block.len() < BLOCK => block.push(span),
                _ => self.ready.push_back(vec![span]),
            }
        }
    }

    /// Finished spans of the process's client: those that came first.
    pub(crate) fn take_ready(&mut self) -> Option<Vec<FinishedSpan>> {
        let spans = self.ready.pop_front()?;
        let bytes: usize = spans.iter().map(FinishedSpan::size).sum();
        READY_BYTES.store(READY_BYTES.load(Relaxed).saturating_sub(bytes), Relaxed);
        Some(spans)
    }

    /// How many spans of the process's client ever finished, but for those that found no room.
    pub(crate) fn ready_ever(&self) -> u64 {
        self.ready_ever
    }

    /// Everything of a capturing test, with what is open still as running.
    pub(crate) fn take_captured(&mut self, client: u32) -> Vec<FinishedSpan> {
        let mut spans = self.captured.remove(&client).unwrap_or_default();
        self.traces.retain(|_, trace| {
            if trace.key.client == client {
                spans.extend(trace.take_finished(u64::MAX));
                spans.extend(trace.running(true));
            }
            trace.key.client != client
        });
        spans
    }
}

/// Trace ids are random already.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    fn write_u128(&mut self, number: u128) {
        self.0 ^= number as u64 ^ (number >> 64) as u64;
    }
}

pub(crate) type ById = BuildHasherDefault<IdHasher>;
