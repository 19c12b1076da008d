//! The order of siblings, the same in every run.

use std::cmp::Ordering;

use carrot_wire::{Record, Timestamp};

/// Sorts by start; those that overlap in time with each other by what they are and did. Times are then made such
/// that a tree of the records keeps that order: only their order is left of them.
pub(super) fn in_stable_order(mut records: Vec<Record>) -> Vec<Record> {
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
            *began = Timestamp::from_nanos(place as i64);
            record.ended_at = record
                .ended_at
                .map(|_| Timestamp::from_nanos(place as i64 + took));
        }
    }
    records
}

fn by_content(a: &Record, b: &Record) -> Ordering {
    let input = |record: &Record| record.input.as_ref().map(|json| json.as_str().to_owned());
    let output = |record: &Record| record.output.as_ref().map(|json| json.as_str().to_owned());
    a.name
        .cmp(&b.name)
        .then_with(|| input(a).cmp(&input(b)))
        .then_with(|| output(a).cmp(&output(b)))
        .then(a.started_at.cmp(&b.started_at))
}
