//! Makes the words of new blocks findable, behind the answers to their senders.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, SyncSender};

use rusqlite::Connection;

use super::writer::Job;
use super::{blocks, bloom, words};
use crate::store::StoreError;

/// Blocks are indexed at most this many at a time.
const MAX_BLOCKS: i64 = 64;
/// Fewer are left as they are until more come: they are read in a moment, and each time the writer
/// has to commit.
const MIN_BLOCKS: usize = 16;

/// The filter of one block.
pub(super) struct Bloom {
    pub(super) block: i64,
    pub(super) bits: Vec<u8>,
}

/// Indexes until the writer is gone. `commits` tells of new blocks; the first look is for what was
/// left behind when the process last ended.
pub(super) fn run(db: Connection, commits: Receiver<()>, writer: SyncSender<Job>) {
    let mut last = 0;
    loop {
        match next(&db, last) {
            Ok(blooms) if !blooms.is_empty() => {
                last = blooms.last().map_or(last, |bloom| bloom.block);
                if writer.send(Job::Index(blooms)).is_err() {
                    return;
                }
            }
            // After an error, too: unindexed blocks are searched all the same, only slower.
            _ => {
                if commits.recv().is_err() {
                    return;
                }
            }
        }
    }
}

/// Filters of the first blocks that are past `last` and have none, if there are enough of them.
fn next(db: &Connection, last: i64) -> Result<Vec<Bloom>, StoreError> {
    let mut waiting = db.prepare_cached(
        "SELECT block FROM blocks \
         WHERE block > max(?1, coalesce((SELECT max(block) FROM blooms), 0)) \
         ORDER BY block LIMIT ?2",
    )?;
    let waiting = waiting.query_map([last, MAX_BLOCKS], |row| row.get(0))?;
    let waiting: Vec<i64> = waiting.collect::<rusqlite::Result<_>>()?;
    if waiting.len() < MIN_BLOCKS {
        return Ok(Vec::new());
    }
    waiting
        .into_iter()
        .map(|block| {
            let bits = bits(db, block)?;
            Ok(Bloom { block, bits })
        })
        .collect()
}

/// The filter of a block. One that cannot be read has an empty filter, so that it is not tried again
/// for ever.
fn bits(db: &Connection, block: i64) -> Result<Vec<u8>, StoreError> {
    let mut found = HashSet::new();
    let Ok(block) = blocks::load(db, block) else {
        return Ok(Vec::new());
    };
    for slot in 0..block.len() {
        if let Ok(record) = block.record(slot) {
            words::of_record(&record, &mut |word: &str| {
                found.insert(bloom::hash(word));
            });
        }
    }
    Ok(bloom::build(&found))
}
