//! Chunks that go round: every frame is read, once, whoever wrote into the chunk before.

use loom::sync::Arc;

use crate::chunk::Chunk;
use crate::model;
use crate::pool::Pool;
use crate::sync::{AtomicUsize, Lock, Ordering};

pub(crate) fn pool() -> Pool {
    Pool {
        free: Lock::new(Vec::new()),
        begun: Lock::new(Vec::new()),
        backlog: AtomicUsize::new(0),
    }
}

/// Reads the words of the chunks as the assembler does with their frames.
#[derive(Default)]
pub(crate) struct Lines {
    /// Each with how much of it was read.
    chunks: Vec<(&'static Chunk, usize)>,
}

impl Lines {
    /// One reading of all of them.
    pub(crate) fn read(&mut self, pool: &Pool, mut take: impl FnMut(u64)) {
        pool.take_begun(|chunk| self.chunks.push((chunk, 0)));
        self.chunks.retain_mut(|(chunk, at)| {
            let is_done = pool.read(chunk, |published| {
                while *at < published {
                    take(chunk.word(*at));
                    *at += 1;
                }
            });
            !is_done
        });
    }
}

/// A thread that writes these, a word each, into a chunk of its own, and leaves it.
fn write(pool: &Pool, words: &[u64]) {
    let chunk = pool.begin(2);
    let mut at = 0;
    for &word in words {
        at = chunk.append(at, [word]).unwrap();
    }
    pool.close(chunk);
}

#[test]
fn a_chunk_goes_round_while_its_writer_goes_on() {
    model(5, || {
        let pool = Arc::new(pool());
        let writer = {
            let pool = pool.clone();
            loom::thread::spawn(move || {
                write(&pool, &[1, 2]);
                write(&pool, &[3]);
            })
        };
        let (mut lines, mut read) = (Lines::default(), Vec::new());
        lines.read(&pool, |word| read.push(word));
        lines.read(&pool, |word| read.push(word));
        writer.join().unwrap();
        lines.read(&pool, |word| read.push(word));
        assert_eq!(read, [1, 2, 3]);
        assert_all_free(&pool, lines);
    });
}

#[test]
fn a_chunk_goes_from_one_writer_to_another() {
    model(3, || {
        let pool = Arc::new(pool());
        let writers = [[1, 2], [3, 4]].map(|words| {
            let pool = pool.clone();
            loom::thread::spawn(move || write(&pool, &words))
        });
        let (mut lines, mut read) = (Lines::default(), Vec::new());
        lines.read(&pool, |word| read.push(word));
        for writer in writers {
            writer.join().unwrap();
        }
        lines.read(&pool, |word| read.push(word));
        // Those of each in their order, whatever is between them.
        for words in [[1, 2], [3, 4]] {
            let of_one = read.iter().filter(|word| words.contains(word));
            assert!(of_one.eq(&words), "{read:?}");
        }
        assert_eq!(read.len(), 4);
        assert_all_free(&pool, lines);
    });
}

/// Nothing is left to be read, and no chunk is free twice.
fn assert_all_free(pool: &Pool, lines: Lines) {
    assert!(lines.chunks.is_empty());
    assert_eq!(pool.backlog.load(Ordering::Relaxed), 0);
    let free = pool.free.lock();
    let free = free.iter().map(|chunk| std::ptr::from_ref(*chunk));
    let mut free: Vec<*const Chunk> = free.collect();
    let all = free.len();
    free.sort_unstable();
    free.dedup();
    assert_eq!(free.len(), all);
}
