//! The row of one trace: its root and its sums.

use std::collections::BTreeMap;

use carrot_wire::{Record, RecordId, Status, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::span::SpanRow;
use super::sums::{Count, Label, Sums};
use crate::store::{Listed, StoreError, Stored};

/// A trace as it stands in the tables.
#[derive(Debug)]
pub(super) struct TreeRow {
    pub(super) tree: i64,
    pub(super) project: i64,
    pub(super) root: Root,
    pub(super) sums: Sums,
}

/// The span at the top.
#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) span: i64,
    pub(super) id: RecordId,
    /// Its parent, which is not there yet.
    pub(super) waits_for: Option<RecordId>,
    started: Timestamp,
    name: Option<String>,
    status: Status,
    session: Option<String>,
    user: Option<String>,
    /// The record without its payloads, as JSON: a list needs no block.
    head: String,
}

impl Root {
    /// The root that a record is.
    pub(super) fn of(row: &SpanRow, record: Record) -> Result<Root, StoreError> {
        let head = Record {
            input: None,
            output: None,
            events: None,
            scores: None,
            logprobs: None,
            exchange: None,
            ..record
        };
        let head = serde_json::to_string(&head)
            .map_err(|error| StoreError::Failed(format!("a record cannot be written: {error}")))?;
        Ok(Root {
            span: row.span,
            id: row.id,
            waits_for: row.parent,
            started: row.started,
            name: row.name.clone(),
            status: row.status,
            session: row.session.clone(),
            user: row.user.clone(),
            head,
        })
    }
}

/// The columns that [`TreeRow::read`] takes.
pub(super) const COLUMNS: &str = "tree, project, root, id, waits_for, started, name, status, \
    session, user, spans, errors, usages, input_tokens, output_tokens, total_tokens, priced, cost, \
    head";

impl TreeRow {
    /// The tree of a key.
    pub(super) fn by_key(db: &Connection, tree: i64) -> rusqlite::Result<Option<TreeRow>> {
        let row = db
            .prepare_cached(&format!("SELECT {COLUMNS} FROM trees WHERE tree = ?1"))?
            .query_row([tree], TreeRow::read)
            .optional()?;
        row.map(|row| row.with_labels(db)).transpose()
    }

    /// Reads everything but the labels.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<TreeRow> {
        Ok(TreeRow {
            tree: row.get(0)?,
            project: row.get(1)?,
            root: Root {
                span: row.get(2)?,
                id: RecordId::from_bytes(row.get(3)?),
                waits_for: row.get::<_, Option<[u8; 16]>>(4)?.map(RecordId::from_bytes),
                started: Timestamp::from_nanos(row.get(5)?),
                name: row.get(6)?,
                status: Status::from_code(row.get(7)?).unwrap_or(Status::Running),
                session: row.get(8)?,
                user: row.get(9)?,
                head: row.get(18)?,
            },
            sums: Sums {
                spans: row.get(10)?,
                errors: row.get(11)?,
                usages: row.get(12)?,
                input_tokens: row.get(13)?,
                output_tokens: row.get(14)?,
                total_tokens: row.get(15)?,
                priced: row.get(16)?,
                cost: row.get(17)?,
                labels: BTreeMap::new(),
            },
        })
    }

    /// Reads the labels.
    pub(super) fn with_labels(mut self, db: &Connection) -> rusqlite::Result<TreeRow> {
        let mut labels =
            db.prepare_cached("SELECT label, value, spans FROM labels WHERE tree = ?1")?;
        let mut rows = labels.query([self.tree])?;
        while let Some(row) = rows.next()? {
            let label = match row.get(0)? {
                1 => Label::Model,
                2 => Label::RequestModel,
                3 => Label::Tag,
                _ => Label::Kind,
            };
            let spans = row.get(2)?;
            let count = Count {
                spans,
                stored: spans,
            };
            self.sums.labels.insert((label, row.get(1)?), count);
        }
        Ok(self)
    }

    /// Writes the row, but not the labels.
    pub(super) fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        let (root, sums) = (&self.root, &self.sums);
        db.prepare_cached(&format!(
            "INSERT OR REPLACE INTO trees ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, \
             ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"
        ))?
        .execute(params![
            self.tree,
            self.project,
            root.span,
            root.id.to_bytes(),
            root.waits_for.map(RecordId::to_bytes),
            root.started.as_nanos(),
            root.name,
            root.status as u8,
            root.session,
            root.user,
            sums.spans,
            sums.errors,
            sums.usages,
            sums.input_tokens,
            sums.output_tokens,
            sums.total_tokens,
            sums.priced,
            sums.cost,
            root.head,
        ])?;
        Ok(())
    }

    /// Writes the labels that changed; those that no span has any more are deleted.
    pub(super) fn write_labels(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut keep =
            db.prepare_cached("INSERT OR REPLACE INTO labels VALUES (?1, ?2, ?3, ?4)")?;
        let mut drop =
            db.prepare_cached("DELETE FROM labels WHERE tree = ?1 AND label = ?2 AND value = ?3")?;
        for ((label, value), count) in &mut self.sums.labels {
            if count.spans == count.stored {
                continue;
            }
            match count.spans {
                0 => drop.execute(params![self.tree, *label as u8, value])?,
                spans => keep.execute(params![self.tree, *label as u8, value, spans])?,
            };
            count.stored = count.spans;
        }
        Ok(())
    }

    /// Deletes row and labels.
    pub(super) fn delete(db: &Connection, tree: i64) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM trees WHERE tree = ?1")?
            .execute([tree])?;
        db.prepare_cached("DELETE FROM labels WHERE tree = ?1")?
            .execute([tree])?;
        Ok(())
    }

    /// As it is listed.
    pub(super) fn listed(&self) -> Result<Listed, StoreError> {
        let record = Record::from_json(&self.root.head)
            .map_err(|_| StoreError::Failed("a row of the store is damaged".to_owned()))?;
        Ok(Listed {
            root: Stored {
                record,
                started: self.root.started,
            },
            totals: self.sums.totals(),
        })
    }
}
