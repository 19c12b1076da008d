//! How trees grow together and apart.
//!
//! A tree is a set of spans with one key. Two trees become one by giving the spans of the smaller
//! one the key of the other, so that even a chain that comes leaf first costs n·log n.

use std::collections::HashMap;

use carrot_wire::{Record, RecordId};
use rusqlite::params;

use super::commit::Commit;
use super::span::SpanRow;
use super::tree::Root;
use crate::store::StoreError;

impl Commit<'_> {
    /// Hangs the tree `lower` into `upper` and gives the key of both.
    pub(super) fn graft(&mut self, lower: i64, upper: i64) -> Result<i64, StoreError> {
        let lower_tree = self.tree(lower)?;
        let gone = (lower_tree.project, lower_tree.root.id);
        self.gone.push(gone);

        let lower_is_larger = self.tree(lower)?.sums.spans > self.tree(upper)?.sums.spans;
        let (keep, drop) = if lower_is_larger {
            (lower, upper)
        } else {
            (upper, lower)
        };
        self.db
            .prepare_cached("UPDATE spans SET tree = ?1 WHERE tree = ?2")?
            .execute([keep, drop])?;
        let dropped = self.fell(drop)?;
        let kept = self.tree(keep)?;
        if let Some(dropped) = dropped {
            kept.sums.join(dropped.sums);
            if lower_is_larger {
                kept.root = dropped.root;
            }
        }
        // The link must be right at once: later records of this transaction look for it.
        self.save_link(keep)?;
        Ok(keep)
    }

    /// Tells the spans above that there is usage below them, up to one that knows. What they counted
    /// themselves is taken out of the sums.
    pub(super) fn shade(&mut self, from: &SpanRow) -> Result<(), StoreError> {
        let mut at = from.clone();
        // In a cycle the root's parent is below it; going on would shade a span by itself.
        while self.tree(at.tree)?.root.span != at.span
            && let Some(mut above) = self.parent_of(&at)?
            && !above.usage_below
        {
            let sums = &mut self.tree(at.tree)?.sums;
            sums.sub(&above);
            above.usage_below = true;
            sums.add(&above);
            self.set_usage_below(&above)?;
            at = above;
        }
        Ok(())
    }

    /// Gives a span the parent that it now has.
    pub(super) fn replant(
        &mut self,
        mut row: SpanRow,
        record: Record,
        is_root: bool,
    ) -> Result<(), StoreError> {
        let root = Root::of(&row, record)?;
        if is_root {
            self.tree(row.tree)?.root = root;
            self.save_link(row.tree)?;
        } else {
            row.tree = self.split(&row, root)?;
        }
        match self.parent_of(&row)? {
            Some(above) if above.tree != row.tree => {
                let uses = self.tree(row.tree)?.sums.usages > 0;
                row.tree = self.graft(row.tree, above.tree)?;
                if uses { self.shade(&row) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Makes a span and everything below it a tree of its own.
    fn split(&mut self, top: &SpanRow, root: Root) -> Result<i64, StoreError> {
        let old = top.tree;
        let rows = SpanRow::of_tree(self.db, old)?;
        let tree = self.new_key();
        self.sow(tree, top.project, root)?;
        {
            let mut spans = self
                .db
                .prepare_cached("UPDATE spans SET tree = ?1 WHERE span = ?2")?;
            for at in subtree(&rows, top.id) {
                spans.execute([tree, rows[at].span])?;
            }
        }
        self.regrow(old)?;
        self.regrow(tree)?;
        Ok(tree)
    }

    /// Computes anew what is otherwise kept up to date: after a split, or when usage was taken back.
    pub(super) fn regrow(&mut self, tree: i64) -> Result<(), StoreError> {
        let mut rows = SpanRow::of_tree(self.db, tree)?;
        let root = self.tree(tree)?.root.span;
        let before: Vec<bool> = rows.iter().map(|row| row.usage_below).collect();
        mark_usage_below(&mut rows, root);
        for (row, before) in rows.iter().zip(before) {
            if row.usage_below != before {
                self.set_usage_below(row)?;
            }
        }
        let sums = &mut self.tree(tree)?.sums;
        sums.clear();
        rows.iter().for_each(|row| sums.add(row));
        Ok(())
    }

    fn set_usage_below(&self, row: &SpanRow) -> Result<(), StoreError> {
        self.db
            .prepare_cached("UPDATE spans SET usage_below = ?1 WHERE span = ?2")?
            .execute(params![row.usage_below, row.span])?;
        Ok(())
    }

    fn save_link(&mut self, tree: i64) -> Result<(), StoreError> {
        let waits_for = self.tree(tree)?.root.waits_for.map(RecordId::to_bytes);
        self.db
            .prepare_cached("UPDATE trees SET waits_for = ?1 WHERE tree = ?2")?
            .execute(params![waits_for, tree])?;
        Ok(())
    }
}

/// Sets `usage_below` of every row of a tree.
fn mark_usage_below(rows: &mut [SpanRow], root: i64) {
    let places: HashMap<RecordId, usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.id, at))
        .collect();
    rows.iter_mut().for_each(|row| row.usage_below = false);
    for start in 0..rows.len() {
        if !rows[start].has_usage() {
            continue;
        }
        let mut at = start;
        while rows[at].span != root
            && let Some(above) = rows[at].parent.and_then(|id| places.get(&id).copied())
            && !rows[above].usage_below
        {
            rows[above].usage_below = true;
            at = above;
        }
    }
}

/// The rows at and below a span: level by level, each level in the order of `rows`.
pub(super) fn subtree(rows: &[SpanRow], top: RecordId) -> Vec<usize> {
    let mut children: HashMap<RecordId, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        if row.id == top {
            continue;
        }
        if let Some(parent) = row.parent {
            children.entry(parent).or_default().push(at);
        }
    }
    let mut found: Vec<usize> = rows
        .iter()
        .position(|row| row.id == top)
        .into_iter()
        .collect();
    let mut next = 0;
    while let Some(&at) = found.get(next) {
        // Taken out: nothing is met twice, even in a cycle.
        found.extend(children.remove(&rows[at].id).unwrap_or_default());
        next += 1;
    }
    found
}
