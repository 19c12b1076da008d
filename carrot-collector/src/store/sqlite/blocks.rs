//! The blocks that one transaction reads and fills.

use std::collections::HashMap;

use carrot_wire::Record;
use rusqlite::{Connection, OptionalExtension, params};

use super::payload::{Block, Place};
use crate::store::StoreError;

/// Blocks that were read stay at hand: updates often fall into the same few.
const MAX_READ: usize = 64;

/// Spans of one transaction are packed together, each project's apart from the others'.
pub(super) struct Blocks<'a> {
    db: &'a Connection,
    open: HashMap<i64, Open>,
    read: HashMap<i64, Block>,
    next_block: i64,
}

/// A block that is being filled.
struct Open {
    key: i64,
    spans: Vec<u8>,
    live: i64,
    block: Block,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(db: &'a Connection) -> Result<Blocks<'a>, StoreError> {
        // Past the last indexed one too, or a new block could pass for indexed.
        let last: Option<i64> = db
            .prepare_cached(
                "SELECT max(coalesce((SELECT max(block) FROM blocks), 0), \
                 coalesce((SELECT max(block) FROM blooms), 0))",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(Blocks {
            db,
            open: HashMap::new(),
            read: HashMap::new(),
            next_block: last.unwrap_or(0) + 1,
        })
    }

    /// Keeps a record and says where.
    pub(super) fn push(
        &mut self,
        project: i64,
        span: i64,
        record: &Record,
    ) -> Result<Place, StoreError> {
        let next_block = &mut self.next_block;
        let open = self.open.entry(project).or_insert_with(|| {
            *next_block += 1;
            Open {
                key: *next_block - 1,
                spans: Vec::new(),
                live: 0,
                block: Block::default(),
            }
        });
        let slot = open.block.push(record)?;
        open.spans.extend(span.to_le_bytes());
        open.live += 1;
        let place = Place {
            block: open.key,
            slot,
        };
        if open.block.is_full()
            && let Some(full) = self.open.remove(&project)
        {
            self.write(project, &full)?;
        }
        Ok(place)
    }

    /// The record at a place.
    pub(super) fn record(&mut self, place: Place) -> Result<Record, StoreError> {
        if let Some(open) = self.open.values().find(|open| open.key == place.block) {
            return open.block.record(place.slot);
        }
        if !self.read.contains_key(&place.block) {
            if self.read.len() >= MAX_READ {
                self.read.clear();
            }
            self.read.insert(place.block, load(self.db, place.block)?);
        }
        self.read[&place.block].record(place.slot)
    }

    /// Lets go of a record that is kept elsewhere now. A block without any is deleted.
    pub(super) fn release(&mut self, place: Place) -> Result<(), StoreError> {
        if let Some(open) = self.open.values_mut().find(|open| open.key == place.block) {
            open.live -= 1;
            return Ok(());
        }
        let live: Option<i64> = self
            .db
            .prepare_cached("UPDATE blocks SET live = live - 1 WHERE block = ?1 RETURNING live")?
            .query_row([place.block], |row| row.get(0))
            .optional()?;
        if live == Some(0) {
            for table in ["blocks", "payloads", "blooms"] {
                self.db
                    .prepare_cached(&format!("DELETE FROM {table} WHERE block = ?1"))?
                    .execute([place.block])?;
            }
        }
        Ok(())
    }

    /// Writes the blocks that are still open.
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        for (project, open) in std::mem::take(&mut self.open) {
            self.write(project, &open)?;
        }
        Ok(())
    }

    fn write(&self, project: i64, open: &Open) -> Result<(), StoreError> {
        if open.live == 0 {
            return Ok(());
        }
        self.db
            .prepare_cached("INSERT INTO blocks VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![open.key, project, open.live, open.spans])?;
        self.db
            .prepare_cached("INSERT INTO payloads VALUES (?1, ?2)")?
            .execute(params![open.key, open.block.compress()?])?;
        Ok(())
    }
}

/// Reads a block.
pub(super) fn load(db: &Connection, block: i64) -> Result<Block, StoreError> {
    let mut payload = db.prepare_cached("SELECT data FROM payloads WHERE block = ?1")?;
    let mut rows = payload.query([block])?;
    match rows.next()? {
        Some(row) => Block::decompress(row.get_ref(0)?.as_blob().unwrap_or_default()),
        None => Err(StoreError::Failed(format!(
            "block {block} is missing from the store"
        ))),
    }
}
