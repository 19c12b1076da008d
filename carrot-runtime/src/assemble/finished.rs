//! A span as it left its trace.

use std::sync::Arc;

use carrot_wire::{SpanId, Status, TraceId};

use super::parts::Parts;
use super::size::{allocated, shared};
use crate::inherit::Inherited;
use crate::line::frame::{Said, Slot};

/// A span that ended, or is shown while it runs. Many of them may wait: it is laid out for that.
pub(crate) struct FinishedSpan {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    /// Zero for none.
    pub(super) parent: SpanId,
    /// In ticks, as the end,
    pub(super) started: u64,
    /// which means nothing while the status is [`Status::Running`].
    pub(super) ended: u64,
    pub(super) site: u32,
    pub(super) status: Status,
    /// Whether nothing of this process is above it.
    pub(super) root: bool,
    pub(super) parts: Parts,
    pub(super) inherited: Option<Arc<Inherited>>,
    /// `None` where nothing is said of the whole trace.
    pub(super) shared: Option<Arc<Shared>>,
}

const _: () = assert!(size_of::<FinishedSpan>() <= 80);

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

    fn size(&self) -> usize {
        let texts = [&self.session, &self.user].into_iter().flatten();
        let texts: usize = texts.map(|(_, text)| allocated(text.capacity())).sum();
        shared(size_of::<Shared>()) + texts
    }
}

impl FinishedSpan {
    /// About how much memory it holds. What it shares with others counts for the root, which may be alone.
    pub(super) fn size(&self) -> usize {
        let shared = match (self.root, &self.shared) {
            (true, Some(shared)) => shared.size(),
            _ => 0,
        };
        let inherited = match (self.root, &self.inherited) {
            (true, Some(inherited)) => inherited.size(),
            _ => 0,
        };
        size_of::<FinishedSpan>() + self.parts.size() + shared + inherited
    }
}
