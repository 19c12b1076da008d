//! The collector's answers, read.

use anyhow::Context;
use carrot_wire::draw;
use carrot_wire::{Record, RecordId, Status, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Names are cut at so many characters: a row is a line.
const MAX_NAME: usize = 60;

/// A page of the list.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    traces: Vec<&'a RawValue>,
}

/// A line of the list.
#[derive(Deserialize)]
pub(crate) struct Row {
    pub(crate) id: RecordId,
    #[serde(default)]
    name: Option<String>,
    pub(crate) status: Status,
    pub(crate) started_at: Timestamp,
    #[serde(default)]
    pub(crate) ended_at: Option<Timestamp>,
    totals: Totals,
}

#[derive(Deserialize)]
struct Totals {
    spans: u64,
    total_tokens: u64,
    cost_usd: Option<f64>,
}

/// The rows of a page.
pub(crate) fn rows(page: &str) -> anyhow::Result<Vec<Row>> {
    let page: Page<'_> = serde_json::from_str(page).context("the list cannot be read")?;
    page.traces
        .into_iter()
        .map(|row| self::row(row.get()))
        .collect()
}

/// One row.
pub(crate) fn row(text: &str) -> anyhow::Result<Row> {
    serde_json::from_str(text).context("a row of the list cannot be read")
}

/// What is said of a nested trace besides its records.
#[derive(Deserialize)]
struct Extra {
    totals: Totals,
    #[serde(default)]
    truncated: bool,
}

/// A trace, flat, and a note if spans are missing.
pub(crate) fn records(text: &str) -> anyhow::Result<(Vec<Record>, Option<String>)> {
    let root = Record::from_json(text).context("the trace cannot be read")?;
    let extra: Extra = serde_json::from_str(text).context("the trace cannot be read")?;
    let mut records = Vec::new();
    let mut waiting = vec![root];
    while let Some(mut record) = waiting.pop() {
        let children = std::mem::take(&mut record.children);
        // Reversed, so that siblings come off in their order.
        waiting.extend(children.into_iter().rev().map(|mut child| {
            // The nesting holds, whatever the child says of itself.
            child.parent_id = record.id;
            child
        }));
        records.push(record);
    }
    let total = extra.totals.spans;
    let note = extra
        .truncated
        .then(|| format!("the top {} of {total} spans", records.len()));
    Ok((records, note))
}

impl Row {
    /// Started, name, status, spans, latency, tokens, cost, id.
    pub(crate) fn cells(&self) -> [String; 8] {
        let latency = self.ended_at.map(|ended| ended.since(self.started_at));
        let tokens = self.totals.total_tokens;
        [
            self.time(),
            draw::one_line(self.name.as_deref().unwrap_or("(no name)"), MAX_NAME),
            self.status.to_string(),
            self.totals.spans.to_string(),
            latency.map(draw::duration).unwrap_or_default(),
            if tokens > 0 {
                tokens.to_string()
            } else {
                String::new()
            },
            self.totals.cost_usd.map(draw::usd).unwrap_or_default(),
            self.id.to_string(),
        ]
    }

    /// Date and time to the second, in UTC.
    fn time(&self) -> String {
        let time = self.started_at.to_string();
        let seconds = time.get(.."2026-01-31T12:00:00".len()).unwrap_or(&time);
        format!("{}Z", seconds.replace('T', " "))
    }
}
