//! What nobody delivers, taken over by hand.

use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::aside::Aside;
use crate::codec::Codec;
use crate::folder::{Folder, Tools};
use crate::format::Head;
use crate::held::{self, Held};
use crate::{Block, Losses, SpoolError, Ticket};

/// A folder that its process left, or refused records, taken over by [`Entry::take`](crate::Entry::take). What is not settled
/// stays where it is. Age does not matter here.
pub struct Leftover {
    folder: Folder,
    aside: Aside,
    codec: Codec,
    losses: Losses,
}

impl Leftover {
    pub(crate) fn left(held: Held, now: SystemTime) -> Leftover {
        let aside = Aside::beside(held.path());
        let mut losses = Losses::default();
        Leftover {
            folder: held.survey(0, &aside, &mut losses, now),
            aside,
            codec: Codec::default(),
            losses,
        }
    }

    /// Nobody holds these: sending them twice does no harm.
    pub(crate) fn refused(path: &Path, files: &[String], now: SystemTime) -> Leftover {
        let aside = Aside::beside(path);
        let mut losses = Losses::default();
        let mut folder = Folder::new(0, path.to_owned(), None);
        for (number, name) in (1..).zip(files) {
            folder.add(number, path.join(name), &aside, &mut losses, now);
        }
        Leftover {
            folder,
            aside,
            codec: Codec::default(),
            losses,
        }
    }

    /// The oldest block that is not given out.
    pub fn next(&mut self, now: SystemTime) -> Option<Block> {
        let mut tools = Tools {
            codec: &mut self.codec,
            losses: &mut self.losses,
            aside: &self.aside,
            now,
            max_age: Duration::MAX,
        };
        let (ticket, records) = self.folder.next(&mut tools)?;
        Some(Block {
            ticket,
            records,
            own: false,
        })
    }

    /// The block's records are delivered, or given up.
    pub fn settle(&mut self, ticket: Ticket) {
        self.folder.settle(&ticket);
    }

    /// The block's records wait again.
    pub fn put_back(&mut self, ticket: Ticket) {
        self.folder.put_back(&ticket);
    }

    /// The block's records were refused, and are kept aside with the reason. After an error they stay where they are.
    pub fn set_aside(
        &mut self,
        ticket: Ticket,
        reason: &str,
        now: SystemTime,
    ) -> Result<(), SpoolError> {
        let (head, block) = self.folder.raw(&ticket)?;
        let head = Head::refused(head, reason);
        self.aside.keep_refused(&head, &block, now)?;
        self.settle(ticket);
        Ok(())
    }

    /// Some of a block's records were refused, and are kept aside with the reason. The block is still to be settled.
    pub fn keep_refused(
        &mut self,
        ticket: &Ticket,
        records: &[Bytes],
        reason: &str,
        now: SystemTime,
    ) -> Result<(), SpoolError> {
        let (head, _) = self.folder.raw(ticket)?;
        let block = self.codec.encode(records, now)?;
        let head = Head::refused(head, reason);
        Ok(self.aside.keep_refused(&head, &block, now)?)
    }

    /// What could not be read since this was last asked.
    pub fn take_losses(&mut self) -> Losses {
        std::mem::take(&mut self.losses)
    }
}

impl Drop for Leftover {
    /// Removes the folder if nothing is left in it.
    fn drop(&mut self) {
        if self.folder.segments.is_empty() {
            held::remove(&self.folder.path);
        }
    }
}
