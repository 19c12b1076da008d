//! Stored records as readers see them.

use carrot_wire::record::meta;
use carrot_wire::tree::Forest;
use carrot_wire::{Record, Status, price};
use serde::Serialize;

use crate::store::{Listed, MAX_TREE_DEPTH, Page, Stored, Totals, Tree};

/// A page of the list.
#[derive(Debug, Serialize)]
pub(crate) struct PageView {
    traces: Vec<RowView>,
    next_cursor: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    partial: bool,
}

/// A root without its payloads.
#[derive(Debug, Serialize)]
pub(crate) struct RowView {
    #[serde(flatten)]
    root: Record,
    totals: Totals,
}

/// A record with its children inside.
#[derive(Debug, Serialize)]
pub(crate) struct TreeView {
    #[serde(flatten)]
    root: Record,
    totals: Totals,
    #[serde(skip_serializing_if = "is_false")]
    truncated: bool,
}

pub(crate) fn page(page: Page) -> PageView {
    PageView {
        traces: page.rows.into_iter().map(row).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
        partial: page.partial,
    }
}

pub(crate) fn row(listed: Listed) -> RowView {
    RowView {
        root: complete(listed.root),
        totals: listed.totals,
    }
}

/// `None` for a tree without spans, which a store does not give.
pub(crate) fn tree(tree: Tree) -> Option<TreeView> {
    let records = tree.spans.into_iter().map(complete).collect();
    let roots = Forest::new(records).into_nested(MAX_TREE_DEPTH);
    Some(TreeView {
        root: roots.into_iter().next()?,
        totals: tree.totals,
        truncated: tree.truncated,
    })
}

/// Fills in what readers may count on: kind, status, start, and latency and cost where they follow
/// from the rest.
pub(crate) fn complete(stored: Stored) -> Record {
    let mut record = stored.record;
    if let Some(latency) = record.latency() {
        let latency = latency.as_millis() as u64;
        let latency_ms = record.metadata.entry(meta::LATENCY_MS);
        latency_ms.or_insert_with(|| latency.into());
    }
    price::apply(&mut record);
    record.kind = Some(record.kind_or_default());
    record.status.get_or_insert(Status::Running);
    record.started_at.get_or_insert(stored.started);
    record
}

fn is_false(value: &bool) -> bool {
    !value
}
