//! One transaction: records go in, and the trees they belong to follow.

use std::collections::HashMap;

use carrot_wire::{Record, RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::blocks::Blocks;
use super::span::SpanRow;
use super::sums::Sums;
use super::tree::{Root, TreeRow};
use crate::store::StoreError;

/// What a transaction has in its hands. Rows of trees are written when it [ends](Commit::finish);
/// spans and links at once, so that later records find them.
pub(super) struct Commit<'a> {
    pub(super) db: &'a Connection,
    pub(super) blocks: Blocks<'a>,
    trees: HashMap<i64, TreeRow>,
    /// Roots that found their parent, with their projects.
    pub(super) gone: Vec<(i64, RecordId)>,
    next_key: i64,
    now: Timestamp,
}

impl<'a> Commit<'a> {
    pub(super) fn new(db: &'a Connection, now: Timestamp) -> Result<Commit<'a>, StoreError> {
        // Trees share their keys with spans: most are called after their first one.
        let last: Option<i64> = db
            .prepare_cached(
                "SELECT max((SELECT max(span) FROM spans), (SELECT max(tree) FROM trees))",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(Commit {
            db,
            blocks: Blocks::new(db)?,
            trees: HashMap::new(),
            gone: Vec::new(),
            next_key: last.unwrap_or(0) + 1,
            now,
        })
    }

    /// The key of a project, which is made when it is first named.
    pub(super) fn project(&mut self, name: &str) -> Result<i64, StoreError> {
        if let Some(project) = find_project(self.db, name)? {
            return Ok(project);
        }
        self.db
            .execute("INSERT INTO projects (name) VALUES (?1)", [name])?;
        Ok(self.db.last_insert_rowid())
    }

    /// Takes one record: a new span, or news of one that is known.
    pub(super) fn put(&mut self, project: i64, record: Record) -> Result<(), StoreError> {
        let id = record.id.unwrap_or_default();
        match SpanRow::by_id(self.db, project, id)? {
            None => self.plant(project, record),
            Some(old) => self.change(old, record),
        }
    }

    fn plant(&mut self, project: i64, record: Record) -> Result<(), StoreError> {
        let started = record.ended_at.unwrap_or(self.now);
        let mut row = SpanRow::of(project, &record, started);
        row.span = self.new_key();
        row.place = self.blocks.push(project, row.span, &record)?;
        let above = self.parent_of(&row)?;
        row.tree = above.as_ref().map_or(row.span, |above| above.tree);

        // What waited for this span hangs below it, unless that would close a cycle.
        let mut waiting = self.waiting_for(project, row.id)?;
        waiting.retain(|&tree| tree != row.tree);
        for &tree in &waiting {
            row.usage_below |= self.tree(tree)?.sums.usages > 0;
        }
        row.write(self.db)?;
        if above.is_none() {
            self.sow(row.tree, project, Root::of(&row, record)?)?;
        }
        self.tree(row.tree)?.sums.add(&row);
        for lower in waiting {
            row.tree = self.graft(lower, row.tree)?;
        }
        if row.uses() {
            self.shade(&row)?;
        }
        Ok(())
    }

    fn change(&mut self, old: SpanRow, newer: Record) -> Result<(), StoreError> {
        let before = self.blocks.record(old.place)?;
        let mut record = before.clone();
        record.merge(newer);
        if record == before {
            return Ok(());
        }
        let mut row = SpanRow::of(old.project, &record, old.started);
        (row.span, row.tree, row.usage_below) = (old.span, old.tree, old.usage_below);
        self.blocks.release(old.place)?;
        row.place = self.blocks.push(row.project, row.span, &record)?;
        row.write(self.db)?;

        let tree = self.tree(row.tree)?;
        tree.sums.sub(&old);
        tree.sums.add(&row);
        let is_root = tree.root.span == row.span;
        if row.parent != old.parent {
            return self.replant(row, record, is_root);
        }
        if is_root {
            tree.root = Root::of(&row, record)?;
        }
        match (old.uses(), row.uses()) {
            (false, true) => self.shade(&row),
            (true, false) => self.regrow(row.tree),
            _ => Ok(()),
        }
    }

    /// Writes what is still in hand, and gives the trees that changed.
    pub(super) fn finish(mut self) -> Result<Finished, StoreError> {
        self.blocks.finish()?;
        for tree in self.trees.values_mut() {
            tree.write(self.db)?;
            tree.write_labels(self.db)?;
        }
        Ok(Finished {
            trees: self.trees.into_values().collect(),
            gone: self.gone,
            forgot: false,
        })
    }

    /// A number that no span and no tree has had.
    pub(super) fn new_key(&mut self) -> i64 {
        self.next_key += 1;
        self.next_key - 1
    }

    /// The span above, if it is there.
    pub(super) fn parent_of(&self, row: &SpanRow) -> Result<Option<SpanRow>, StoreError> {
        match row.parent {
            Some(parent) => Ok(SpanRow::by_id(self.db, row.project, parent)?),
            None => Ok(None),
        }
    }

    /// A tree, to be changed.
    pub(super) fn tree(&mut self, tree: i64) -> Result<&mut TreeRow, StoreError> {
        use std::collections::hash_map::Entry;
        match self.trees.entry(tree) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let row = TreeRow::by_key(self.db, tree)?;
                let row = row.ok_or_else(|| {
                    StoreError::Failed(format!("the store has spans of no tree ({tree})"))
                })?;
                Ok(place.insert(row))
            }
        }
    }

    /// A new tree, without sums yet.
    pub(super) fn sow(&mut self, tree: i64, project: i64, root: Root) -> Result<(), StoreError> {
        let row = TreeRow {
            tree,
            project,
            root,
            sums: Sums::default(),
        };
        row.write(self.db)?;
        self.trees.insert(tree, row);
        Ok(())
    }

    /// Forgets a tree whose spans have gone to another.
    pub(super) fn fell(&mut self, tree: i64) -> Result<Option<TreeRow>, StoreError> {
        TreeRow::delete(self.db, tree)?;
        Ok(self.trees.remove(&tree))
    }

    /// The trees whose roots have this parent.
    fn waiting_for(&self, project: i64, id: RecordId) -> Result<Vec<i64>, StoreError> {
        let mut waiting = self
            .db
            .prepare_cached("SELECT tree FROM trees WHERE project = ?1 AND waits_for = ?2")?;
        let trees = waiting.query_map(params![project, id.to_bytes()], |row| row.get(0))?;
        Ok(trees.collect::<rusqlite::Result<_>>()?)
    }
}

/// What a transaction changed.
#[derive(Default)]
pub(super) struct Finished {
    pub(super) trees: Vec<TreeRow>,
    /// Former roots, with their projects.
    pub(super) gone: Vec<(i64, RecordId)>,
    /// Whether a trace that was to be deleted was there.
    pub(super) forgot: bool,
}

/// The key of a project, if it is known.
pub(super) fn find_project(db: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT project FROM projects WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Merges records of the same id, and puts parents before their children so that few spans wait for
/// one that comes later in the same request.
pub(super) fn parents_first(records: Vec<Record>) -> Vec<Record> {
    let mut places: HashMap<RecordId, usize> = HashMap::with_capacity(records.len());
    let mut merged: Vec<Option<Record>> = Vec::with_capacity(records.len());
    for record in records {
        let place = *places
            .entry(record.id.unwrap_or_default())
            .or_insert(merged.len());
        match merged.get_mut(place).and_then(Option::as_mut) {
            Some(known) => known.merge(record),
            None => merged.push(Some(record)),
        }
    }
    let parents: Vec<Option<usize>> = merged
        .iter()
        .map(|record| places.get(&record.as_ref()?.parent()?).copied())
        .collect();
    let (mut met, mut order) = (vec![false; merged.len()], Vec::with_capacity(merged.len()));
    for start in 0..merged.len() {
        let first = order.len();
        let mut next = Some(start);
        while let Some(at) = next.filter(|&at| !met[at]) {
            met[at] = true;
            order.push(at);
            next = parents[at];
        }
        order[first..].reverse();
    }
    order
        .into_iter()
        .filter_map(|at| merged[at].take())
        .collect()
}
