//! The order of siblings, the same in every run.

use carrot_wire::{Json, Record, Timestamp};

use super::span::sorted;

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
        if end - start > 1 {
            records[start..end].sort_by_cached_key(content);
        }
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

/// What a record is and did. Its values with their keys in order, as they stand in a snapshot.
fn content(record: &Record) -> impl Ord + use<> {
    let text = |json: &Option<Json>| json.as_ref().map(|json| sorted(json).to_string());
    let (input, output) = (text(&record.input), text(&record.output));
    (record.name.clone(), input, output, record.started_at)
}
