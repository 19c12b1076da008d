//! The frames that threads write and the assembler reads.
//!
//! The first word of each frame: its type in bits 0 to 7, its length in words in bits 8 to 31, and a
//! number of the type's own in bits 32 to 63. [`reader`](super::reader) reads them back.
//!
//! Most values are those of the span that started last on the thread, and so is its end: such frames do without
//! saying whose they are.

use carrot_wire::{SpanId, Status, TraceId};

use crate::context::{Ctx, INHERITED};

pub(super) const START: u64 = 1;
pub(super) const END: u64 = 2;
pub(super) const VALUE: u64 = 3;
pub(super) const BOXED: u64 = 4;
/// A value of the span whose start was the last in the chunk.
pub(super) const ITS_VALUE: u64 = 5;
/// The end of that span.
pub(super) const ITS_END: u64 = 6;

/// What of a span a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Slot {
    Input,
    Output,
    Error,
    /// A JSON object to be merged into the metadata.
    Metadata,
    /// A name instead of the site's.
    Name,
    /// One more tag.
    Tag,
    /// Work to be done by the assembler's caller before the record is whole.
    Deferred,
    /// A code instead of the site's kind.
    Kind,
    /// A code.
    Level,
    /// A code instead of what the end says.
    Status,
    Session,
    User,
    /// One more event, as a JSON object.
    Event,
    /// The ticks at which a model's first token came.
    FirstToken,
    /// How many traces this one stands for, as the bytes of an `f64`; on roots.
    Weight,
}

impl Slot {
    pub(super) const ALL: [Slot; 15] = [
        Slot::Input,
        Slot::Output,
        Slot::Error,
        Slot::Metadata,
        Slot::Name,
        Slot::Tag,
        Slot::Deferred,
        Slot::Kind,
        Slot::Level,
        Slot::Status,
        Slot::Session,
        Slot::User,
        Slot::Event,
        Slot::FirstToken,
        Slot::Weight,
    ];
}

/// A value of this slot, and when it was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) slot: Slot,
    /// Ticks; 0 for what the span itself says, at its beginning or its end. What is said through handles may be said
    /// on several threads, whose chunks are read in any order.
    pub(crate) at: u64,
}

impl From<Slot> for Said {
    #[inline]
    fn from(slot: Slot) -> Said {
        Said { slot, at: 0 }
    }
}

impl Slot {
    /// Said now, through a handle.
    pub(crate) fn now(self) -> Said {
        Said {
            slot: self,
            at: crate::clock::ticks(),
        }
    }
}

/// The span that a frame speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) client: u32,
    /// As in [`Ctx`].
    pub(crate) flags: u32,
}

impl Key {
    /// The number of what the span inherits.
    pub(crate) fn inherited(&self) -> u32 {
        self.flags >> INHERITED
    }
}

/// How a span opened; written at once for roots and for spans with captured input, so that an open
/// span can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) site: u32,
    /// Zero for none.
    pub(crate) parent: SpanId,
    /// Whether nothing of this process is above it: it may have a parent in another.
    pub(crate) root: bool,
    pub(crate) ticks: u64,
}

/// How a span ended: all of a span that has no values, in eight words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) start: Start,
    pub(crate) ticks: u64,
    pub(crate) status: Status,
}

/// Whether a captured value was cut to its limit.
pub(crate) type Truncated = bool;

#[inline]
fn head(kind: u64, words: usize, number: u32) -> u64 {
    kind | ((words as u64) << 8) | (u64::from(number) << 32)
}

/// In a frame's number: the slot below, whether the value was cut,
pub(super) const TRUNCATED: u32 = 1 << 8;
/// and how many bytes of its last word are none of it.
pub(super) const UNUSED: u32 = 9;

#[inline]
fn slot_number(slot: Slot, truncated: Truncated) -> u32 {
    slot as u32 | if truncated { TRUNCATED } else { 0 }
}

/// In the lowest bits of a frame's flags, where a context's `CAPTURING` would be: it writes no frames.
pub(super) const ROOT: u32 = 1;
/// Above the bits of a context.
pub(super) const STATUS: u32 = 4;
pub(super) const STATUS_BITS: u32 = 0b11 << STATUS;

/// Client and flags in one word.
#[inline]
fn client(ctx: &Ctx, more: u32) -> u64 {
    u64::from(ctx.client) | u64::from(ctx.flags | more) << 32
}

#[inline]
fn id(ctx: &Ctx) -> [u64; 3] {
    [ctx.trace[0], ctx.trace[1], ctx.span]
}

#[inline]
pub(crate) fn start(ctx: &Ctx, start: Start) -> [u64; 7] {
    let [high, low, span] = id(ctx);
    [
        head(START, 7, start.site),
        high,
        low,
        span,
        client(ctx, u32::from(start.root)),
        start.parent.0,
        start.ticks,
    ]
}

#[inline]
pub(crate) fn end(ctx: &Ctx, end: End) -> [u64; 8] {
    let [high, low, span] = id(ctx);
    let more = u32::from(end.start.root) | (end.status as u32) << STATUS;
    [
        head(END, 8, end.start.site),
        high,
        low,
        span,
        client(ctx, more),
        end.start.parent.0,
        end.start.ticks,
        end.ticks,
    ]
}

/// Like [`end`], for the span that started last in the chunk.
#[inline]
pub(crate) fn its_end(ticks: u64, status: Status) -> [u64; 2] {
    [head(ITS_END, 2, status as u32), ticks]
}

/// The head of a frame that the value's bytes follow.
pub(crate) fn value(ctx: &Ctx, said: Said, truncated: Truncated, len: usize) -> [u64; 7] {
    let [high, low, span] = id(ctx);
    let words = 7 + len.div_ceil(8);
    [
        head(VALUE, words, slot_number(said.slot, truncated)),
        high,
        low,
        span,
        client(ctx, 0),
        said.at,
        len as u64,
    ]
}

/// Like [`value`], for the span that started last in the chunk, and without a time.
#[inline]
pub(crate) fn its_value(slot: Slot, truncated: Truncated, len: usize) -> [u64; 1] {
    let words = 1 + len.div_ceil(8);
    let unused = (words - 1) * 8 - len;
    let number = slot_number(slot, truncated) | (unused as u32) << UNUSED;
    [head(ITS_VALUE, words, number)]
}

pub(crate) fn boxed(ctx: &Ctx, said: Said, truncated: Truncated, number: u64) -> [u64; 7] {
    let [high, low, span] = id(ctx);
    [
        head(BOXED, 7, slot_number(said.slot, truncated)),
        high,
        low,
        span,
        client(ctx, 0),
        said.at,
        number,
    ]
}
