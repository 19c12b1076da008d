//! Retrace's traces and spans, as its SDKs send them over HTTP and, in the frames of [`live`](crate::live), by WebSocket.
//!
//! A trace is a record of its own, the one above all spans that name no other. What is not understood is kept in
//! the metadata, under its own name.

mod span;
mod trace;
mod view;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::ingest::{Key, MAX_RECORDS, identified};
use crate::live::{Auth, Event, ServerFrame};
use crate::record::RecordError;
use crate::{Record, RecordId, Status};

pub use trace::Golden;
pub use view::TraceView;

/// Where whole traces are posted and listed, below a collector's address.
pub const PATH: &str = "/api/v1/traces";

/// What its keys begin with.
const KEY: &str = "rt_";

/// Whether the first frame of a WebSocket is that of a Retrace SDK: it tells itself by its key.
pub fn is_spoken(auth: &Auth) -> bool {
    auth.api_key.starts_with(KEY)
}

/// Reads what a frame of a WebSocket carries.
///
/// # Errors
///
/// It is no object with an id, or one of its fields is not what it should be.
pub fn read_frame(event: Event, data: &str, key: Key<'_>) -> Result<Record, RecordError> {
    let fields = Fields::read(data)?;
    match event {
        Event::TraceStarted | Event::TraceEnded => {
            let (mut record, _) = trace::read(fields, key)?;
            // Only at the end is there something to add up.
            if event == Event::TraceStarted && record.status.is_none() {
                record.status = Some(Status::Running);
            }
            Ok(record)
        }
        Event::SpanStarted | Event::SpanEnded => span::read(fields, event, None, key),
    }
}

/// A trace that came as a whole.
#[derive(Debug)]
pub struct Trace {
    /// The trace itself.
    pub root: Record,
    /// Its spans, each with an id.
    pub spans: Vec<Record>,
}

/// Reads the body that posts a whole trace.
///
/// # Errors
///
/// It is no object with an id, one of its fields or spans is not what it should be, or there are more spans than
/// [`MAX_RECORDS`].
pub fn read_trace(body: &str, key: Key<'_>) -> Result<Trace, RecordError> {
    let (root, spans) = trace::read(Fields::read(body)?, key)?;
    if spans.len() >= MAX_RECORDS {
        let count = spans.len();
        return Err(RecordError(format!(
            "spans: {count} in one request, fewer than {MAX_RECORDS} are taken"
        )));
    }
    let read = |(place, span): (usize, &RawValue)| {
        let span = Fields::read(span.get())
            .and_then(|fields| span::read(fields, Event::SpanEnded, root.id, key));
        span.map_err(|error| RecordError(format!("spans[{place}].{error}")))
    };
    let spans = spans.into_iter().enumerate().map(read);
    let spans = spans.collect::<Result<_, _>>()?;
    Ok(Trace { root, spans })
}

/// Reads how a trace ended, for the trace of this id.
///
/// # Errors
///
/// It is no object, or one of its fields is not what it should be.
pub fn read_end(body: &str, id: RecordId) -> Result<Record, RecordError> {
    let (record, spans) = trace::read_as(Fields::read(body)?, Some(id), None)?;
    if !spans.is_empty() {
        return Err(RecordError("spans: are posted with their trace".to_owned()));
    }
    Ok(record)
}

/// A frame for a Retrace SDK, which reads what an error says under another name.
pub fn write_frame(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Error { message, seq } => {
            let mut frame = serde_json::json!({"type": "error", "error": message});
            if let Some(seq) = seq {
                frame["seq"] = (*seq).into();
            }
            frame.to_string()
        }
        other => other.write(),
    }
}

/// Takes the metadata, and all that was not asked for.
fn finish(mut fields: Fields<'_>, mut record: Record) -> Result<Record, RecordError> {
    let users: Option<Map<String, Value>> = fields.take("metadata")?;
    fields.into_metadata(users.unwrap_or_default(), &mut record);
    Ok(record)
}

#[cfg(test)]
mod tests;
