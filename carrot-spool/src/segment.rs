//! One segment of a folder: what is known of it, and how its blocks are found.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::files;
use crate::format::{BLOCK_HEAD, Begin, BlockHead, Head};

/// What stands at a place in a segment.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    Block(BlockHead),
    End,
    /// The last block was not written whole; so many records are lost, where that is known.
    Torn(Option<u32>),
    /// No head of a block: where the next one is, nobody knows.
    Damaged,
}

/// Looks at the place `at` of a segment that ends at `end`.
pub(crate) fn find(source: &mut (impl Read + Seek), at: u64, end: u64) -> io::Result<Found> {
    let left = end.saturating_sub(at);
    if left == 0 {
        return Ok(Found::End);
    }
    if left < BLOCK_HEAD as u64 {
        return Ok(Found::Torn(None));
    }
    source.seek(SeekFrom::Start(at))?;
    let mut bytes = [0; BLOCK_HEAD];
    source.read_exact(&mut bytes)?;
    Ok(match BlockHead::decode(&bytes) {
        None => Found::Damaged,
        Some(head) if head.length() > left => Found::Torn(Some(head.count)),
        Some(head) => Found::Block(head),
    })
}

/// The payload of the block at a place, as it lies there.
pub(crate) fn payload(
    source: &mut (impl Read + Seek),
    at: u64,
    head: &BlockHead,
) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(at.saturating_add(BLOCK_HEAD as u64)))?;
    let mut payload = vec![0; head.payload as usize];
    source.read_exact(&mut payload)?;
    Ok(payload)
}

/// A segment whose head could be read.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Where it ends.
    pub(crate) end: u64,
    /// Where the first block stands that was not read yet.
    pub(crate) cursor: u64,
    /// Records that were not read yet, as far as heads of blocks can be found.
    pub(crate) unread: u64,
    /// Records that were given out
    pub(crate) given: u64,
    /// and records that were put back.
    pub(crate) returned: u64,
    /// Times of the first and the newest block, in microseconds since 1970.
    pub(crate) oldest: u64,
    pub(crate) newest: u64,
}

/// What a file turned out to be.
pub(crate) enum Surveyed {
    Segment(Box<Head>, Segment),
    Newer,
    Damaged,
}

impl Segment {
    /// A segment with one block, which was just written.
    pub(crate) fn begun(path: PathBuf, cursor: u64) -> Segment {
        Segment {
            path,
            end: cursor,
            cursor,
            unread: 0,
            given: 0,
            returned: 0,
            oldest: u64::MAX,
            newest: 0,
        }
    }

    /// A block is there that was not before.
    pub(crate) fn grew(&mut self, length: u64, records: u64, time: u64) {
        self.end = self.end.saturating_add(length);
        self.unread = self.unread.saturating_add(records);
        self.oldest = self.oldest.min(time);
        self.newest = self.newest.max(time);
    }

    /// Reads the head of a file, and the heads of its blocks as far as they can be trusted.
    pub(crate) fn survey(path: &Path) -> io::Result<Surveyed> {
        let mut file = files::open(path)?;
        let length = file.metadata()?.len();
        let (head, begin) = match Head::read(&mut file)? {
            Begin::Head(head, begin) => (head, begin),
            Begin::Newer => return Ok(Surveyed::Newer),
            Begin::Damaged => return Ok(Surveyed::Damaged),
        };
        let mut segment = Segment::begun(path.to_owned(), begin);
        while let Found::Block(block) = find(&mut file, segment.end, length)? {
            segment.grew(block.length(), block.count.into(), block.time);
        }
        segment.end = length;
        Ok(Surveyed::Segment(head, segment))
    }

    /// Only the head of a file.
    pub(crate) fn head(path: &Path) -> io::Result<Begin> {
        Head::read(&mut files::open(path)?)
    }

    /// Records that were not settled.
    pub(crate) fn records(&self) -> u64 {
        self.unread + self.given + self.returned
    }

    /// Whether nothing of it is of use any more.
    pub(crate) fn is_done(&self) -> bool {
        self.cursor >= self.end && self.given + self.returned == 0
    }
}

/// The file of a segment that is read, kept open from one block to the next.
#[derive(Debug, Default)]
pub(crate) struct Reading(Option<(u64, File)>);

impl Reading {
    pub(crate) fn file(&mut self, number: u64, path: &Path) -> io::Result<&mut File> {
        if self.0.as_ref().is_none_or(|(open, _)| *open != number) {
            self.0 = Some((number, files::open(path)?));
        }
        match &mut self.0 {
            Some((_, file)) => Ok(file),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    pub(crate) fn close(&mut self, number: u64) {
        if self.0.as_ref().is_some_and(|(open, _)| *open == number) {
            self.0 = None;
        }
    }
}
