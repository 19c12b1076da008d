//! Lists of roots.

use std::time::{Duration, Instant};

use carrot_wire::{RecordId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::commit::find_project;
use super::sums::Label;
use super::tree::{COLUMNS, TreeRow};
use super::{search, words};
use crate::store::{Cursor, Filter, Page, StoreError};

/// The roots that a filter lets through; a search for words takes no longer than `search_time`.
pub(super) fn list(
    db: &Connection,
    project: &str,
    filter: &Filter,
    search_time: Duration,
) -> Result<Page, StoreError> {
    let Some(project) = find_project(db, project)? else {
        return Ok(Page::default());
    };
    let mut query = Query::new(project);
    query.add_root(filter);
    query.add_labels(filter);
    let mut partial = false;
    if !filter.text.is_empty() {
        let mut wanted = Vec::new();
        words::of_text(&filter.text, &mut |word: &str| wanted.push(word.to_owned()));
        let found = search::search(db, project, &wanted, Instant::now() + search_time)?;
        partial = found.partial;
        let trees: Vec<i64> = found.trees.into_iter().collect();
        let trees = serde_json::Value::from(trees).to_string();
        query.add("tree IN (SELECT value FROM json_each(?))", [trees.into()]);
    }

    // One more than asked for tells whether there is a next page.
    let sql = format!(
        "SELECT {COLUMNS} FROM trees WHERE {} ORDER BY started DESC, id LIMIT {}",
        query.conditions.join(" AND "),
        filter.limit + 1
    );
    let mut rows = db.prepare_cached(&sql)?;
    let rows = rows.query_map(params_from_iter(query.values), TreeRow::read)?;
    let mut trees: Vec<TreeRow> = rows.collect::<rusqlite::Result<_>>()?;
    let more = trees.len() > filter.limit;
    trees.truncate(filter.limit);

    let rows: Vec<_> = trees
        .into_iter()
        .map(|tree| tree.with_labels(db)?.listed())
        .collect::<Result<_, StoreError>>()?;
    let next = rows.last().filter(|_| more).map(|row| Cursor {
        started: row.root.started,
        id: row.root.record.id.unwrap_or_default(),
    });
    Ok(Page {
        rows,
        next,
        partial,
    })
}

/// Conditions and the values they are about.
struct Query {
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

impl Query {
    fn new(project: i64) -> Query {
        Query {
            conditions: vec!["project = ?"],
            values: vec![project.into()],
        }
    }

    fn add<const N: usize>(&mut self, condition: &'static str, values: [Value; N]) {
        self.conditions.push(condition);
        self.values.extend(values);
    }

    /// What is asked of the root.
    fn add_root(&mut self, filter: &Filter) {
        let time = |time: Timestamp| Value::from(time.as_nanos());
        if let Some(Cursor { started, id }) = filter.after {
            let id = RecordId::to_bytes(id).to_vec();
            self.add("started <= ?", [time(started)]);
            self.add("(started < ? OR id > ?)", [time(started), id.into()]);
        }
        if let Some(from) = filter.from {
            self.add("started >= ?", [time(from)]);
        }
        if let Some(to) = filter.to {
            self.add("started < ?", [time(to)]);
        }
        if let Some(status) = filter.status {
            self.add("status = ?", [i64::from(status as u8).into()]);
        }
        let texts = [
            ("name = ?", &filter.name),
            ("session = ?", &filter.session),
            ("user = ?", &filter.user),
        ];
        for (condition, value) in texts {
            if let Some(value) = value {
                self.add(condition, [value.clone().into()]);
            }
        }
    }

    /// What is asked of the root or any span below it.
    fn add_labels(&mut self, filter: &Filter) {
        const ONE: &str = "EXISTS (SELECT 1 FROM labels WHERE labels.tree = trees.tree \
                           AND label = ? AND value = ?)";
        const EITHER: &str = "EXISTS (SELECT 1 FROM labels WHERE labels.tree = trees.tree \
                              AND label IN (?, ?) AND value = ?)";
        let label = |label: Label| Value::from(i64::from(label as u8));
        if let Some(model) = &filter.model {
            let values = [
                label(Label::Model),
                label(Label::RequestModel),
                model.clone().into(),
            ];
            self.add(EITHER, values);
        }
        for tag in &filter.tags {
            self.add(ONE, [label(Label::Tag), tag.clone().into()]);
        }
        if let Some(kind) = filter.kind {
            self.add(ONE, [label(Label::Kind), kind.as_str().to_owned().into()]);
        }
    }
}
