//! Free text: which trees have a span with all the words.

use std::collections::HashSet;
use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, params};

use super::payload::Place;
use super::{blocks, bloom, words};
use crate::store::StoreError;

/// What a search found.
pub(super) struct Found {
    pub(super) trees: HashSet<i64>,
    /// It ran out of time.
    pub(super) partial: bool,
}

/// Searches a project's newest blocks first, until the deadline.
///
/// Blocks that are not indexed yet are read; of the others, those whose filter has the words.
pub(super) fn search(
    db: &Connection,
    project: i64,
    wanted: &[String],
    deadline: Instant,
) -> Result<Found, StoreError> {
    let mut found = Found {
        trees: HashSet::new(),
        partial: false,
    };
    let hashes: Vec<u64> = wanted.iter().map(|word| bloom::hash(word)).collect();
    let mut blocks = db.prepare_cached(
        "SELECT block, spans, bits FROM blocks LEFT JOIN blooms USING (block) \
         WHERE project = ?1 ORDER BY block DESC",
    )?;
    let mut blocks = blocks.query([project])?;
    while let Some(row) = blocks.next()? {
        if Instant::now() >= deadline {
            found.partial = true;
            break;
        }
        let may_have = match row.get_ref(2)?.as_blob_or_null() {
            Ok(Some(bits)) => hashes.iter().all(|&word| bloom::may_contain(bits, word)),
            _ => true,
        };
        if may_have {
            let spans = row.get_ref(1)?.as_blob().unwrap_or_default();
            search_block(db, row.get(0)?, spans, wanted, &mut found.trees)?;
        }
    }
    Ok(found)
}

fn search_block(
    db: &Connection,
    key: i64,
    spans: &[u8],
    wanted: &[String],
    found: &mut HashSet<i64>,
) -> Result<(), StoreError> {
    let mut block = None;
    for (slot, span) in spans.as_chunks::<8>().0.iter().enumerate() {
        let place = Place { block: key, slot };
        // One span is enough for a tree, and most trees are whole in a block.
        let Some(tree) = tree_of(db, i64::from_le_bytes(*span), place)? else {
            continue;
        };
        if found.contains(&tree) {
            continue;
        }
        let block = match &mut block {
            Some(block) => block,
            none => none.insert(blocks::load(db, key)?),
        };
        let mut missing: Vec<&str> = wanted.iter().map(String::as_str).collect();
        words::of_record(&block.record(slot)?, &mut |word: &str| {
            missing.retain(|wanted| *wanted != word);
        });
        if missing.is_empty() {
            found.insert(tree);
        }
    }
    Ok(())
}

/// The tree of a span, if the span is still kept at this place.
fn tree_of(db: &Connection, span: i64, place: Place) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT tree FROM spans WHERE span = ?1 AND block = ?2 AND slot = ?3")?
        .query_row(params![span, place.block, place.slot as i64], |row| {
            row.get(0)
        })
        .optional()
}
