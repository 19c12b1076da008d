//! What is known after how many readings of the lines. `tests/loom` runs this file under loom.
//!
//! What happened before a frame was published before it, but maybe into a chunk that the same reading had passed already.

/// The readings are numbered, from 1 on.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    now: u64,
    /// The reading that met an end last.
    last_end: u64,
}

impl Readings {
    /// The number of the reading under way, or of the last.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// The next one begins, and is later than that one.
    pub(crate) fn begin(&mut self, after: u64) {
        self.now = self.now.max(after) + 1;
    }

    /// The reading under way meets an end.
    pub(crate) fn met_end(&mut self) {
        self.last_end = self.now;
    }

    /// Whether everything is here that happened before the end of a root that was met then: one reading later for the ends of the
    /// children that were joined before, one more for their values.
    pub(crate) fn has_all_before(&self, met: u64) -> bool {
        met + 2 <= self.now
    }

    /// Whether that holds for every end that was met.
    pub(crate) fn is_settled(&self) -> bool {
        self.has_all_before(self.last_end)
    }
}
