//! The segments of a writer's folder that this process holds: its own, or one that was left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::aside::Aside;
use crate::codec::Codec;
use crate::format::{BlockHead, Head, micros};
use crate::segment::{self, Found, Reading, Segment, Surveyed};
use crate::{Fingerprint, Losses, Ticket, files, held, names};

/// What reading needs beside the folder.
pub(crate) struct Tools<'a> {
    pub(crate) codec: &'a mut Codec,
    pub(crate) losses: &'a mut Losses,
    pub(crate) aside: &'a Aside,
    pub(crate) now: SystemTime,
    pub(crate) max_age: Duration,
}

impl Tools<'_> {
    /// A time that is still to come is not old: the clock was set back.
    fn is_too_old(&self, written: SystemTime) -> bool {
        let age = self.now.duration_since(written).unwrap_or_default();
        age > self.max_age
    }
}

pub(crate) struct Folder {
    pub(crate) id: u32,
    /// Whether this process wrote it.
    pub(crate) is_own: bool,
    pub(crate) path: PathBuf,
    /// Held for as long as the folder is.
    _lock: Option<File>,
    pub(crate) segments: BTreeMap<u64, Segment>,
    /// Whose they are, as the segments say.
    heads: BTreeMap<u64, Head>,
    /// Blocks that were put back: segment and place.
    returned: BTreeSet<(u64, u64)>,
    /// Blocks that were given out before reading came to them, or settled since: it passes them over.
    lent: BTreeSet<(u64, u64)>,
    reading: Reading,
    /// Segments that a newer Carrot wrote.
    pub(crate) newer: u64,
}

/// What one look at a folder brought.
enum Step {
    Given(Ticket, Vec<Bytes>),
    GoOn,
    /// Nothing can be read now.
    Stuck,
}

impl Folder {
    pub(crate) fn new(id: u32, path: PathBuf, lock: Option<File>) -> Folder {
        Folder {
            id,
            is_own: false,
            path,
            _lock: lock,
            segments: BTreeMap::new(),
            heads: BTreeMap::new(),
            returned: BTreeSet::new(),
            lent: BTreeSet::new(),
            reading: Reading::default(),
            newer: 0,
        }
    }

    pub(crate) fn of_this_process(self) -> Folder {
        Folder {
            is_own: true,
            ..self
        }
    }

    /// Looks at a file that may be a segment.
    pub(crate) fn add(
        &mut self,
        number: u64,
        path: PathBuf,
        aside: &Aside,
        losses: &mut Losses,
        now: SystemTime,
    ) {
        match Segment::survey(&path) {
            Ok(Surveyed::Segment(head, segment)) => {
                self.heads.insert(number, *head);
                self.segments.insert(number, segment);
            }
            Ok(Surveyed::Newer) => self.newer += 1,
            Ok(Surveyed::Damaged) => {
                losses.corrupt_blocks += 1;
                aside.move_damaged(&path, now);
            }
            // It is not ours to read, or not now.
            Err(_) => {}
        }
    }

    /// The oldest block that is not given out.
    pub(crate) fn next(&mut self, tools: &mut Tools<'_>) -> Option<(Ticket, Vec<Bytes>)> {
        loop {
            let place = self
                .returned
                .first()
                .map(|(number, at)| (*number, *at, true));
            let (number, at, again) = place.or_else(|| {
                let mut unread = self.segments.iter().filter(|(_, it)| it.cursor < it.end);
                unread
                    .next()
                    .map(|(number, it)| (*number, it.cursor, false))
            })?;
            match self.step(number, at, again, tools) {
                Step::Given(ticket, records) => return Some((ticket, records)),
                Step::GoOn => self.sweep(),
                Step::Stuck => return None,
            }
        }
    }

    fn step(&mut self, number: u64, at: u64, again: bool, tools: &mut Tools<'_>) -> Step {
        let Some(segment) = self.segments.get_mut(&number) else {
            self.returned.remove(&(number, at));
            return Step::GoOn;
        };
        let file = match self.reading.file(number, &segment.path) {
            Ok(file) => file,
            Err(error) if files::is_missing(&error) => {
                tools.losses.corrupt += segment.unread + segment.returned;
                self.forget(number);
                return Step::GoOn;
            }
            Err(_) => return Step::Stuck,
        };
        // What cannot be read is as good as damaged.
        let found = segment::find(file, at, segment.end).unwrap_or(Found::Damaged);
        let Found::Block(block) = found else {
            if let Found::Damaged = found {
                let length = segment.end.saturating_sub(at);
                tools
                    .aside
                    .keep_damaged(file, at, length, self.heads.get(&number), tools.now);
            }
            match found {
                Found::Torn(Some(records)) => tools.losses.corrupt += u64::from(records),
                Found::End => {}
                // Those of the survey were readable then.
                _ if segment.unread > 0 => tools.losses.corrupt += segment.unread,
                _ => tools.losses.corrupt_blocks += 1,
            }
            self.pass_rest(number, at, again);
            return Step::GoOn;
        };
        if !again && self.lent.remove(&(number, at)) {
            segment.cursor = at.saturating_add(block.length());
            return Step::GoOn;
        }
        let records = if tools.is_too_old(block.written()) {
            tools.losses.too_old += u64::from(block.count);
            None
        } else {
            let records = segment::payload(file, at, &block)
                .and_then(|payload| tools.codec.decode(&block, &payload))
                .unwrap_or_default();
            if records.is_none() {
                tools.losses.corrupt += u64::from(block.count);
                tools.aside.keep_damaged(
                    file,
                    at,
                    block.length(),
                    self.heads.get(&number),
                    tools.now,
                );
            }
            records
        };
        self.pass(number, at, again, &block);
        let Some(records) = records else {
            return Step::GoOn;
        };
        if let Some(segment) = self.segments.get_mut(&number) {
            segment.given += u64::from(block.count);
        }
        let ticket = Ticket {
            folder: self.id,
            segment: number,
            at,
            records: block.count,
            own: self.is_own,
        };
        Step::Given(ticket, records)
    }

    /// A block was read.
    fn pass(&mut self, number: u64, at: u64, again: bool, block: &BlockHead) {
        let Some(segment) = self.segments.get_mut(&number) else {
            return;
        };
        let records = u64::from(block.count);
        if again {
            self.returned.remove(&(number, at));
            segment.returned = segment.returned.saturating_sub(records);
        } else {
            segment.cursor = at.saturating_add(block.length());
            segment.unread = segment.unread.saturating_sub(records);
        }
    }

    /// Nothing from here on can be read.
    fn pass_rest(&mut self, number: u64, at: u64, again: bool) {
        let Some(segment) = self.segments.get_mut(&number) else {
            return;
        };
        segment.cursor = segment.end;
        segment.unread = 0;
        if again {
            let from = (number, at);
            self.returned
                .retain(|place| place.0 != number || *place < from);
            // How many records the blocks before it have is not known any more; they are counted as they are given.
            if self
                .returned
                .range((number, 0)..=(number, u64::MAX))
                .next()
                .is_none()
            {
                segment.returned = 0;
            }
        }
    }

    /// A block is given out by whom it was written, before reading came to it; false if its segment is gone.
    pub(crate) fn lend(&mut self, ticket: &Ticket) -> bool {
        let Some(segment) = self.segments.get_mut(&ticket.segment) else {
            return false;
        };
        segment.unread = segment.unread.saturating_sub(ticket.records.into());
        segment.given += u64::from(ticket.records);
        self.lent.insert((ticket.segment, ticket.at));
        self.pass_lent(ticket.segment);
        true
    }

    /// Where none but such blocks are left to read, there is nothing to read.
    fn pass_lent(&mut self, number: u64) {
        let has_lent = { self.lent.range((number, 0)..=(number, u64::MAX)) }
            .next()
            .is_some();
        if let Some(segment) = self.segments.get_mut(&number)
            && has_lent
            && segment.unread == 0
        {
            segment.cursor = segment.end;
            self.lent.retain(|(segment, _)| *segment != number);
        }
    }

    /// A block's records are delivered, or given up.
    pub(crate) fn settle(&mut self, ticket: &Ticket) {
        if let Some(segment) = self.segments.get_mut(&ticket.segment) {
            segment.given = segment.given.saturating_sub(ticket.records.into());
        }
        self.pass_lent(ticket.segment);
        self.sweep();
    }

    /// A block is to be given again; false if its segment is gone.
    pub(crate) fn put_back(&mut self, ticket: &Ticket) -> bool {
        let Some(segment) = self.segments.get_mut(&ticket.segment) else {
            return false;
        };
        segment.given = segment.given.saturating_sub(ticket.records.into());
        segment.returned += u64::from(ticket.records);
        self.returned.insert((ticket.segment, ticket.at))
    }

    /// The block of a ticket as it lies in its segment, and whose it is.
    pub(crate) fn raw(&mut self, ticket: &Ticket) -> io::Result<(Head, Vec<u8>)> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let segment = self.segments.get(&ticket.segment).ok_or_else(missing)?;
        let head = self.heads.get(&ticket.segment).ok_or_else(missing)?;
        let file = self.reading.file(ticket.segment, &segment.path)?;
        let Found::Block(block) = segment::find(file, ticket.at, segment.end)? else {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        };
        let payload = segment::payload(file, ticket.at, &block)?;
        Ok((head.clone(), [&block.encode()[..], &payload].concat()))
    }

    /// A segment that this process begins.
    pub(crate) fn begin(&mut self, number: u64, head: Head, segment: Segment) {
        self.heads.insert(number, head);
        self.segments.insert(number, segment);
    }

    /// Drops a segment, whatever is in it, and gives the bytes that are free by that. What was given out is with who has it.
    pub(crate) fn evict(&mut self, number: u64) -> io::Result<(u64, u64)> {
        let Some(segment) = self.segments.get(&number) else {
            return Ok((0, 0));
        };
        match fs::remove_file(&segment.path) {
            Err(error) if !files::is_missing(&error) => return Err(error),
            _ => {}
        }
        let freed = (segment.end, segment.unread + segment.returned);
        self.forget(number);
        Ok(freed)
    }

    fn forget(&mut self, number: u64) {
        self.reading.close(number);
        self.segments.remove(&number);
        self.heads.remove(&number);
        self.returned.retain(|(segment, _)| *segment != number);
        self.lent.retain(|(segment, _)| *segment != number);
    }

    /// Deletes the segments of which nothing is left to do.
    pub(crate) fn sweep(&mut self) {
        let done = self
            .segments
            .iter()
            .filter(|(_, segment)| segment.is_done());
        let done: Vec<u64> = done.map(|(number, _)| *number).collect();
        for number in done {
            // A segment that cannot be deleted is tried again.
            let _ = self.evict(number);
        }
    }

    /// Drops the segments that hold nothing newer, and gives the number of their records.
    pub(crate) fn drop_older(&mut self, than: SystemTime) -> u64 {
        let than = micros(than);
        let old = self.segments.iter();
        let old =
            old.filter(|(_, it)| it.newest < than && it.given == 0 && it.unread + it.returned > 0);
        let old: Vec<u64> = old.map(|(number, _)| *number).collect();
        let dropped = old.into_iter().filter_map(|number| self.evict(number).ok());
        dropped.map(|(_, records)| records).sum()
    }

    /// Records that were not settled.
    pub(crate) fn records(&self) -> u64 {
        self.segments.values().map(Segment::records).sum()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.segments.values().map(|segment| segment.end).sum()
    }

    /// The time of the oldest segment that has something to give, in microseconds since 1970.
    pub(crate) fn oldest_to_give(&self) -> Option<u64> {
        let returned = self.returned.first().map(|(number, _)| *number);
        let gives =
            |(number, it): &(&u64, &Segment)| it.cursor < it.end || returned == Some(**number);
        self.segments.iter().find(gives).map(|(_, it)| it.oldest)
    }

    /// The segment that is dropped first: its time and number.
    pub(crate) fn oldest(&self) -> Option<(u64, u64)> {
        self.segments
            .iter()
            .next()
            .map(|(number, it)| (it.oldest, *number))
    }

    /// Whether its records were to go out under this key.
    pub(crate) fn is_of_key(&self, key: Option<&Fingerprint>) -> bool {
        let mut heads = self.heads.values();
        heads.any(|head| head.key.as_ref() == key)
    }

    /// Notes on disk whether the destination refused the key.
    pub(crate) fn note_key(&self, refused: bool) -> io::Result<()> {
        let path = self.path.join(names::KEY_REFUSED);
        let noted = if refused {
            files::create(&path).map(drop)
        } else {
            fs::remove_file(&path)
        };
        match noted {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
                ) =>
            {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Removes the folder if nothing is left in it. A folder with a newer Carrot's segments stays.
    pub(crate) fn close(self) {
        if self.segments.is_empty() {
            held::remove(&self.path);
        }
    }
}
