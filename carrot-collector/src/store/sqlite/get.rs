//! One trace, or the part of it below a span.

use std::collections::HashMap;

use carrot_wire::{RecordId, TraceId};
use rusqlite::{Connection, OptionalExtension, params};

use super::blocks;
use super::commit::find_project;
use super::payload::Block;
use super::roots::subtree;
use super::span::SpanRow;
use super::sums::Sums;
use super::tree::TreeRow;
use crate::store::{MAX_TREE_DEPTH, MAX_TREE_SPANS, StoreError, Stored, Tree};

/// The spans at and below an id.
pub(super) fn get(db: &Connection, project: &str, id: &str) -> Result<Option<Tree>, StoreError> {
    let Some(project) = find_project(db, project)? else {
        return Ok(None);
    };
    let Some(top) = find(db, project, id)? else {
        return Ok(None);
    };
    let rows = SpanRow::of_tree(db, top.tree)?;
    let below = subtree(&rows, top.id);
    let mut sums = Sums::default();
    below.iter().for_each(|&at| sums.add(&rows[at]));

    let shown = top_part(&rows, &below);
    Ok(Some(Tree {
        spans: read(db, &rows, shown)?,
        totals: sums.totals(),
        truncated: shown.len() < below.len(),
    }))
}

/// A record by its id or its sender's own, else the root of the trace with that W3C id.
fn find(db: &Connection, project: i64, id: &str) -> Result<Option<SpanRow>, StoreError> {
    let known: Option<RecordId> = id.parse().ok();
    if let Some(known) = known
        && let Some(row) = SpanRow::by_id(db, project, known)?
    {
        return Ok(Some(row));
    }
    let foreign: Option<i64> = db
        .prepare_cached(
            // A trace comes before a step that its sender calls the same.
            "SELECT span FROM spans WHERE project = ?1 AND external_id = ?2 \
             ORDER BY parent IS NOT NULL LIMIT 1",
        )?
        .query_row(params![project, id], |row| row.get(0))
        .optional()?;
    if let Some(span) = foreign {
        return Ok(SpanRow::by_key(db, span)?);
    }
    // Record ids begin with the first half of their trace's.
    let Some(RecordId(trace)) = known else {
        return Ok(None);
    };
    let (first, last) = (trace & !u128::from(u64::MAX), trace | u128::from(u64::MAX));
    let tree: Option<i64> = db
        .prepare_cached(
            "SELECT tree FROM spans WHERE project = ?1 AND id BETWEEN ?2 AND ?3 LIMIT 1",
        )?
        .query_row(
            params![project, first.to_be_bytes(), last.to_be_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    let tree = match tree {
        Some(tree) => TreeRow::by_key(db, tree)?,
        None => None,
    };
    // The same beginning by chance, or in ids that were made in another way, is not the same trace.
    match tree {
        Some(tree) if tree.listed()?.root.record.trace_id == Some(TraceId(trace)) => {
            Ok(SpanRow::by_key(db, tree.root.span)?)
        }
        _ => Ok(None),
    }
}

/// As many of the spans as one answer holds: `below` goes level by level, so its beginning is the
/// top of the tree.
fn top_part<'a>(rows: &[SpanRow], below: &'a [usize]) -> &'a [usize] {
    let mut depths: HashMap<RecordId, usize> = HashMap::new();
    let deepest = below.iter().position(|&at| {
        let above = rows[at].parent.and_then(|parent| depths.get(&parent));
        let depth = above.map_or(0, |depth| depth + 1);
        depths.insert(rows[at].id, depth);
        depth > MAX_TREE_DEPTH
    });
    &below[..deepest.unwrap_or(below.len()).min(MAX_TREE_SPANS)]
}

/// Reads records, each block once.
fn read(db: &Connection, rows: &[SpanRow], which: &[usize]) -> Result<Vec<Stored>, StoreError> {
    let mut open: HashMap<i64, Block> = HashMap::new();
    let spans = which.iter().map(|&at| {
        let row = &rows[at];
        let block = match open.entry(row.place.block) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(blocks::load(db, row.place.block)?)
            }
        };
        Ok(Stored {
            record: block.record(row.place.slot)?,
            started: row.started,
        })
    });
    spans.collect()
}
