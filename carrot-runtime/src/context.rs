//! Which span is open, as it is carried from thread to thread and from poll to poll.

use carrot_wire::TraceId;

/// The innermost open span and what its children must know. `Copy`, 32 bytes, no reference count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ctx {
    /// The trace id's halves, zero where no span is open: a `u128` would align, and so grow, all
    /// that holds one.
    pub(crate) trace: [u64; 2],
    pub(crate) span: u64,
    /// Who gets the trace: see [`crate::state`]. Zero until a root resolves it.
    pub(crate) client: u32,
    /// The bits below, and in the upper 24 the number of what is [inherited](crate::inherit).
    pub(crate) flags: u32,
}

/// While a value is captured, and on the exporter's thread: the user's `Serialize` may call traced code, which then records
/// nothing.
pub(crate) const CAPTURING: u32 = 1;
/// The span is one of another process: what opens below it is a root here.
pub(crate) const REMOTE: u32 = 1 << 1;
/// Sampled out: names, times and errors are kept until the root ends, in case it fails.
pub(crate) const SKELETON: u32 = 1 << 2;
/// Sampled out, but recorded whole until the root ends: a rule may keep it then.
pub(crate) const HELD: u32 = 1 << 3;
/// Where the number of what is inherited begins.
pub(crate) const INHERITED: u32 = 8;

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

    /// Whether a span of this process is open.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.span != 0 && self.flags & (CAPTURING | REMOTE) == 0
    }

    /// Whether a span opened here is a child, and recorded like any other.
    #[inline]
    pub(crate) fn takes_children(&self) -> bool {
        self.span != 0 && self.flags & (CAPTURING | REMOTE) == 0
    }

    /// Whether values of the span are recorded.
    #[inline]
    pub(crate) fn takes_values(&self) -> bool {
        self.span != 0 && self.flags & (CAPTURING | REMOTE | SKELETON) == 0
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        TraceId((u128::from(self.trace[0]) << 64) | u128::from(self.trace[1]))
    }

    pub(crate) fn inherited(&self) -> u32 {
        self.flags >> INHERITED
    }

    /// The same, with another number of what is inherited.
    pub(crate) fn inheriting(self, number: u32) -> Ctx {
        let bits = self.flags & ((1 << INHERITED) - 1);
        Ctx {
            flags: bits | number << INHERITED,
            ..self
        }
    }
}
