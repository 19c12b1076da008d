//! Which span is open, as it is carried from thread to thread and from poll to poll.

use carrot_wire::TraceId;

/// The innermost open span and what its children must know. `Copy`, 32 bytes, no reference count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ctx {
    /// The trace id's halves, zero where no span is open: a `u128` would align, and so grow, all
    /// that holds one.
    pub(crate) trace: [u64; 2],
    pub(crate) span: u64,
    /// Who gets the trace: see [`crate::client`]. Zero until a root resolves it.
    pub(crate) client: u32,
    pub(crate) flags: u32,
}

/// While a value is captured, and on the exporter's thread: the user's `Serialize` may call traced code, which then records
/// nothing.
pub(crate) const CAPTURING: u32 = 1;

impl Ctx {
    pub(crate) const NONE: Ctx = Ctx {
        trace: [0, 0],
        span: 0,
        client: 0,
        flags: 0,
    };

    /// No span is open, and none can be opened.
    pub(crate) const QUIET: Ctx = Ctx {
        flags: CAPTURING,
        ..Ctx::NONE
    };

    /// Whether a span is open.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.span != 0
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        TraceId((u128::from(self.trace[0]) << 64) | u128::from(self.trace[1]))
    }
}
