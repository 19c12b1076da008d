//! A span as it left its trace.

use std::sync::Arc;

use carrot_wire::{SpanId, TraceId};

use super::parts::Parts;
use crate::inherit::Inherited;
use crate::line::frame::{End, Said, Slot, Start};

/// A span that ended, or is shown while it runs.
pub(crate) struct FinishedSpan {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) start: Start,
    pub(super) end: Option<End>,
    pub(super) parts: Parts,
    pub(super) inherited: Option<Arc<Inherited>>,
    pub(super) shared: Arc<Shared>,
}

/// What is said of a whole trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    /// The texts with the time at which they were said: the last word holds.
    pub(super) session: Option<(u64, String)>,
    pub(super) user: Option<(u64, String)>,
    /// How many traces this one stands for; absent: one.
    pub(super) weight: Option<f64>,
    /// It was sampled out and kept in the end: of its spans only names, times and errors are known.
    pub(super) skeleton: bool,
    /// Some of its spans are missing.
    pub(super) incomplete: bool,
}

impl Shared {
    pub(super) fn set(&mut self, said: Said, bytes: &[u8]) {
        let replace = |old: &mut Option<(u64, String)>| {
            if old.as_ref().is_none_or(|(at, _)| *at <= said.at) {
                *old = Some((said.at, String::from_utf8_lossy(bytes).into_owned()));
            }
        };
        match said.slot {
            Slot::Session => replace(&mut self.session),
            Slot::User => replace(&mut self.user),
            Slot::Weight => self.weight = bytes.try_into().ok().map(f64::from_ne_bytes),
            _ => {}
        }
    }
}

impl FinishedSpan {
    /// About how much memory it holds.
    pub(super) fn size(&self) -> usize {
        size_of::<FinishedSpan>() + self.parts.size()
    }
}
