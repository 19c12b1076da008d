//! The thread's line: what it has open, and the chunk that its frames go into.
//!
//! Thread-locals without a destructor, so that reaching them is one address and spans can be opened
//! and closed until the thread is gone.

pub(crate) mod chunk;
pub(crate) mod frame;
pub(crate) mod guards;
mod pool;
pub(crate) mod reader;
pub(crate) mod registry;

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::context::Ctx;
use crate::random::Random;
use chunk::Chunk;
use frame::{End, Said, Start, Truncated};
use registry::Boxed;

/// What [`chunk`] and [`pool`] are made of; their loom test puts loom's in its place.
mod sync {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

    pub(crate) use crate::lock::Lock;
}

/// Values longer than this travel beside the chunk: copying a large one in would end the chunk.
const MAX_INLINE: usize = 16 * 1024;
/// What a chunk says takes about so many times as much memory when it is read, until its traces are closed.
const READ: usize = 8;
/// From so many bytes that are not drained on, chunks as if they were read, the exporter is woken early,
const WAKE_AT: usize = 1024 * 1024;
/// and from so many on it reads them before it makes more records of what was read before.
const READ_AT: usize = 8 * 1024 * 1024;
/// From so many on the thread that wrote them waits a little for the exporter, if that gets on: memory has an end.
const WAIT_AT: usize = 32 * 1024 * 1024;
/// How often it waits, a millisecond each;
const WAITS: usize = 10;
/// from so many on five times as often.
const WAIT_LONGER_AT: usize = 48 * 1024 * 1024;
/// An exporter that has not got on for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// From so many on, or where the exporter does not get on, that thread drains them, whatever comes of it.
const DROP_AT: usize = 64 * 1024 * 1024;

/// Aligned, since a context that lies across two cache lines costs a stall each time it is read back: a fifth of a span.
#[repr(align(64))]
struct Line {
    current: Cell<Ctx>,
    /// How many scopes are around.
    depth: Cell<u32>,
    /// Who leaves a scope of this depth has to look at the [guards].
    watched: Cell<u32>,
    chunk: Cell<Option<&'static Chunk>>,
    /// Words written into the chunk.
    written: Cell<usize>,
    /// Span and flags of the start that was written last into this chunk; zero where there is none.
    started: Cell<(u64, u32)>,
    random: Cell<Random>,
    /// 0 before the first.
    last_span: Cell<u64>,
}

thread_local! {
    static LINE: Line = const {
        Line {
            current: Cell::new(Ctx::NONE),
            depth: Cell::new(0),
            watched: Cell::new(0),
            chunk: Cell::new(None),
            written: Cell::new(0),
            started: Cell::new((0, 0)),
            random: Cell::new(Random::UNSEEDED),
            last_span: Cell::new(0),
        }
    };
    /// Has a destructor, so it is only touched when a chunk begins; closes the thread's last chunk.
    static LEAVING: Leaving = const { Leaving };
}

struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        LINE.with(|line| {
            if let Some(chunk) = line.chunk.take() {
                registry::close_chunk(chunk);
            }
        });
    }
}

/// The innermost open span of this thread.
#[inline]
pub(crate) fn current() -> Ctx {
    LINE.with(|line| line.current.get())
}

/// Makes `ctx` the innermost; gives what was.
#[inline]
pub(crate) fn replace(ctx: Ctx) -> Ctx {
    LINE.with(|line| line.current.replace(ctx))
}

/// Runs `f` with `ctx` as the innermost span, and puts back what was, also when `f` panics.
#[inline]
pub(crate) fn with<R>(ctx: Ctx, f: impl FnOnce() -> R) -> R {
    struct Restore {
        before: Ctx,
        depth: u32,
    }
    impl Drop for Restore {
        #[inline]
        fn drop(&mut self) {
            LINE.with(|line| {
                line.current.set(self.before);
                line.depth.set(self.depth);
                if line.watched.get() > self.depth {
                    guards::left_scope(line);
                }
            });
        }
    }
    let _restore = LINE.with(|line| {
        let depth = line.depth.get();
        line.depth.set(depth + 1);
        Restore {
            before: line.current.replace(ctx),
            depth,
        }
    });
    f()
}

/// A number for a span, never 0.
///
/// A Weyl sequence: the thread's own random beginning, and from there steps of the golden ratio. In a
/// trace of n threads with m spans each two of them meet with a probability of n²m / 2⁶⁴.
#[inline]
pub(crate) fn span_id() -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    LINE.with(|line| match line.last_span.get() {
        0 => first_span_id(line),
        last => {
            let next = last.wrapping_add(STEP);
            line.last_span.set(next);
            if next == 0 { first_span_id(line) } else { next }
        }
    })
}

#[cold]
fn first_span_id(line: &Line) -> u64 {
    let first = random() | 1;
    line.last_span.set(first);
    first
}

/// A random number.
pub(crate) fn random() -> u64 {
    LINE.with(|line| {
        let mut random = line.random.get();
        if !random.is_seeded() {
            crate::exit::begin_anew();
            random = Random::seed();
        }
        let number = random.next();
        line.random.set(random);
        number
    })
}

/// 128 random bits.
pub(crate) fn random_wide() -> u128 {
    (u128::from(random()) << 64) | u128::from(random())
}

#[inline]
pub(crate) fn write_start(ctx: &Ctx, start: Start) {
    LINE.with(|line| {
        line.append_frame(frame::start(ctx, start));
        line.started.set((ctx.span, ctx.flags));
    });
}

#[inline]
pub(crate) fn write_end(ctx: &Ctx, end: End) {
    LINE.with(|line| {
        let its_end = frame::its_end(end.ticks, end.status);
        if !(line.started_last(ctx) && line.append(|chunk, at| chunk.append(at, its_end))) {
            line.append_frame(frame::end(ctx, end));
        }
    });
}

pub(crate) fn write_value(ctx: &Ctx, said: impl Into<Said>, bytes: &[u8], truncated: Truncated) {
    let said = said.into();
    let written = LINE.with(|line| {
        let its_value = frame::its_value(said.slot, truncated, bytes.len());
        said.at == 0
            && bytes.len() <= MAX_INLINE
            && line.started_last(ctx)
            && line.append(|chunk, at| chunk.append_bytes(at, its_value, bytes))
    });
    if !written {
        write_any_value(ctx, said, bytes, truncated);
    }
}

/// As [`write_value`], of bytes that were written a moment ago: the first `len` of these words.
pub(crate) fn write_captured(
    ctx: &Ctx,
    said: Said,
    words: &[[u8; 8]],
    len: usize,
    truncated: Truncated,
) {
    let written = LINE.with(|line| {
        let its_value = frame::its_value(said.slot, truncated, len);
        said.at == 0
            && len <= MAX_INLINE
            && line.started_last(ctx)
            && line.append(|chunk, at| chunk.append_words(at, its_value, words, None))
    });
    if !written {
        let bytes = words.as_flattened().get(..len).unwrap_or_default();
        write_any_value(ctx, said, bytes, truncated);
    }
}

/// Not inlined: its frame would be made ready for each value that is its span's.
#[inline(never)]
fn write_any_value(ctx: &Ctx, said: Said, bytes: &[u8], truncated: Truncated) {
    if bytes.len() > MAX_INLINE {
        return write_boxed(ctx, said, Boxed::Bytes(bytes.to_vec()), truncated);
    }
    LINE.with(|line| {
        let value = frame::value(ctx, said, truncated, bytes.len());
        line.append_anyhow(|chunk, at| chunk.append_bytes(at, value, bytes));
    });
}

pub(crate) fn write_boxed(ctx: &Ctx, said: impl Into<Said>, value: Boxed, truncated: Truncated) {
    let number = registry::put_box(value);
    LINE.with(|line| line.append_frame(frame::boxed(ctx, said.into(), truncated, number)));
    make_room();
}

impl Line {
    /// Whether this span's start was the last in the chunk.
    #[inline]
    fn started_last(&self, ctx: &Ctx) -> bool {
        self.started.get() == (ctx.span, ctx.flags)
    }

    /// Writes into the chunk at hand; says whether there is one with room for it.
    #[inline]
    fn append(&self, write: impl FnOnce(&Chunk, usize) -> Option<usize>) -> bool {
        let written = self
            .chunk
            .get()
            .and_then(|chunk| write(chunk, self.written.get()));
        if let Some(written) = written {
            self.written.set(written);
        }
        written.is_some()
    }

    /// Writes into the chunk at hand, or into a new one. What is written can stay in registers: no other function is given it.
    #[inline]
    fn append_anyhow(&self, write: impl Fn(&Chunk, usize) -> Option<usize>) {
        if !self.append(&write) {
            self.begin_chunk();
            self.append(&write);
            self.began_chunk();
        }
    }

    #[inline]
    fn append_frame<const N: usize>(&self, frame: [u64; N]) {
        self.append_anyhow(move |chunk, at| chunk.append(at, frame));
    }

    #[cold]
    #[inline(never)]
    fn begin_chunk(&self) {
        if let Some(full) = self.chunk.take() {
            registry::close_chunk(full);
        }
        self.started.set((0, 0));
        self.written.set(0);
        self.chunk.set(Some(registry::begin_chunk()));
    }

    /// The first frame is in it.
    #[cold]
    #[inline(never)]
    fn began_chunk(&self) {
        // A thread whose locals are already gone leaves nobody to close its chunk: one frame each.
        if LEAVING.try_with(|_| ()).is_err()
            && let Some(chunk) = self.chunk.take()
        {
            registry::close_chunk(chunk);
        }
        make_room();
    }
}

/// The thread that forked goes on in the child: what is open in it stays so, but its chunk is the parent's, and its ids must
/// not be the same as there.
#[cfg(unix)]
pub(crate) fn forked() {
    LINE.with(|line| {
        line.chunk.set(None);
        line.written.set(0);
        line.started.set((0, 0));
        line.random.set(Random::UNSEEDED);
        line.last_span.set(0);
    });
}

/// How many bytes are not drained, chunks as if they were read.
fn waiting() -> usize {
    let chunks = registry::waiting_chunks() * registry::CHUNK_BYTES * READ;
    chunks.max(registry::waiting_beside())
}

/// Whether the exporter is to drain the lines before it does anything else.
pub(crate) fn is_behind() -> bool {
    waiting() >= READ_AT
}

/// What is written faster than it is drained would fill the memory.
#[cold]
fn make_room() {
    let waiting = waiting();
    if waiting >= WAKE_AT {
        crate::export::wake();
    }
    let waiting = waiting + crate::assemble::beyond_full();
    if waiting < WAIT_AT {
        return;
    }
    let times = 1 + 4 * usize::from(waiting >= WAIT_LONGER_AT);
    for _ in 0..WAITS * times {
        if !gets_on() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
        if self::waiting() + crate::assemble::beyond_full() < WAIT_AT {
            return;
        }
    }
    let must = waiting >= DROP_AT;
    if must || !gets_on() {
        crate::assemble::help(must);
    }
}

/// Whether the exporter was further than before within the last two seconds: one that hangs is not waited for again and again.
fn gets_on() -> bool {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    /// How far it was when it was last asked for,
    static SEEN: AtomicU64 = AtomicU64::new(u64::MAX);
    /// and since when, in milliseconds.
    static SINCE: AtomicU64 = AtomicU64::new(0);

    let now = BEGUN.elapsed().as_millis() as u64;
    let progress = crate::report::progress();
    if SEEN.swap(progress, Relaxed) != progress {
        SINCE.store(now, Relaxed);
    }
    now.saturating_sub(SINCE.load(Relaxed)) < PATIENCE.as_millis() as u64
}
