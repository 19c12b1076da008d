//! Reads the frames of a chunk back.

use carrot_wire::{SpanId, Status, TraceId};

use super::chunk::Chunk;
use super::frame::{
    BOXED, END, End, ITS_END, ITS_VALUE, Key, ROOT, START, STATUS, STATUS_BITS, Said, Slot, Start,
    TRUNCATED, Truncated, UNUSED, VALUE,
};

/// A frame read back.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Start(Key, Start),
    End(Key, End),
    Value(Key, Said, Vec<u8>, Truncated),
    /// The number under which a large or active value waits in the registry.
    Boxed(Key, Said, u64, Truncated),
}

/// How far a chunk was read.
pub(crate) struct Reader<'a> {
    chunk: &'a Chunk,
    at: usize,
    /// The last start that was read.
    last: Option<(Key, Start)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(chunk: &'a Chunk) -> Reader<'a> {
        Reader {
            chunk,
            at: 0,
            last: None,
        }
    }

    pub(crate) fn chunk(&self) -> &'a Chunk {
        self.chunk
    }

    /// The next of the frames that were published when they were so many words.
    pub(crate) fn next(&mut self, published: usize) -> Option<Frame> {
        if self.at >= published {
            return None;
        }
        let (frame, words) = self.read()?;
        self.at += words;
        if let Frame::Start(key, start) = frame {
            self.last = Some((key, start));
        }
        Some(frame)
    }

    /// The frame at hand and its length in words. `None` where there is none, which in a published
    /// prefix does not happen.
    fn read(&self) -> Option<(Frame, usize)> {
        let word = |offset: usize| self.chunk.word(self.at + offset);
        let head = word(0);
        let (kind, words, number) = (
            head & 0xff,
            (head >> 8 & 0xff_ffff) as usize,
            (head >> 32) as u32,
        );
        let flags = || (word(4) >> 32) as u32;
        let key = || Key {
            trace: TraceId((u128::from(word(1)) << 64) | u128::from(word(2))),
            span: SpanId(word(3)),
            client: word(4) as u32,
            flags: flags() & !(ROOT | STATUS_BITS),
        };
        let start = || Start {
            site: number,
            parent: SpanId(word(5)),
            root: flags() & ROOT != 0,
            ticks: word(6),
        };
        let slot = || Slot::ALL.get((number & 0xff) as usize).copied();
        let said = |at| slot().map(|slot| Said { slot, at });
        let bytes = |offset, len| self.chunk.bytes(self.at + offset, len);
        let truncated = number & TRUNCATED != 0;
        let frame = match kind {
            START => Frame::Start(key(), start()),
            END => {
                let end = End {
                    start: start(),
                    ticks: word(7),
                    status: Status::from_code(((flags() & STATUS_BITS) >> STATUS) as u8)?,
                };
                Frame::End(key(), end)
            }
            VALUE => Frame::Value(key(), said(word(5))?, bytes(7, word(6) as usize), truncated),
            BOXED => Frame::Boxed(key(), said(word(5))?, word(6), truncated),
            ITS_VALUE => {
                let len = ((words - 1) * 8).checked_sub((number >> UNUSED) as usize)?;
                Frame::Value(self.last?.0, said(0)?, bytes(1, len), truncated)
            }
            ITS_END => {
                let (key, start) = self.last?;
                let end = End {
                    start,
                    ticks: word(1),
                    status: Status::from_code(number as u8)?,
                };
                Frame::End(key, end)
            }
            _ => return None,
        };
        Some((frame, words))
    }
}

#[cfg(test)]
mod tests;
