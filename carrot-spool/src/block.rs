//! What a spool gives, and what it counts.

use bytes::Bytes;

/// A block of records that wait.
#[derive(Debug)]
#[must_use = "it is not given again until it is put back"]
pub struct Block {
    /// What it is settled, put back or set aside by.
    pub ticket: Ticket,
    /// Each is one JSON text.
    pub records: Vec<Bytes>,
    /// Whether this process wrote them.
    pub own: bool,
}

/// Which block; to be given back once it is known what became of it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the block is not given again until its ticket is put back"]
pub struct Ticket {
    pub(crate) folder: u32,
    pub(crate) segment: u64,
    pub(crate) at: u64,
    pub(crate) records: u32,
    /// Whether this process wrote it.
    pub(crate) own: bool,
}

/// How much waits, given out or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Records that this process wrote.
    pub own: u64,
    /// Records that it took over.
    pub adopted: u64,
    /// Bytes on disk of both.
    pub bytes: u64,
    /// Segments that a newer Carrot left, when it was last looked for: they are left alone.
    pub newer_segments: u64,
}

/// What is lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Records that were older than the limit.
    pub too_old: u64,
    /// Records that were dropped for newer ones, for the limit of size.
    pub too_many: u64,
    /// Records that could not be read.
    pub corrupt: u64,
    /// Damage of which the number of records is not known: one or more.
    pub corrupt_blocks: u64,
}

impl Losses {
    /// Both together.
    pub(crate) fn and(self, other: Losses) -> Losses {
        Losses {
            too_old: self.too_old + other.too_old,
            too_many: self.too_many + other.too_many,
            corrupt: self.corrupt + other.corrupt,
            corrupt_blocks: self.corrupt_blocks + other.corrupt_blocks,
        }
    }

    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        *self == Losses::default()
    }
}
