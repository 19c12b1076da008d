//! Every chunk of the process: those being written, those to be read, those to be used again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::chunk::Chunk;
use super::pool::Pool;
use crate::lock::Lock;
use crate::span::Deferred;

/// 64 KiB: some 1,000 spans.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
const CHUNK_WORDS: usize = CHUNK_BYTES / 8;

static POOL: Pool = Pool {
    free: Lock::new(Vec::new()),
    begun: Lock::new(Vec::new()),
    backlog: AtomicUsize::new(0),
};
/// Values that travel beside the chunks, by number.
static BOXES: Lock<Option<HashMap<u64, Boxed>>> = Lock::new(None);
static NEXT_BOX: AtomicU64 = AtomicU64::new(0);
/// How many bytes travel beside the chunks.
static BOXED_BYTES: AtomicUsize = AtomicUsize::new(0);

/// A value too large for a chunk, or one that is work still to be done.
pub(crate) enum Boxed {
    Bytes(Vec<u8>),
    Deferred(Box<dyn Deferred>),
}

impl Boxed {
    fn size(&self) -> usize {
        match self {
            Boxed::Bytes(bytes) => bytes.len(),
            Boxed::Deferred(work) => work.size(),
        }
    }
}

/// What the parent of a forked child has written is the parent's. What waits of it is leaked here.
#[cfg(unix)]
pub(crate) fn forked() {
    POOL.free.abandon();
    POOL.begun.abandon();
    POOL.backlog.store(0, Relaxed);
    BOXES.abandon();
    BOXED_BYTES.store(0, Relaxed);
}

/// A chunk for a thread that begins one.
pub(crate) fn begin_chunk() -> &'static Chunk {
    POOL.begin(CHUNK_WORDS)
}

/// The thread leaves its chunk.
pub(crate) fn close_chunk(chunk: &'static Chunk) {
    POOL.close(chunk);
}

/// How many closed chunks are not drained yet.
pub(crate) fn waiting_chunks() -> usize {
    POOL.waiting()
}

/// How many bytes wait beside the chunks.
pub(crate) fn waiting_beside() -> usize {
    BOXED_BYTES.load(Relaxed)
}

/// Gives the chunks begun since the last call.
pub(crate) fn take_begun(take: impl FnMut(&'static Chunk)) {
    POOL.take_begun(take);
}

/// Has a chunk read as far as it is published; says whether that was its end.
pub(crate) fn read_chunk(chunk: &'static Chunk, read: impl FnOnce(usize)) -> bool {
    POOL.read(chunk, read)
}

/// Keeps a value; gives its number.
pub(crate) fn put_box(value: Boxed) -> u64 {
    let number = NEXT_BOX.fetch_add(1, Relaxed);
    let size = value.size();
    BOXES.lock().get_or_insert_default().insert(number, value);
    BOXED_BYTES.fetch_add(size, Relaxed);
    number
}

pub(crate) fn take_box(number: u64) -> Option<Boxed> {
    let value = BOXES.lock().as_mut()?.remove(&number)?;
    BOXED_BYTES.fetch_sub(value.size(), Relaxed);
    Some(value)
}
