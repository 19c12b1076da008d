//! The chunks' way round: to a thread that writes, to the assembler, which reads, and back. `tests/loom` runs this file under loom.

use super::chunk::Chunk;
use super::sync::{AtomicUsize, Lock, Ordering};

pub(crate) struct Pool {
    /// Chunks that can be used again. None is ever freed, since threads may hold them.
    pub(crate) free: Lock<Vec<&'static Chunk>>,
    /// Chunks that the assembler has not met yet, in the order they were begun.
    pub(crate) begun: Lock<Vec<&'static Chunk>>,
    /// How many were closed and not read to their end yet.
    pub(crate) backlog: AtomicUsize,
}

impl Pool {
    /// A chunk for a thread that begins one; of so many words if it is new.
    pub(crate) fn begin(&self, words: usize) -> &'static Chunk {
        let free = self.free.lock().pop();
        let chunk = free.unwrap_or_else(|| Box::leak(Box::new(Chunk::new(words))));
        self.begun.lock().push(chunk);
        chunk
    }

    /// The thread leaves its chunk.
    pub(crate) fn close(&self, chunk: &'static Chunk) {
        self.backlog.fetch_add(1, Ordering::Relaxed);
        chunk.close();
    }

    /// How many closed chunks are not read to their end yet.
    pub(crate) fn waiting(&self) -> usize {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Gives the chunks begun since the last call. Their list keeps its memory: threads that begin chunks
    /// allocate nothing.
    pub(crate) fn take_begun(&self, mut take: impl FnMut(&'static Chunk)) {
        self.begun.lock().drain(..).for_each(&mut take);
    }

    /// Has a chunk read as far as it is published. Says whether that was its end: then it is used again, and its reader leaves
    /// it. Only the reader calls this.
    pub(crate) fn read(&self, chunk: &'static Chunk, read: impl FnOnce(usize)) -> bool {
        // Asked first: what is published after a yes is all there will be.
        let closed = chunk.is_closed();
        read(chunk.published());
        if closed {
            self.backlog.fetch_sub(1, Ordering::Relaxed);
            // Before others find it.
            chunk.reset();
            self.free.lock().push(chunk);
        }
        closed
    }
}
