//! From frames to finished spans: one assembler for the process, behind one lock.
//!
//! Whoever needs the result drains the lines: the exporter, `flush()`, a test that captures, the exit
//! handler. It reads the published prefix of every chunk. When a root's end is met, all lines are read
//! once more before the trace is closed: children that were joined before their root ended were
//! published before its end was.

mod finished;
mod open;

pub(crate) use finished::{FinishedSpan, Payload};

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use carrot_wire::TraceId;

use crate::line::chunk::Chunk;
use crate::line::frame::{self, Frame};
use crate::line::registry::{self, Boxed};
use crate::{report, state};
use open::OpenTrace;

/// Closed traces are remembered for late children, so many of them.
const TOMBSTONES: usize = 4_096;
/// A trace that holds more than this ships what is finished of it.
const MAX_OPEN_BYTES: usize = 4 * 1024 * 1024;

/// Finished spans wait here for the exporter, so many of them; more are dropped, and counted.
const MAX_READY: usize = 200_000;

static ASSEMBLER: LazyLock<Mutex<Assembler>> = LazyLock::new(Mutex::default);

/// The assembler, locked.
pub(crate) fn lock() -> MutexGuard<'static, Assembler> {
    ASSEMBLER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drains the lines on a thread that has closed a chunk while too many wait. Never waits for a lock.
#[cold]
pub(crate) fn help() {
    if let Ok(mut assembler) = ASSEMBLER.try_lock() {
        assembler.drain();
    }
}

#[derive(Default)]
pub(crate) struct Assembler {
    /// The chunks that may hold unread frames, each with how far it was read; one thread's chunks in
    /// the order it wrote them.
    chunks: Vec<(&'static Chunk, usize)>,
    traces: HashMap<TraceId, OpenTrace, ById>,
    /// Roots whose end was met, with their traces not closed yet.
    closing: Vec<TraceId>,
    closed: HashSet<TraceId, ById>,
    closed_order: VecDeque<TraceId>,
    /// Finished spans of the process's client, to be made records of.
    ready: Vec<FinishedSpan>,
    /// Finished spans of each capturing test.
    captured: HashMap<u32, Vec<FinishedSpan>>,
}

impl Assembler {
    /// Reads everything that was published before the call, and closes what is finished.
    pub(crate) fn drain(&mut self) {
        self.read_lines();
        // Each round closes the roots whose end the one before met.
        while !self.closing.is_empty() {
            let closing = std::mem::take(&mut self.closing);
            self.read_lines();
            for trace in closing {
                self.close(trace);
            }
        }
        self.ship_late_and_large();
    }

    fn read_lines(&mut self) {
        self.chunks
            .extend(registry::take_begun().into_iter().map(|chunk| (chunk, 0)));
        let mut chunks = std::mem::take(&mut self.chunks);
        chunks.retain_mut(|(chunk, at)| {
            // Asked first: what is published after a yes is all there will be.
            let closed = chunk.is_closed();
            let published = chunk.published();
            while *at < published
                && let Some((frame, next)) = frame::read(chunk, *at)
            {
                *at = next;
                self.take(frame);
            }
            if closed {
                registry::recycle(chunk);
            }
            !closed
        });
        self.chunks = chunks;
    }

    fn take(&mut self, frame: Frame) {
        match frame {
            Frame::Start(key, start) => self.trace(key.trace, key.client).started(key.span, start),
            Frame::Value(key, slot, bytes, truncated) => {
                self.trace(key.trace, key.client).value(
                    key.span,
                    slot,
                    Payload::Bytes(bytes),
                    truncated,
                );
            }
            Frame::Boxed(key, slot, number, truncated) => {
                let payload = match registry::take_box(number) {
                    Some(Boxed::Bytes(bytes)) => Payload::Bytes(bytes),
                    Some(Boxed::Deferred(work)) => Payload::Deferred(work),
                    None => return,
                };
                self.trace(key.trace, key.client)
                    .value(key.span, slot, payload, truncated);
            }
            Frame::End(key, end) => {
                let root = end.start.parent.is_none();
                self.trace(key.trace, key.client).ended(key.span, end);
                if root {
                    self.closing.push(key.trace);
                }
            }
        }
    }

    fn trace(&mut self, id: TraceId, client: u32) -> &mut OpenTrace {
        self.traces
            .entry(id)
            .or_insert_with(|| OpenTrace::new(id, client))
    }

    fn close(&mut self, id: TraceId) {
        let Some(mut trace) = self.traces.remove(&id) else {
            return;
        };
        // Spans that are open still (a task that outlives its root) keep what is known of them.
        self.emit(trace.client, trace.take_finished());
        if !trace.is_empty() {
            self.traces.insert(id, trace);
        }
        if self.closed.insert(id) {
            self.closed_order.push_back(id);
        }
        if self.closed_order.len() > TOMBSTONES
            && let Some(oldest) = self.closed_order.pop_front()
        {
            self.closed.remove(&oldest);
        }
    }

    /// Children that came after their root ship at once; so does what is finished of a large trace.
    fn ship_late_and_large(&mut self) {
        let mut shipped = Vec::new();
        for (id, trace) in &mut self.traces {
            if trace.has_finished() && (trace.bytes() > MAX_OPEN_BYTES || self.closed.contains(id))
            {
                shipped.push((trace.client, trace.take_finished()));
            }
        }
        for (client, spans) in shipped {
            self.emit(client, spans);
        }
        self.traces.retain(|_, trace| !trace.is_empty());
    }

    /// Ships what is finished of every open trace, so that a killed agent still shows what it did; with
    /// `open`, the open spans too, as running.
    pub(crate) fn ship_open(&mut self, open: bool) {
        let mut shipped = Vec::new();
        for trace in self
            .traces
            .values_mut()
            .filter(|trace| trace.client == state::PROCESS)
        {
            shipped.extend(trace.take_finished());
            // The root goes along once, so that its children hang below something.
            shipped.extend(trace.running(open));
        }
        self.emit(state::PROCESS, shipped);
        self.traces.retain(|_, trace| !trace.is_empty());
    }

    fn emit(&mut self, client: u32, spans: Vec<FinishedSpan>) {
        if client == state::PROCESS {
            let room = MAX_READY.saturating_sub(self.ready.len());
            report::dropped_from_queue(spans.len().saturating_sub(room));
            self.ready.extend(spans.into_iter().take(room));
        } else {
            self.captured.entry(client).or_default().extend(spans);
        }
    }

    /// The finished spans of the process's client.
    pub(crate) fn take_ready(&mut self) -> Vec<FinishedSpan> {
        std::mem::take(&mut self.ready)
    }

    /// Everything of a capturing test, with what is open still as running.
    pub(crate) fn take_captured(&mut self, client: u32) -> Vec<FinishedSpan> {
        let mut spans = self.captured.remove(&client).unwrap_or_default();
        self.traces.retain(|_, trace| {
            if trace.client == client {
                spans.extend(trace.take_finished());
                spans.extend(trace.running(true));
            }
            trace.client != client
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
