//! A trace that is not closed.

use std::collections::HashSet;
use std::sync::Arc;

use carrot_wire::{SpanId, Status};

use super::ById;
use super::by_span::BySpan;
use super::fate::Fate;
use super::finished::{FinishedSpan, Shared};
use super::parts::{Part, Parts, Payload};
use super::size::allocated;
use crate::inherit::{self, Inherited};
use crate::line::frame::{End, Key, Said, Slot, Start};

/// What came of one trace and did not ship yet.
pub(crate) struct OpenTrace {
    /// Of the frame that was met first: what is the same for all.
    pub(crate) key: Key,
    pub(crate) fate: Fate,
    /// What is said of the whole trace; of most, nothing.
    pub(crate) shared: Option<Arc<Shared>>,
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
    started: BySpan<Started>,
    pub(super) parts: BySpan<Parts>,
    /// What the parts hold.
    part_bytes: usize,
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
            shared: None,
            roots: 0,
            since,
            rooted: false,
            must_keep: false,
            ended: Vec::new(),
            started: BySpan::default(),
            parts: BySpan::default(),
            part_bytes: 0,
        }
    }

    pub(crate) fn started(&mut self, key: Key, start: Start) {
        self.roots += i64::from(start.root);
        self.rooted |= start.root;
        self.started.get_or_insert_with(key.span, || Started {
            start,
            inherited: inherit::by_number(key.inherited()),
            shown: false,
        });
    }

    pub(crate) fn value(&mut self, span: SpanId, part: Part) {
        if let (Slot::Session | Slot::User | Slot::Weight, Payload::Bytes(bytes)) =
            (part.slot, &part.payload)
        {
            let said = Said {
                slot: part.slot,
                at: part.order,
            };
            self.shared_mut().set(said, bytes);
            return;
        }
        let parts = self.parts.get_or_insert_with(span, Parts::default);
        let before = parts.size();
        parts.add(part);
        self.part_bytes = self.part_bytes + parts.size() - before;
    }

    pub(crate) fn ended(&mut self, key: Key, end: End, reading: u64) {
        self.roots -= i64::from(end.start.root);
        if self.ended.is_empty() {
            // Most traces are small, and a vector would begin with room for four.
            self.ended.reserve_exact(1);
        }
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
        self.ended.shrink_to_fit();
        self.started.retain(|span| !spans.contains(&span));
        self.parts.retain(|span| !spans.contains(&span));
        self.count_parts();
    }

    /// Forgets what was said of spans that did not say they are open. After so long they have ended, and it was said
    /// too late.
    pub(super) fn forget_unknown(&mut self) {
        let started = &self.started;
        self.parts.retain(|span| started.get(span).is_some());
        self.count_parts();
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
        self.part_bytes
            + self.parts.len() * BySpan::<Parts>::ENTRY
            + self.started.len() * BySpan::<Started>::ENTRY
            + allocated(self.ended.capacity() * size_of::<Ended>())
    }

    pub(super) fn shared_mut(&mut self) -> &mut Shared {
        Arc::make_mut(self.shared.get_or_insert_default())
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
            self.started.remove(ended.span);
            let parts = self.parts.remove(ended.span).unwrap_or_default();
            let End {
                start,
                ticks,
                status,
            } = ended.end;
            FinishedSpan {
                trace: self.key.trace,
                span: ended.span,
                parent: start.parent,
                started: start.ticks,
                ended: ticks,
                site: start.site,
                status,
                root: start.root,
                parts,
                inherited: ended.inherited,
                shared: self.shared.clone(),
            }
        });
        let finished = finished.collect();
        self.count_parts();
        finished
    }

    pub(super) fn count_parts(&mut self) {
        self.part_bytes = self.parts.values().map(Parts::size).sum();
    }

    /// The spans that are open, as they are known so far, each once; without `all`, the roots only.
    pub(crate) fn running(&mut self, all: bool) -> Vec<FinishedSpan> {
        let mut running = Vec::new();
        for (span, started) in self.started.iter_mut() {
            if started.shown || !(all || started.start.root) {
                continue;
            }
            started.shown = true;
            let parts = self.parts.get(span).map(Parts::copy);
            let parts = parts.unwrap_or_default();
            running.push(FinishedSpan {
                trace: self.key.trace,
                span,
                parent: started.start.parent,
                started: started.start.ticks,
                ended: 0,
                site: started.start.site,
                status: Status::Running,
                root: started.start.root,
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
