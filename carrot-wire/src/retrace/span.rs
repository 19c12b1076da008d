//! One step of a trace.

use super::{Key, finish, identified};
use crate::fields::Fields;
use crate::live::Event;
use crate::record::{RecordError, meta};
use crate::{Record, RecordId, SpanKind, Status};

/// What is kept in the metadata: Retrace's name and ours.
const METADATA: [(&str, &str); 4] = [
    ("model", meta::MODEL),
    ("agent_id", meta::AGENT),
    ("agent_role", meta::AGENT_ROLE),
    ("parent_agent_id", meta::PARENT_AGENT),
];
const COUNTS: [(&str, &str); 3] = [
    ("input_tokens", meta::INPUT_TOKENS),
    ("output_tokens", meta::OUTPUT_TOKENS),
    ("duration_ms", meta::LATENCY_MS),
];

/// Reads one, which is in this trace if it names no other.
pub(super) fn read(
    mut fields: Fields<'_>,
    event: Event,
    trace: Option<RecordId>,
    key: Key<'_>,
) -> Result<Record, RecordError> {
    let (id, external_id) = identified(fields.required("id")?, key);
    let mut record = Record {
        id: Some(id),
        external_id,
        name: fields.take("name")?,
        input: fields.json("input")?,
        output: fields.json("output")?,
        error: fields.error()?,
        started_at: fields.take("started_at")?,
        ended_at: fields.take("ended_at")?,
        logprobs: fields.json("logprobs")?,
        ..Record::default()
    };
    if let Some(kind) = fields.take::<String>("span_type")? {
        record.kind = SpanKind::from_name(&kind);
        if record.kind.is_none() {
            record.metadata.insert("span_type".to_owned(), kind.into());
        }
    }
    for (name, ours) in METADATA {
        if let Some(text) = fields.take::<String>(name)? {
            record.metadata.insert(ours.to_owned(), text.into());
        }
    }
    for (name, ours) in COUNTS {
        if let Some(count) = fields.take::<u64>(name)? {
            record.metadata.insert(ours.to_owned(), count.into());
        }
    }
    if let Some(cost) = fields.take::<f64>("cost")? {
        record
            .metadata
            .insert(meta::COST_USD.to_owned(), cost.into());
    }
    // The trace is above as long as nothing nearer is named, by whichever frame.
    let above: Option<String> = fields.take("trace_id")?;
    if let Some(trace) = above.map(|it| identified(it, key).0).or(trace) {
        let name = meta::PARENT_TRACE_ID.to_owned();
        record.metadata.insert(name, trace.to_string().into());
    }
    let parent: Option<String> = fields.take("parent_id")?;
    record.parent_id = parent.map(|it| identified(it, key).0);
    // A span that is over before it is told of is told of by both frames.
    record.status = Some(if record.error.is_some() {
        Status::Error
    } else if event == Event::SpanEnded || record.ended_at.is_some() {
        Status::Success
    } else {
        Status::Running
    });
    finish(fields, record)
}
