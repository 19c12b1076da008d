//! The span that is open where this is asked.

use carrot_wire::{RecordId, TraceId};

use crate::context::Ctx;
use crate::line;

/// The innermost open span of this thread or task; nothing where none is open.
///
/// ```
/// assert_eq!(carrot_runtime::current().trace_id(), None);
/// ```
pub fn current() -> Current {
    Current {
        ctx: line::current(),
    }
}

/// An open span, seen from inside.
#[derive(Debug, Clone, Copy)]
pub struct Current {
    ctx: Ctx,
}

impl Current {
    /// The trace it is part of: 32 hex digits.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.ctx.is_open().then(|| self.ctx.trace_id())
    }

    /// The key of its record, by which `carrot show` and the dashboard know it; a root's is its trace's id.
    pub fn id(&self) -> Option<RecordId> {
        Some(RecordId::of(
            self.trace_id()?,
            carrot_wire::SpanId(self.ctx.span),
        ))
    }
}
