//! How much of one value is kept.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::context::Ctx;
use crate::state;

/// What is beyond is cut, and the span says `truncated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) depth: usize,
}

/// The most levels that can be asked for: readers parse 127, some of which are around the value.
pub(crate) const MAX_DEPTH: usize = 120;

/// The process's limits.
static BYTES: AtomicUsize = AtomicUsize::new(Limits::DEFAULT.bytes);
static DEPTH: AtomicUsize = AtomicUsize::new(Limits::DEFAULT.depth);

/// Sets the process's limits, before anything is captured for it.
pub(crate) fn start(limits: Limits) {
    BYTES.store(limits.bytes, Relaxed);
    DEPTH.store(limits.depth, Relaxed);
}

impl Limits {
    /// 1 MiB and 64 levels.
    pub(crate) const DEFAULT: Limits = Limits {
        bytes: 1024 * 1024,
        depth: 64,
    };

    /// Those for values of this span. Tests that capture have the defaults, whatever the process has.
    #[inline]
    pub(super) fn of(ctx: &Ctx) -> Limits {
        if ctx.client == state::PROCESS {
            Limits {
                bytes: BYTES.load(Relaxed),
                depth: DEPTH.load(Relaxed),
            }
        } else {
            Limits::DEFAULT
        }
    }
}
