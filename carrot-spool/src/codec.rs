//! Records to a compressed block, and back.

use std::io;
use std::time::SystemTime;

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};

use crate::SpoolError;
use crate::format::{BLOCK_HEAD, BlockHead, MAX_PAYLOAD, MAX_RAW, micros};

/// The fastest: the disk is to be spared, not the last percent of it.
const LEVEL: i32 = 1;

/// Both directions, each made when it is first used: a megabyte each.
#[derive(Default)]
pub(crate) struct Codec {
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
}

impl Codec {
    /// One block, as it lies in a segment.
    pub(crate) fn encode(
        &mut self,
        records: &[Bytes],
        time: SystemTime,
    ) -> Result<Vec<u8>, SpoolError> {
        let bytes = records
            .iter()
            .map(|record| record.len() + 1)
            .sum::<usize>()
            .saturating_sub(1);
        let too_large = SpoolError::TooLarge {
            bytes: bytes as u64,
        };
        let count = match u32::try_from(records.len()) {
            Ok(count) if bytes <= MAX_RAW => count,
            _ => return Err(too_large),
        };
        let mut raw = Vec::with_capacity(bytes);
        for (at, record) in records.iter().enumerate() {
            if at > 0 {
                raw.push(b'\n');
            }
            let begin = raw.len();
            raw.extend_from_slice(record);
            // In a JSON text a bare line feed can only be white space.
            for byte in raw.iter_mut().skip(begin).filter(|byte| **byte == b'\n') {
                *byte = b' ';
            }
        }
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(Compressor::new(LEVEL)?),
        };
        let payload = compressor.compress(&raw)?;
        let head = BlockHead {
            payload: payload.len() as u32,
            raw: raw.len() as u32,
            count,
            time: micros(time),
            crc: crc32fast::hash(&payload),
        };
        let mut block = Vec::with_capacity(BLOCK_HEAD + payload.len());
        block.extend_from_slice(&head.encode());
        block.extend_from_slice(&payload);
        Ok(block)
    }

    /// The records of a block, or `None` where it is not what was written.
    pub(crate) fn decode(
        &mut self,
        head: &BlockHead,
        payload: &[u8],
    ) -> io::Result<Option<Vec<Bytes>>> {
        let (raw, count) = (head.raw as usize, head.count as usize);
        if payload.len() > MAX_PAYLOAD || raw > MAX_RAW || crc32fast::hash(payload) != head.crc {
            return Ok(None);
        }
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::new()?),
        };
        // It writes no more than it was told to expect, whatever the payload says.
        let text = match decompressor.decompress(payload, raw) {
            Ok(text) if text.len() == raw => Bytes::from(text),
            _ => return Ok(None),
        };
        let lines = text.split(|byte| *byte == b'\n').count();
        if lines != count {
            return Ok(None);
        }
        let lines = text.split(|byte| *byte == b'\n');
        Ok(Some(lines.map(|line| text.slice_ref(line)).collect()))
    }
}
