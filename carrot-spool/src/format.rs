//! The bytes of a segment: a head that says whose records they are, then blocks.
//!
//! Numbers are little-endian. The head: magic (8 bytes), version (4), length of the JSON that follows (4), CRC-32 of those
//! sixteen bytes and of the JSON (4), the JSON. A block: length of the payload (4), its length before compression (4),
//! number of records (4), time in microseconds since 1970 (8), CRC-32 of the payload (4), CRC-32 of the block's head so far (4), the payload.

use std::io::{self, Read};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::settings::{Destination, Fingerprint};

const MAGIC: [u8; 8] = *b"carrotsp";
const VERSION: u32 = 1;
/// The head of a segment, before its JSON.
const FIXED: usize = 20;
/// Of the JSON of a head.
const MAX_JSON: u32 = 64 * 1024;
/// Letters of each text in a head: escaped, four of them and their names fit `MAX_JSON`.
const MAX_TEXT: usize = 2_000;

/// The head of a block.
pub(crate) const BLOCK_HEAD: usize = 28;
/// Of the records of a block, before compression.
pub(crate) const MAX_RAW: usize = 32 * 1024 * 1024;
/// Compression adds less than this to what cannot be compressed.
pub(crate) const MAX_PAYLOAD: usize = MAX_RAW + MAX_RAW / 128 + 1024;

/// What a segment says of its records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) program: String,
    pub(crate) to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Fingerprint>,
    /// Why they were refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What stands where a head should be.
#[derive(Debug, PartialEq)]
pub(crate) enum Begin {
    /// A head, and where the blocks begin.
    Head(Box<Head>, u64),
    /// Written by a newer Carrot.
    Newer,
    /// Not what was written, or not the whole of it.
    Damaged,
}

impl Head {
    pub(crate) fn new(destination: &Destination, reason: Option<&str>) -> Head {
        Head {
            program: cut(&destination.program),
            to: cut(&destination.to),
            project: destination.project.as_deref().map(cut),
            key: destination.key.clone(),
            reason: reason.map(cut),
        }
    }

    /// The same records, refused.
    pub(crate) fn refused(head: Head, reason: &str) -> Head {
        Head {
            reason: Some(cut(reason)),
            ..head
        }
    }

    pub(crate) fn encode(&self) -> io::Result<Vec<u8>> {
        let json = serde_json::to_vec(self)?;
        let mut head = Vec::with_capacity(FIXED + json.len());
        head.extend_from_slice(&MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&(json.len() as u32).to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        crc.update(&head);
        crc.update(&json);
        head.extend_from_slice(&crc.finalize().to_le_bytes());
        head.extend_from_slice(&json);
        Ok(head)
    }

    /// Reads a segment's first bytes.
    pub(crate) fn read(source: &mut impl Read) -> io::Result<Begin> {
        let mut fixed = Vec::with_capacity(FIXED);
        source.by_ref().take(FIXED as u64).read_to_end(&mut fixed)?;
        if fixed.len() < FIXED {
            return Ok(Begin::Damaged);
        }
        let [version, length, crc] = [8, 12, 16].map(|at| number(&fixed, at));
        if !fixed.starts_with(&MAGIC) {
            return Ok(Begin::Damaged);
        }
        if version > VERSION {
            return Ok(Begin::Newer);
        }
        if version == 0 || length > MAX_JSON {
            return Ok(Begin::Damaged);
        }
        let mut json = Vec::new();
        source.by_ref().take(length.into()).read_to_end(&mut json)?;
        if json.len() < length as usize {
            return Ok(Begin::Damaged);
        }
        let mut found = crc32fast::Hasher::new();
        found.update(fixed.get(..16).unwrap_or_default());
        found.update(&json);
        if found.finalize() != crc {
            return Ok(Begin::Damaged);
        }
        Ok(match serde_json::from_slice(&json) {
            Ok(head) => Begin::Head(Box::new(head), FIXED as u64 + u64::from(length)),
            Err(_) => Begin::Damaged,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BlockHead {
    pub(crate) payload: u32,
    pub(crate) raw: u32,
    pub(crate) count: u32,
    /// In microseconds since 1970.
    pub(crate) time: u64,
    /// Of the payload.
    pub(crate) crc: u32,
}

impl BlockHead {
    pub(crate) fn encode(&self) -> [u8; BLOCK_HEAD] {
        let mut head = [0; BLOCK_HEAD];
        let fields = [
            &self.payload.to_le_bytes()[..],
            &self.raw.to_le_bytes(),
            &self.count.to_le_bytes(),
            &self.time.to_le_bytes(),
            &self.crc.to_le_bytes(),
        ];
        let bytes = fields.into_iter().flatten();
        head.iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        let crc = crc32fast::hash(&head[..BLOCK_HEAD - 4]);
        head[BLOCK_HEAD - 4..].copy_from_slice(&crc.to_le_bytes());
        head
    }

    /// `None` if these are not the bytes that were written.
    pub(crate) fn decode(bytes: &[u8; BLOCK_HEAD]) -> Option<BlockHead> {
        let (fields, crc) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(fields) != u32::from_le_bytes(*crc) {
            return None;
        }
        let head = BlockHead {
            payload: number(bytes, 0),
            raw: number(bytes, 4),
            count: number(bytes, 8),
            time: u64::from(number(bytes, 12)) | u64::from(number(bytes, 16)) << 32,
            crc: number(bytes, 20),
        };
        let fits = head.payload as usize <= MAX_PAYLOAD && head.raw as usize <= MAX_RAW;
        let counts = head.count > 0 && u64::from(head.count) <= u64::from(head.raw) + 1;
        (fits && counts).then_some(head)
    }

    /// On disk, with its head.
    pub(crate) fn length(&self) -> u64 {
        BLOCK_HEAD as u64 + u64::from(self.payload)
    }

    pub(crate) fn written(&self) -> SystemTime {
        time(self.time)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// The four bytes at a place that the caller knows to be there.
fn number(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk());
    u32::from_le_bytes(four.copied().unwrap_or_default())
}

/// In microseconds since 1970, and no time before that.
pub(crate) fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) fn time(micros: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_micros(micros))
        .unwrap_or(UNIX_EPOCH)
}
