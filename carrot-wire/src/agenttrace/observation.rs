//! Spans, generations and events, and what the SDK says of itself.

use serde_json::{Map, Value};

use super::Said;
use crate::record::{RecordError, meta};
use crate::{Level, Record, SpanKind, Status, Timestamp};

/// An observation that says itself of which kind it is.
pub(super) fn typed(mut base: Record, mut said: Said<'_>) -> Result<Record, RecordError> {
    let what: Option<String> = said.fields.take("type")?;
    let what = what.unwrap_or_default();
    let kind = match &*what.to_ascii_lowercase() {
        "generation" => Some(SpanKind::LlmCall),
        "event" => Some(SpanKind::Event),
        "tool" => Some(SpanKind::ToolCall),
        "retriever" => Some(SpanKind::Retrieval),
        "embedding" => Some(SpanKind::Embedding),
        "agent" => Some(SpanKind::Agent),
        "span" | "" => None,
        _ => {
            base.metadata.insert("type".to_owned(), what.into());
            None
        }
    };
    read(base, said, kind)
}

/// An observation of a kind; a span has none of its own.
pub(super) fn read(
    base: Record,
    mut said: Said<'_>,
    kind: Option<SpanKind>,
) -> Result<Record, RecordError> {
    let fields = &mut said.fields;
    let mut record = Record {
        kind,
        name: fields.take("name")?,
        input: fields.json("input")?,
        output: fields.json("output")?,
        started_at: fields.take("startTime")?,
        ended_at: fields.take("endTime")?,
        ..base
    };
    if record.kind == Some(SpanKind::Event) {
        record.ended_at = record.ended_at.or(record.started_at);
        if !said.is_update {
            record.status = Some(Status::Success);
        }
    }
    if let Some(model) = said.fields.take::<String>("model")? {
        record.metadata.insert(meta::MODEL.to_owned(), model.into());
    }
    first_token(&mut record, &mut said)?;
    usage(&mut record, &mut said)?;
    said.place(&mut record, "parentObservationId")?;
    said.level(&mut record)?;
    said.finish(record)
}

/// The time to the first token, where the start is in the same event; the point in time stays either way.
fn first_token(record: &mut Record, said: &mut Said<'_>) -> Result<(), RecordError> {
    const NAME: &str = "completionStartTime";
    let Some(first) = said.fields.take::<Timestamp>(NAME)? else {
        return Ok(());
    };
    record
        .metadata
        .insert(NAME.to_owned(), first.to_string().into());
    if let Some(started) = record.started_at {
        let waited = first.since(started).as_millis() as u64;
        record
            .metadata
            .insert(meta::TTFT_MS.to_owned(), waited.into());
    }
    Ok(())
}

/// What an amount of `usage` is called here.
const AMOUNTS: [(&str, &str); 12] = [
    ("input", meta::INPUT_TOKENS),
    ("promptTokens", meta::INPUT_TOKENS),
    ("inputTokens", meta::INPUT_TOKENS),
    ("output", meta::OUTPUT_TOKENS),
    ("completionTokens", meta::OUTPUT_TOKENS),
    ("outputTokens", meta::OUTPUT_TOKENS),
    ("total", meta::TOTAL_TOKENS),
    ("totalTokens", meta::TOTAL_TOKENS),
    ("cacheReadTokens", meta::CACHED_TOKENS),
    ("cacheCreationTokens", meta::CACHE_WRITE_TOKENS),
    ("reasoningTokens", meta::REASONING_TOKENS),
    ("totalCost", meta::COST_USD),
];

fn usage(record: &mut Record, said: &mut Said<'_>) -> Result<(), RecordError> {
    let Some(mut usage) = said.fields.take::<Map<String, Value>>("usage")? else {
        return Ok(());
    };
    for (name, ours) in AMOUNTS {
        let is_amount = |value: &Value| match ours {
            meta::COST_USD => value.is_number(),
            _ => value.is_u64(),
        };
        if let Some(amount) = usage.get(name).filter(|amount| is_amount(amount)).cloned() {
            record.metadata.insert(ours.to_owned(), amount);
            usage.remove(name);
        }
    }
    usage.retain(|_, value| !value.is_null());
    if !usage.is_empty() {
        record.metadata.insert("usage".to_owned(), usage.into());
    }
    Ok(())
}

/// A line of the SDK's log: an event of the trace that it names, or by itself.
pub(super) fn log(
    base: Record,
    mut said: Said<'_>,
    at: Option<Timestamp>,
) -> Result<Record, RecordError> {
    let fields = &mut said.fields;
    let at = fields.take("timestamp")?.or(at);
    let mut said_so = fields.json("log")?;
    if said_so.is_none() {
        said_so = fields.json("message")?;
    }
    let mut record = Record {
        name: Some("sdk-log".to_owned()),
        kind: Some(SpanKind::Event),
        output: said_so,
        status: Some(Status::Success),
        started_at: at,
        ended_at: at,
        ..base
    };
    said.place(&mut record, "observationId")?;
    said.level(&mut record)?;
    record.level = record.level.or(Some(Level::Debug));
    said.finish(record)
}
