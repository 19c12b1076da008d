//! A span as it left its trace.

use std::sync::Arc;

use carrot_wire::record::meta;
use carrot_wire::{SpanId, TraceId};

use crate::inherit::Inherited;
use crate::line::frame::{End, Slot, Start, Truncated};
use crate::span::Deferred;

/// A span that ended, or is shown while it runs.
pub(crate) struct FinishedSpan {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) start: Start,
    pub(super) end: Option<End>,
    pub(super) parts: Vec<Part>,
    pub(super) inherited: Option<Arc<Inherited>>,
    pub(super) shared: Arc<Shared>,
}

/// What is said of a whole trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    pub(super) session: Option<String>,
    pub(super) user: Option<String>,
    /// How many traces this one stands for; absent: one.
    pub(super) weight: Option<f64>,
    /// It was sampled out and kept in the end: of its spans only names, times and errors are known.
    pub(super) skeleton: bool,
    /// Some of its spans are missing.
    pub(super) incomplete: bool,
}

impl Shared {
    pub(super) fn set(&mut self, slot: Slot, bytes: &[u8]) {
        let text = || Some(String::from_utf8_lossy(bytes).into_owned());
        match slot {
            Slot::Session => self.session = text(),
            Slot::User => self.user = text(),
            Slot::Weight => self.weight = bytes.try_into().ok().map(f64::from_ne_bytes),
            _ => {}
        }
    }
}

/// One value of a span.
pub(super) struct Part {
    pub(super) slot: Slot,
    pub(super) payload: Payload,
    pub(super) truncated: Truncated,
}

pub(crate) enum Payload {
    Bytes(Vec<u8>),
    Deferred(Box<dyn Deferred>),
}

impl Payload {
    pub(super) fn size(&self) -> usize {
        match self {
            Payload::Bytes(bytes) => bytes.len() + size_of::<Part>(),
            Payload::Deferred(work) => work.size() + size_of::<Part>(),
        }
    }
}

impl Part {
    /// Says that something is missing.
    pub(super) fn incomplete() -> Part {
        let said = serde_json::json!({ (meta::CAPTURE_COMPLETE): false });
        Part {
            slot: Slot::Metadata,
            payload: Payload::Bytes(said.to_string().into_bytes()),
            truncated: false,
        }
    }

    /// Work is done once, when the span has ended; values can be shown before.
    pub(super) fn copy(&self) -> Option<Part> {
        match &self.payload {
            Payload::Bytes(bytes) => Some(Part {
                payload: Payload::Bytes(bytes.clone()),
                ..*self
            }),
            Payload::Deferred(_) => None,
        }
    }
}

impl FinishedSpan {
    /// About how much memory it holds.
    pub(super) fn size(&self) -> usize {
        size_of::<FinishedSpan>()
            + self
                .parts
                .iter()
                .map(|part| part.payload.size())
                .sum::<usize>()
    }
}
