//! A piece of memory that one thread fills with frames while another reads what is finished.
//!
//! The words are atomics, stored and loaded relaxed, which on today's processors are plain moves; the
//! length is published with Release and read with Acquire. So the writer never waits, a reader sees
//! whole frames only, and no unsafe code is needed for that. `tests/loom` runs this file under loom.

use super::sync::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// So many words ahead: sixteen cache lines, some sixteen spans. With 8 lines or 32 it costs the same.
#[cfg(all(target_arch = "x86_64", not(miri)))]
const AHEAD: usize = 128;

/// The words of a cache line.
const LINE: usize = 8;

/// Words that are written once, front to back, by one thread at a time.
pub(crate) struct Chunk {
    words: Box<[AtomicU64]>,
    /// How many words are published.
    len: AtomicUsize,
    /// Whether the writer has left it.
    closed: AtomicBool,
}

impl Chunk {
    pub(crate) fn new(words: usize) -> Chunk {
        Chunk {
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
            len: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// Writes one frame at `at`, the writer's own count of words, and publishes it. `None`, and
    /// nothing written, when it does not fit; else the new count. Only the chunk's writer calls this.
    #[inline]
    pub(crate) fn append<const N: usize>(&self, at: usize, frame: [u64; N]) -> Option<usize> {
        let words = self.words.get(at..)?.first_chunk::<N>()?;
        for (word, value) in words.iter().zip(frame) {
            word.store(value, Ordering::Relaxed);
        }
        self.ask_for_lines_behind(at);
        self.len.store(at + N, Ordering::Release);
        Some(at + N)
    }

    /// Like [`append`](Chunk::append), with bytes behind the frame's head.
    #[inline]
    pub(crate) fn append_bytes<const N: usize>(
        &self,
        at: usize,
        head: [u64; N],
        bytes: &[u8],
    ) -> Option<usize> {
        let (whole, rest) = bytes.as_chunks();
        // A copy of so few bytes, of a length that is not known, costs a call.
        let last = (!rest.is_empty()).then(|| match bytes.last_chunk() {
            // With what stands before them, which is shifted out.
            Some(bytes) => u64::from_le_bytes(*bytes) >> (8 * (8 - rest.len())),
            None => few_bytes(rest),
        });
        self.append_words(at, head, whole, last)
    }

    /// The same with bytes that fill whole words, and maybe one more.
    #[inline]
    pub(crate) fn append_words<const N: usize>(
        &self,
        at: usize,
        head: [u64; N],
        words: &[[u8; 8]],
        last: Option<u64>,
    ) -> Option<usize> {
        let end = at + N + words.len() + usize::from(last.is_some());
        let (head_places, places) = self.words.get(at..end)?.split_at(N);
        for (place, value) in head_places.iter().zip(head) {
            place.store(value, Ordering::Relaxed);
        }
        let (lines, few) = words.as_chunks::<LINE>();
        let (line_places, few_places) = places.split_at(lines.len() * LINE);
        let line_places = line_places.as_chunks::<LINE>().0;
        for (number, (places, line)) in line_places.iter().zip(lines).enumerate() {
            for (place, word) in places.iter().zip(line) {
                place.store(u64::from_le_bytes(*word), Ordering::Relaxed);
            }
            self.ask_for_lines_behind(at + number * LINE);
        }
        for (place, word) in few_places.iter().zip(few) {
            place.store(u64::from_le_bytes(*word), Ordering::Relaxed);
        }
        if let (Some(value), Some(place)) = (last, few_places.get(few.len())) {
            place.store(value, Ordering::Relaxed);
        }
        self.ask_for_lines_behind(end);
        self.len.store(end, Ordering::Release);
        Some(end)
    }

    /// Asks for a cache line that will be written soon. A chunk that is used again was read by another thread last, and its
    /// lines are in that one's cache: the store buffer fills up behind writes that wait for them.
    #[inline]
    fn ask_for_lines_behind(&self, at: usize) {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        if let Some(word) = self.words.get(at + AHEAD) {
            #[allow(
                unsafe_code,
                reason = "a quarter of a span's time: docs/performance.md"
            )]
            // SAFETY: the instruction is a hint: it reads and writes nothing that a program can see, at any address, and
            // processors that do not know it pass over it.
            unsafe {
                std::arch::asm!(
                    "prefetchw [{}]",
                    in(reg) std::ptr::from_ref(word),
                    options(nostack, preserves_flags, readonly),
                );
            }
        }
        #[cfg(not(all(target_arch = "x86_64", not(miri))))]
        let _ = at;
    }

    /// The writer leaves; what is published stays to be read.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the writer had left. Asked before [`published`](Chunk::published), a yes means that
    /// what is published then is all there will be.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// How many words are published.
    pub(crate) fn published(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// A published word; 0 beyond the end.
    pub(crate) fn word(&self, at: usize) -> u64 {
        self.words
            .get(at)
            .map_or(0, |word| word.load(Ordering::Relaxed))
    }

    /// The `len` bytes that start at word `at`.
    pub(crate) fn bytes(&self, at: usize, len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (at..at + len.div_ceil(8))
            .flat_map(|at| self.word(at).to_le_bytes())
            .collect();
        bytes.truncate(len);
        bytes
    }

    /// Empties it for a new writer. Only its reader calls this, when it is closed and read to its end.
    pub(crate) fn reset(&self) {
        self.len.store(0, Ordering::Relaxed);
        self.closed.store(false, Ordering::Relaxed);
    }
}

/// At most eight bytes as a number whose lowest byte is the first. Of more than eight it makes no sense.
#[inline(always)]
pub(crate) fn few_bytes(bytes: &[u8]) -> u64 {
    let len = bytes.len() as u32;
    // The halves may overlap; where they do they have the same bits.
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
        first | last.unbounded_shl(8 * (len - 4))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u16::from_le_bytes(*half)));
        first | last.unbounded_shl(8 * (len - 2))
    } else {
        bytes.first().map_or(0, |&byte| byte.into())
    }
}
