//! Captured traces as trees that compare and print the same in every run.

use std::cmp::Ordering;

use carrot_wire::draw::{self, Style};
use carrot_wire::record::{ErrorInfo, meta};
use carrot_wire::tree::Forest;
use carrot_wire::{Json, Record, SpanKind, Status, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

/// The metadata that differs from run to run.
const UNSTABLE: [&str; 3] = [meta::LATENCY_MS, meta::TTFT_MS, "request_id"];

/// The traces of one capture: roots with their children, in a stable order.
///
/// Spans that ran one after the other keep their order; spans that ran at the same time are sorted by
/// name and input.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Traces {
    roots: Vec<Span>,
    #[serde(skip)]
    forest: Forest,
    #[serde(skip)]
    records: Vec<Record>,
}

/// One span of a capture.
#[derive(Debug, Clone, Serialize)]
pub struct Span {
    name: String,
    kind: SpanKind,
    status: Status,
    #[serde(skip_serializing_if = "Value::is_null")]
    input: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    output: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorInfo>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "is_empty")]
    metadata: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Span>,
}

fn is_empty(metadata: &Value) -> bool {
    metadata.as_object().is_none_or(Map::is_empty)
}

impl Traces {
    pub(super) fn new(records: Vec<Record>) -> Traces {
        let sent = records.clone();
        let records = in_stable_order(records);
        let forest = Forest::new(records.clone());
        // From the leaves up: each span takes its children, which are made already.
        let mut made: Vec<Option<Span>> = records.iter().map(|_| None).collect();
        let order: Vec<usize> = forest.walk().map(|step| step.index).collect();
        for &index in order.iter().rev() {
            let children = forest
                .children(index)
                .iter()
                .filter_map(|&child| made[child].take())
                .collect();
            made[index] = Some(Span::new(&records[index], children));
        }
        let roots = forest
            .roots()
            .iter()
            .filter_map(|&root| made[root].take())
            .collect();
        Traces {
            roots,
            forest,
            records: sent,
        }
    }

    /// The roots.
    pub fn roots(&self) -> &[Span] {
        &self.roots
    }

    /// Every span, each before its children.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        let mut stack: Vec<&Span> = self.roots.iter().rev().collect();
        std::iter::from_fn(move || {
            let span = stack.pop()?;
            stack.extend(span.children.iter().rev());
            Some(span)
        })
    }

    /// The first span of this name.
    pub fn find(&self, name: &str) -> Option<&Span> {
        self.spans().find(|span| span.name == name)
    }

    /// The trees as text, a line a span, without times.
    pub fn render(&self) -> String {
        draw::draw(
            &self.forest,
            Style {
                timeless: true,
                color: false,
            },
        )
    }

    /// The records as they would have been sent, with their real ids and times, in the order in which
    /// they ended.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
}

impl Span {
    fn new(record: &Record, children: Vec<Span>) -> Span {
        let value = |json: &Option<Json>| json.as_ref().map_or(Value::Null, Json::to_value);
        let mut metadata = record.metadata.clone();
        metadata.retain(|key, _| !UNSTABLE.contains(&key.as_str()));
        // What every span of the attribute says is not worth a line in every snapshot.
        if metadata
            .get(meta::SOURCE)
            .is_some_and(|source| source == "decorator")
        {
            metadata.remove(meta::SOURCE);
        }
        // The `{"error", "error_type"}` that stands for a missing output repeats the error.
        let output = if record.error.is_some() {
            Value::Null
        } else {
            value(&record.output)
        };
        Span {
            name: record.name.clone().unwrap_or_default(),
            kind: record.kind_or_default(),
            status: record.status.unwrap_or(Status::Running),
            input: value(&record.input),
            output,
            error: record.error.clone(),
            tags: record.tags.clone().unwrap_or_default(),
            metadata: Value::Object(metadata),
            children,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind on the wire: `function`, `llm_call`, …
    pub fn kind(&self) -> &'static str {
        self.kind.as_str()
    }

    /// Its status on the wire: `success`, `error`, `cancelled` or `running`.
    pub fn status(&self) -> &'static str {
        self.status.as_str()
    }

    /// What went in, by name; null if nothing was recorded.
    pub fn input(&self) -> &Value {
        &self.input
    }

    /// What came out; null if nothing was recorded.
    pub fn output(&self) -> &Value {
        &self.output
    }

    /// Why it failed.
    pub fn error(&self) -> Option<&ErrorInfo> {
        self.error.as_ref()
    }

    /// Its tags.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Its metadata, an object, without what differs from run to run.
    pub fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// The spans directly below it.
    pub fn children(&self) -> &[Span] {
        &self.children
    }
}

impl Drop for Span {
    /// A tree may be deeper than the stack: the children are taken apart in a loop.
    fn drop(&mut self) {
        let mut stack = std::mem::take(&mut self.children);
        while let Some(mut span) = stack.pop() {
            stack.append(&mut span.children);
        }
    }
}

/// Sorts by start; those that overlap in time with each other by name, input and id. Times are then made such
/// that a tree of the records keeps that order: only their order is left of them.
fn in_stable_order(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_key(|record| (record.parent_id, record.started_at));
    let mut start = 0;
    while start < records.len() {
        let mut until = records[start].ended_at;
        let mut end = start + 1;
        while end < records.len()
            && records[end].parent_id == records[start].parent_id
            && until.is_none_or(|until| records[end].started_at.is_some_and(|began| began < until))
        {
            until = until.zip(records[end].ended_at).map(|(a, b)| a.max(b));
            end += 1;
        }
        records[start..end].sort_by(by_content);
        start = end;
    }
    for (place, record) in records.iter_mut().enumerate() {
        let took = record.latency().unwrap_or_default().as_nanos() as i64;
        if let Some(began) = record.started_at.as_mut() {
            let _ = std::mem::replace(began, Timestamp::from_nanos(place as i64));
            record.ended_at = record
                .ended_at
                .map(|_| Timestamp::from_nanos(place as i64 + took));
        }
    }
    records
}

fn by_content(a: &Record, b: &Record) -> Ordering {
    let input = |record: &Record| record.input.as_ref().map(|input| input.as_str().to_owned());
    a.name
        .cmp(&b.name)
        .then_with(|| input(a).cmp(&input(b)))
        .then(a.started_at.cmp(&b.started_at))
}
