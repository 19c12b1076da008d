//! The frames that threads write and the assembler reads.
//!
//! The first word of each frame: its type in bits 0 to 7, its length in words in bits 8 to 31, and a
//! number of the type's own in bits 32 to 63.

use carrot_wire::{SpanId, Status, TraceId};

use super::chunk::Chunk;
use crate::context::{Ctx, INHERITED};

const START: u64 = 1;
const END: u64 = 2;
const VALUE: u64 = 3;
const BOXED: u64 = 4;

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
    const ALL: [Slot; 15] = [
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

/// A frame read back.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Start(Key, Start),
    End(Key, End),
    Value(Key, Slot, Vec<u8>, Truncated),
    /// The number under which a large or active value waits in the registry.
    Boxed(Key, Slot, u64, Truncated),
}

/// Whether a captured value was cut to its limit.
pub(crate) type Truncated = bool;

fn head(kind: u64, words: usize, number: u32) -> u64 {
    kind | ((words as u64) << 8) | (u64::from(number) << 32)
}

fn slot_number(slot: Slot, truncated: Truncated) -> u32 {
    slot as u32 | u32::from(truncated) << 8
}

/// In the lowest bits of a frame's flags, where a context's `CAPTURING` would be: it writes no frames.
const ROOT: u32 = 1;
/// Above the bits of a context.
const STATUS: u32 = 4;
const STATUS_BITS: u32 = 0b11 << STATUS;

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

/// The head of a frame that the value's bytes follow.
pub(crate) fn value(ctx: &Ctx, slot: Slot, truncated: Truncated, len: usize) -> [u64; 6] {
    let [high, low, span] = id(ctx);
    let words = 6 + len.div_ceil(8);
    [
        head(VALUE, words, slot_number(slot, truncated)),
        high,
        low,
        span,
        client(ctx, 0),
        len as u64,
    ]
}

pub(crate) fn boxed(ctx: &Ctx, slot: Slot, truncated: Truncated, number: u64) -> [u64; 6] {
    let [high, low, span] = id(ctx);
    [
        head(BOXED, 6, slot_number(slot, truncated)),
        high,
        low,
        span,
        client(ctx, 0),
        number,
    ]
}

/// Reads the frame at `at`; gives it and where the next one is. `None` where there is none, which in
/// a published prefix does not happen.
pub(crate) fn read(chunk: &Chunk, at: usize) -> Option<(Frame, usize)> {
    let word = |offset: usize| chunk.word(at + offset);
    let head = word(0);
    let (kind, words, number) = (
        head & 0xff,
        (head >> 8 & 0xff_ffff) as usize,
        (head >> 32) as u32,
    );
    let key = Key {
        trace: TraceId((u128::from(word(1)) << 64) | u128::from(word(2))),
        span: SpanId(word(3)),
        client: word(4) as u32,
        flags: (word(4) >> 32) as u32 & !(ROOT | STATUS_BITS),
    };
    let flags = (word(4) >> 32) as u32;
    let start = || Start {
        site: number,
        parent: SpanId(word(5)),
        root: flags & ROOT != 0,
        ticks: word(6),
    };
    let slot = || Slot::ALL.get((number & 0xff) as usize).copied();
    let truncated = number & 0x100 != 0;
    let frame = match kind {
        START => Frame::Start(key, start()),
        END => Frame::End(
            key,
            End {
                start: start(),
                ticks: word(7),
                status: Status::from_code(((flags & STATUS_BITS) >> STATUS) as u8)?,
            },
        ),
        VALUE => Frame::Value(
            key,
            slot()?,
            chunk.bytes(at + 6, word(5) as usize),
            truncated,
        ),
        BOXED => Frame::Boxed(key, slot()?, word(5), truncated),
        _ => return None,
    };
    Some((frame, at + words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::SKELETON;

    #[test]
    fn frames_are_read_back_as_written() {
        let chunk = Chunk::new(64);
        let ctx = Ctx {
            trace: [1, 2],
            span: 3,
            client: 4,
            flags: SKELETON | 5 << INHERITED,
        };
        let key = Key {
            trace: ctx.trace_id(),
            span: SpanId(3),
            client: 4,
            flags: ctx.flags,
        };
        let began = Start {
            site: 7,
            parent: SpanId(0),
            root: true,
            ticks: 100,
        };
        let ended = End {
            start: Start {
                parent: SpanId(9),
                root: false,
                ..began
            },
            ticks: 200,
            status: Status::Cancelled,
        };
        let mut at = chunk.append(0, start(&ctx, began)).unwrap();
        for text in ["", "1", "12345678", "123456789"] {
            at = chunk
                .append_bytes(
                    at,
                    value(&ctx, Slot::Output, true, text.len()),
                    text.as_bytes(),
                )
                .unwrap();
        }
        at = chunk
            .append(at, boxed(&ctx, Slot::Deferred, false, 77))
            .unwrap();
        at = chunk.append(at, end(&ctx, ended)).unwrap();
        assert_eq!(chunk.published(), at);
        assert!(
            chunk.append(at, [0; 64]).is_none(),
            "a frame that does not fit is not begun"
        );

        let (mut at, mut frames) = (0, Vec::new());
        while let Some((frame, next)) = read(&chunk, at) {
            frames.push(frame);
            at = next;
        }
        let value = |text: &str| Frame::Value(key, Slot::Output, text.as_bytes().to_vec(), true);
        assert_eq!(
            frames,
            [
                Frame::Start(key, began),
                value(""),
                value("1"),
                value("12345678"),
                value("123456789"),
                Frame::Boxed(key, Slot::Deferred, 77, false),
                Frame::End(key, ended),
            ]
        );
    }
}
