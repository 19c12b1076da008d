//! A trace that is not closed.

use std::collections::HashMap;

use carrot_wire::{SpanId, TraceId};

use super::ById;
use super::finished::{FinishedSpan, Part, Payload};
use crate::line::frame::{End, Slot, Start, Truncated};

/// What came of one trace and did not ship yet.
pub(crate) struct OpenTrace {
    id: TraceId,
    pub(crate) client: u32,
    /// Spans that ended, with the reading that met their end; in that order.
    ended: Vec<(u64, SpanId, End)>,
    /// Spans that said they are open, and whether they were shipped as running.
    started: HashMap<SpanId, (Start, bool), ById>,
    parts: HashMap<SpanId, Vec<Part>, ById>,
    bytes: usize,
}

impl OpenTrace {
    pub(crate) fn new(id: TraceId, client: u32) -> OpenTrace {
        OpenTrace {
            id,
            client,
            ended: Vec::new(),
            started: HashMap::default(),
            parts: HashMap::default(),
            bytes: 0,
        }
    }

    pub(crate) fn started(&mut self, span: SpanId, start: Start) {
        self.started.insert(span, (start, false));
    }

    pub(crate) fn value(
        &mut self,
        span: SpanId,
        slot: Slot,
        payload: Payload,
        truncated: Truncated,
    ) {
        self.bytes += payload.size();
        self.parts.entry(span).or_default().push(Part {
            slot,
            payload,
            truncated,
        });
    }

    pub(crate) fn ended(&mut self, span: SpanId, end: End, reading: u64) {
        self.bytes += size_of::<End>();
        self.ended.push((reading, span, end));
    }

    /// About how much memory it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a span's end was met before this reading.
    pub(crate) fn has_finished(&self, reading: u64) -> bool {
        self.ended.first().is_some_and(|(met, ..)| *met < reading)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ended.is_empty() && self.started.is_empty() && self.parts.is_empty()
    }

    /// The spans whose end was met before this reading, with their values.
    pub(crate) fn take_finished(&mut self, reading: u64) -> Vec<FinishedSpan> {
        let finished = self.ended.partition_point(|(met, ..)| *met < reading);
        let later = self.ended.split_off(finished);
        let ended = std::mem::replace(&mut self.ended, later);
        let finished = ended.into_iter().map(|(_, span, end)| {
            self.started.remove(&span);
            let parts = self.parts.remove(&span).unwrap_or_default();
            FinishedSpan {
                trace: self.id,
                span,
                start: end.start,
                end: Some(end),
                parts,
            }
        });
        let finished = finished.collect();
        self.bytes = self
            .parts
            .values()
            .flatten()
            .map(|part| part.payload.size())
            .sum();
        finished
    }

    /// The spans that are open, as they are known so far, each once; without `all`, the root only.
    pub(crate) fn running(&mut self, all: bool) -> Vec<FinishedSpan> {
        let mut running = Vec::new();
        for (&span, (start, shown)) in &mut self.started {
            if *shown || !(all || start.parent.is_none()) {
                continue;
            }
            *shown = true;
            let parts = self
                .parts
                .get(&span)
                .map(|parts| parts.iter().filter_map(Part::copy).collect());
            let parts = parts.unwrap_or_default();
            running.push(FinishedSpan {
                trace: self.id,
                span,
                start: *start,
                end: None,
                parts,
            });
        }
        running
    }
}

#[cfg(test)]
mod tests;
