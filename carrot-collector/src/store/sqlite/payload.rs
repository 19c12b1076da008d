//! Records in compressed blocks.

use carrot_wire::Record;

use crate::store::StoreError;

/// A block is closed at this many spans: enough to share what they repeat, few enough to open for
/// one of them.
pub(super) const MAX_SPANS: usize = 64;
/// A block is closed at this many bytes, uncompressed.
const MAX_BYTES: usize = 1 << 20;
/// zstd's default: higher levels cost more than they save on JSON of this size.
const LEVEL: i32 = 3;

/// Where a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// The block's key.
    pub(super) block: i64,
    /// The record's index in it.
    pub(super) slot: usize,
}

/// Records as JSON text, one after the other.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Where each text ends.
    ends: Vec<usize>,
    texts: Vec<u8>,
}

impl Block {
    /// Adds a record and gives its slot.
    pub(super) fn push(&mut self, record: &Record) -> Result<usize, StoreError> {
        serde_json::to_writer(&mut self.texts, record)
            .map_err(|error| StoreError::Failed(format!("a record cannot be written: {error}")))?;
        self.ends.push(self.texts.len());
        Ok(self.ends.len() - 1)
    }

    /// How many records are in it.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the next record goes into another block.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= MAX_SPANS || self.texts.len() >= MAX_BYTES
    }

    /// The record in a slot.
    pub(super) fn record(&self, slot: usize) -> Result<Record, StoreError> {
        let end = self.ends.get(slot).copied().ok_or_else(damaged)?;
        let start = slot.checked_sub(1).map_or(0, |before| self.ends[before]);
        let text = self.texts.get(start..end).ok_or_else(damaged)?;
        let text = std::str::from_utf8(text).map_err(|_| damaged())?;
        Record::from_json(text).map_err(|_| damaged())
    }

    /// The block as it is stored: zstd of the count, the ends (both as 4 bytes, little endian) and
    /// the texts.
    pub(super) fn compress(&self) -> Result<Vec<u8>, StoreError> {
        let mut plain = Vec::with_capacity(4 + 4 * self.ends.len() + self.texts.len());
        let numbers = std::iter::once(self.len()).chain(self.ends.iter().copied());
        plain.extend(numbers.flat_map(|number| (number as u32).to_le_bytes()));
        plain.extend_from_slice(&self.texts);
        zstd::bulk::compress(&plain, LEVEL)
            .map_err(|error| StoreError::Failed(format!("a block cannot be compressed: {error}")))
    }

    /// Reads what [`compress`](Block::compress) wrote.
    pub(super) fn decompress(data: &[u8]) -> Result<Block, StoreError> {
        let mut plain = zstd::stream::decode_all(data).map_err(|_| damaged())?;
        let number = |at: usize| {
            let bytes = plain.get(4 * at..4 * at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let count = number(0).ok_or_else(damaged)?;
        let ends: Option<Vec<usize>> = (1..=count).map(number).collect();
        let ends = ends.ok_or_else(damaged)?;
        plain.drain(..4 + 4 * count);
        Ok(Block { ends, texts: plain })
    }
}

/// A block that is not what was written.
fn damaged() -> StoreError {
    StoreError::Failed("a block of the store is damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_damaged_block_is_an_error() {
        let mut block = Block::default();
        let record = Record {
            name: Some("a".to_owned()),
            ..Record::default()
        };
        assert_eq!(block.push(&record).unwrap(), 0);
        let data = block.compress().unwrap();
        assert_eq!(Block::decompress(&data).unwrap().record(0).unwrap(), record);
        assert!(Block::decompress(&data).unwrap().record(1).is_err());
        assert!(Block::decompress(&data[..data.len() - 1]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(plain: Vec<u8>) {
            let data = zstd::bulk::compress(&plain, LEVEL).unwrap();
            if let Ok(block) = Block::decompress(&data) {
                for slot in 0..block.len().min(100) {
                    let _ = block.record(slot);
                }
            }
        }
    }
}
