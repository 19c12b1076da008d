//! Where a lane's records wait when memory is not the place: the disk spool, if there is one.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use carrot_spool::{Block, Losses, Spool, SpoolError, Ticket};

use crate::report::{self, Counts};
use crate::warn;

/// Appended records are synced to the disk this often at least.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// What processes that are gone have left is looked for this often.
const ADOPT_EVERY: Duration = Duration::from_secs(60);
/// A disk that could not be written is tried again after this.
const REST: Duration = Duration::from_secs(10);

/// The lane's spool, and its times.
pub(in crate::export) struct Store {
    spool: Option<Spool>,
    /// For warnings.
    root: PathBuf,
    /// Since when something was appended that is not synced.
    unsynced: Option<Instant>,
    adopted: Option<Instant>,
    /// The disk could not be written; until when to leave it alone.
    resting: Option<Instant>,
}

impl Store {
    pub(in crate::export) fn new(spool: Option<(PathBuf, Spool)>) -> Store {
        let (root, spool) = spool.unzip();
        Store {
            spool,
            root: root.unwrap_or_default(),
            unsynced: None,
            adopted: None,
            resting: None,
        }
    }

    /// Whether records can be appended, as far as one knows.
    pub(super) fn takes(&self, now: Instant) -> bool {
        self.spool.is_some() && self.resting.is_none_or(|until| now >= until)
    }

    /// Appends one batch; says whether it is written. What is not stays with the caller.
    #[must_use]
    pub(super) fn append(&mut self, records: &[Bytes], now: Instant) -> bool {
        let append = |spool: &mut Spool| spool.append(records, SystemTime::now());
        self.write(append, now).is_some()
    }

    /// Appends one batch that is on its way already, as a block that is given out; `None` if it is not written.
    #[must_use]
    pub(super) fn append_given(&mut self, records: &[Bytes], now: Instant) -> Option<Ticket> {
        let append = |spool: &mut Spool| spool.append_given(records, SystemTime::now());
        self.write(append, now)
    }

    fn write<T>(
        &mut self,
        append: impl FnOnce(&mut Spool) -> Result<T, SpoolError>,
        now: Instant,
    ) -> Option<T> {
        if !self.takes(now) {
            return None;
        }
        match append(self.spool.as_mut()?) {
            Ok(written) => {
                self.resting = None;
                self.unsynced.get_or_insert(now);
                Some(written)
            }
            Err(error) => {
                self.resting = Some(now + REST);
                let root = self.root.display();
                warn::warn_once(
                    "spool",
                    &format!(
                        "the spool {root} cannot be written ({error}): what waits stays in memory"
                    ),
                );
                None
            }
        }
    }

    /// Has what was appended on the disk.
    pub(super) fn sync(&mut self) {
        if self.unsynced.take().is_some()
            && let Some(spool) = &mut self.spool
        {
            // An error here means that the disk fails; the next append will say so.
            let _ = spool.sync();
        }
    }

    /// Does what is to be done from time to time; `adopts` where somebody is there to deliver to.
    pub(super) fn tend(&mut self, adopts: bool, now: Instant) {
        if self
            .unsynced
            .is_some_and(|since| now.duration_since(since) >= SYNC_EVERY)
        {
            self.sync();
        }
        let due = |last: Instant| now.duration_since(last) >= ADOPT_EVERY;
        if adopts && (self.adopted.is_none_or(due) || self.left_some()) {
            self.adopt(now);
        }
    }

    /// Takes over what processes that are gone have left.
    pub(in crate::export) fn adopt(&mut self, now: Instant) {
        self.adopted = Some(now);
        if let Some(spool) = &mut self.spool {
            // A folder that cannot be read is left to `carrot spool ls`, which says why.
            let _ = spool.adopt(SystemTime::now());
        }
    }

    /// Whether there is more to take over than was, and room for it.
    pub(super) fn left_some(&self) -> bool {
        self.spool.as_ref().is_some_and(Spool::left_some)
    }

    /// The oldest block that is not on its way.
    pub(super) fn next(&mut self) -> Option<Block> {
        self.spool.as_mut()?.next(SystemTime::now())
    }

    /// Whether [`next`](Store::next) may have something.
    pub(super) fn has_unsent(&self) -> bool {
        self.spool.as_ref().is_some_and(Spool::has_unsent)
    }

    pub(super) fn settle(&mut self, ticket: Ticket) {
        if let Some(spool) = &mut self.spool {
            spool.settle(ticket);
        }
    }

    pub(super) fn put_back(&mut self, ticket: Ticket) {
        if let Some(spool) = &mut self.spool {
            spool.put_back(ticket);
        }
    }

    /// Keeps a block aside that the destination will not have.
    pub(super) fn set_aside(&mut self, ticket: Ticket, why: &str) {
        if let Some(spool) = &mut self.spool {
            // They are counted as lost in any case.
            let _ = spool.set_aside(ticket, why, SystemTime::now());
        }
    }

    /// Keeps records aside that were refused and never in the spool.
    pub(super) fn keep_refused(&mut self, records: &[Bytes], why: &str) {
        if let Some(spool) = &mut self.spool {
            // They are counted as lost in any case.
            let _ = spool.keep_refused(records, why, SystemTime::now());
        }
    }

    /// The destination refused the key, or takes it: what waits under a refused one may go out under another.
    pub(super) fn note_key(&mut self, is_refused: bool) {
        if let Some(spool) = &mut self.spool {
            // What cannot be noted is delivered under the same key alone.
            let _ = if is_refused {
                spool.mark_key_refused()
            } else {
                spool.mark_key_taken()
            };
        }
    }

    /// How many records of this process wait here.
    pub(super) fn own(&self) -> u64 {
        self.spool.as_ref().map_or(0, |spool| spool.waiting().own)
    }

    /// How many records of earlier processes wait here.
    pub(super) fn adopted(&self) -> u64 {
        self.spool
            .as_ref()
            .map_or(0, |spool| spool.waiting().adopted)
    }

    /// Tells the counts what waits and what was lost.
    pub(super) fn publish(&mut self, counts: &Counts) {
        use std::sync::atomic::Ordering::Relaxed;

        let Some(spool) = &mut self.spool else {
            return;
        };
        let (own, others) = spool.take_losses_apart();
        let corrupt = |losses: &Losses| losses.corrupt + losses.corrupt_blocks;
        report::add(&counts.spool_full, own.too_many as usize);
        report::add(&counts.too_old, own.too_old as usize);
        report::add(&counts.corrupt, corrupt(&own) as usize);
        let adopted = &counts.adopted_lost;
        report::add(&adopted.spool_full, others.too_many as usize);
        report::add(&adopted.too_old, others.too_old as usize);
        report::add(&adopted.corrupt, corrupt(&others) as usize);
        let waiting = spool.waiting();
        counts.spooled.store(waiting.own, Relaxed);
        counts.spooled_bytes.store(waiting.bytes, Relaxed);
        if own.too_many + others.too_many > 0 {
            warn::warn_once(
                "spool full",
                "the spool has reached its size: its oldest traces make room (CARROT_SPOOL_MAX_BYTES)",
            );
        }
        if corrupt(&own) + corrupt(&others) > 0 {
            let root = self.root.display();
            warn::warn_once(
                "spool corrupt",
                &format!(
                    "a file of the spool {root} is damaged: what can be read of it is delivered (`carrot spool ls`)"
                ),
            );
        }
    }
}
