//! What values on the heap cost, so that bounds in bytes are what a process has of memory.

const WORD: usize = size_of::<usize>();

/// So many bytes: the allocator has a word beside them, and hands out pairs of words, two at the least.
pub(crate) const fn allocated(bytes: usize) -> usize {
    let cost = (bytes + WORD).next_multiple_of(2 * WORD);
    match bytes {
        0 => 0,
        _ if cost < 4 * WORD => 4 * WORD,
        _ => cost,
    }
}

/// So many bytes behind an `Arc`, which counts beside them.
pub(crate) const fn shared(bytes: usize) -> usize {
    allocated(bytes + 2 * WORD)
}
