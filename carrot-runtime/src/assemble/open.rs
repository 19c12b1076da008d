//! A trace that is not closed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use carrot_wire::SpanId;

use super::ById;
use super::fate::Fate;
use super::finished::{FinishedSpan, Shared};
use super::parts::{Part, Parts, Payload};
use crate::inherit::{self, Inherited};
use crate::line::frame::{End, Key, Said, Slot, Start};

/// What came of one trace and did not ship yet.
pub(crate) struct OpenTrace {
    /// Of the frame that was met first: what is the same for all.
    pub(crate) key: Key,
    pub(crate) fate: Fate,
    /// What is said of the whole trace.
    pub(crate) shared: Arc<Shared>,
    /// How many of its roots are open: a trace that another process began may have several here.
    pub(super) roots: i64,
    /// The reading that met it.
    pub(super) since: u64,
    /// Whether a root of it was met.
    rooted: bool,
    /// Whether a rule has found what it looks for.
    pub(super) must_keep: bool,
    /// Spans that ended, with the reading that met their end; in that order.
    pub(super) ended: Vec<Ended>,
    /// Spans that said they are open.
    started: HashMap<SpanId, Started, ById>,
    pub(super) parts: HashMap<SpanId, Parts, ById>,
    bytes: usize,
}

/// A span that is open.
struct Started {
    start: Start,
    inherited: Option<Arc<Inherited>>,
    /// Whether it was shipped as running.
    shown: bool,
}

/// A span that ended.
pub(super) struct Ended {
    /// The reading that met its end.
    pub(super) met: u64,
    pub(super) span: SpanId,
    pub(super) end: End,
    pub(super) inherited: Option<Arc<Inherited>>,
}

impl OpenTrace {
    pub(crate) fn new(key: Key, since: u64) -> OpenTrace {
        OpenTrace {
            key,
            fate: Fate::of(key.flags),
            shared: Arc::default(),
            roots: 0,
            since,
            rooted: false,
            must_keep: false,
            ended: Vec::new(),
            started: HashMap::default(),
            parts: HashMap::default(),
            bytes: 0,
        }
    }

    pub(crate) fn started(&mut self, key: Key, start: Start) {
        self.roots += i64::from(start.root);
        self.rooted |= start.root;
        self.bytes += size_of::<Started>();
        self.started.insert(
            key.span,
            Started {
                start,
                inherited: inherit::by_number(key.inherited()),
                shown: false,
            },
        );
    }

    pub(crate) fn value(&mut self, span: SpanId, part: Part) {
        if let (Slot::Session | Slot::User | Slot::Weight, Payload::Bytes(bytes)) =
            (part.slot, &part.payload)
        {
            let said = Said {
                slot: part.slot,
                at: part.order,
            };
            Arc::make_mut(&mut self.shared).set(said, bytes);
            return;
        }
        let parts = self.parts.entry(span).or_default();
        let before = parts.size();
        parts.add(part);
        self.bytes = self.bytes + parts.size() - before;
    }

    pub(crate) fn ended(&mut self, key: Key, end: End, reading: u64) {
        self.roots -= i64::from(end.start.root);
        self.bytes += size_of::<Ended>();
        self.ended.push(Ended {
            met: reading,
            span: key.span,
            end,
            inherited: inherit::by_number(key.inherited()),
        });
    }

    /// Forgets those spans.
    pub(super) fn forget(&mut self, spans: &HashSet<SpanId, ById>) {
        self.ended.retain(|ended| !spans.contains(&ended.span));
        self.started.retain(|span, _| !spans.contains(span));
        self.parts.retain(|span, _| !spans.contains(span));
        self.count_bytes();
    }

    /// Forgets what was said of spans that did not say they are open. After so long they have ended, and it was said
    /// too late.
    pub(super) fn forget_unknown(&mut self) {
        let started = &self.started;
        self.parts.retain(|span, _| started.contains_key(span));
        self.count_bytes();
    }

    /// Whether its roots must have been met by this reading, and none was: it was closed too long ago to be remembered.
    pub(super) fn has_lost_its_root(&self, reading: u64) -> bool {
        !self.rooted && self.since + 2 < reading
    }

    /// Whether nothing says that a span of it is open, or was.
    pub(super) fn is_only_values(&self) -> bool {
        self.ended.is_empty() && self.started.is_empty()
    }

    /// About how much memory it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a span's end was met before this reading.
    pub(crate) fn has_finished(&self, reading: u64) -> bool {
        self.ended.first().is_some_and(|ended| ended.met < reading)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ended.is_empty() && self.started.is_empty() && self.parts.is_empty()
    }

    /// The spans whose end was met before this reading, with their values.
    pub(crate) fn take_finished(&mut self, reading: u64) -> Vec<FinishedSpan> {
        let finished = self.ended.partition_point(|ended| ended.met < reading);
        let later = self.ended.split_off(finished);
        let ended = std::mem::replace(&mut self.ended, later);
        let finished = ended.into_iter().map(|ended| {
            self.started.remove(&ended.span);
            let parts = self.parts.remove(&ended.span).unwrap_or_default();
            FinishedSpan {
                trace: self.key.trace,
                span: ended.span,
                start: ended.end.start,
                end: Some(ended.end),
                parts,
                inherited: ended.inherited,
                shared: self.shared.clone(),
            }
        });
        let finished = finished.collect();
        self.count_bytes();
        finished
    }

    pub(super) fn count_bytes(&mut self) {
        self.bytes = self.parts.values().map(Parts::size).sum::<usize>()
            + self.ended.len() * size_of::<Ended>()
            + self.started.len() * size_of::<Started>();
    }

    /// The spans that are open, as they are known so far, each once; without `all`, the roots only.
    pub(crate) fn running(&mut self, all: bool) -> Vec<FinishedSpan> {
        let mut running = Vec::new();
        for (&span, started) in &mut self.started {
            if started.shown || !(all || started.start.root) {
                continue;
            }
            started.shown = true;
            let parts = self.parts.get(&span).map(Parts::copy);
            let parts = parts.unwrap_or_default();
            running.push(FinishedSpan {
                trace: self.key.trace,
                span,
                start: started.start,
                end: None,
                parts,
                inherited: started.inherited.clone(),
                shared: self.shared.clone(),
            });
        }
        running
    }
}

#[cfg(test)]
mod tests;
