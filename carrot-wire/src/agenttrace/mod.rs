//! The batches of AgentTrace (and of Langfuse's older SDKs, whose format it is): `POST /api/public/ingestion`.
//!
//! A trace is a record of its own, and so are its observations, checkpoints, commits, file operations and terminal
//! commands, below it; scores are kept on what they are about. Every event says only what it knows, and the store
//! merges what is said of one id, so an update may come before what it updates.
//!
//! What is not understood is kept in the metadata, under its own name.

mod activity;
mod observation;
mod score;
mod trace;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::ingest::{self, EnvelopeError, Key, identified};
use crate::record::{RecordError, meta};
use crate::{ErrorInfo, Json, Level, Record, RecordId, SpanKind, Status};
use score::Scores;

/// Where batches are posted, below a collector's address.
pub const PATH: &str = "/api/public/ingestion";

/// A batch as it was read.
#[derive(Debug, Default)]
pub struct Batch {
    /// What it says, each record with an id.
    pub records: Vec<Record>,
    /// What it is answered once they are durable.
    pub answer: Answer,
}

/// The answer to a batch: what became of each of its events.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What was taken.
    pub successes: Vec<Success>,
    /// What was not.
    pub errors: Vec<Failure>,
}

/// An event that was taken.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Success {
    /// The event's own id, else that of what it is about.
    pub id: String,
    /// 201.
    pub status: u16,
}

/// An event that was not taken.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The event's own id, else that of what it is about; empty where neither could be read.
    pub id: String,
    /// 400.
    pub status: u16,
    /// What is wrong with it, and where.
    pub message: String,
}

/// Reads the body of a request. An event that cannot be read spoils only itself.
///
/// # Errors
///
/// The body is no JSON object with a `batch` of 1 to [`MAX_RECORDS`](ingest::MAX_RECORDS) events.
pub fn read(body: &[u8], key: Key<'_>) -> Result<Batch, EnvelopeError> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        batch: Option<Vec<&'a RawValue>>,
    }
    let events = ingest::items(body, "batch", |it: Envelope<'_>| it.batch)?;
    let mut batch = Batch::default();
    let mut scores = Scores::default();
    for (index, event) in events.into_iter().enumerate() {
        match read_event(event.get(), key, &mut scores) {
            Ok((id, record)) => {
                batch.records.extend(record);
                let success = Success { id, status: 201 };
                batch.answer.successes.push(success);
            }
            Err(error) => batch.answer.errors.push(Failure {
                id: name(event.get()),
                status: 400,
                message: format!("batch[{index}]: {error}"),
            }),
        }
    }
    batch.records.extend(scores.into_records());
    Ok(batch)
}

/// An event's name in the answer, and its record, unless it is a score.
fn read_event(
    text: &str,
    key: Key<'_>,
    scores: &mut Scores,
) -> Result<(String, Option<Record>), RecordError> {
    let mut event = Fields::read(text)?;
    let kind: String = event.required("type")?;
    let own: Option<String> = event.take("id")?;
    let body: &RawValue = event.required("body")?;
    let mut said = Said {
        fields: Fields::read(body.get())?,
        is_update: kind.ends_with("-update"),
        key,
    };
    let about: Option<String> = said.fields.take("id")?;
    if about.is_none() && said.is_update {
        let reason = "body.id: is missing: an update says what it updates";
        return Err(RecordError(reason.to_owned()));
    }
    let name = own.clone().or_else(|| about.clone());
    // Without a name it is called by all that it says, so that the same event sent again is the same record.
    let about = about.or(own);
    let about = about.unwrap_or_else(|| key(&format!("event {text}")).to_string());
    let name = name.unwrap_or_else(|| about.clone());
    if kind == "score-create" {
        scores.take(said, &about)?;
        return Ok((name, None));
    }
    let (id, external_id) = match kind.starts_with("trace-") {
        true => said.trace(about),
        false => said.observation(about),
    };
    let base = Record {
        id: Some(id),
        external_id,
        ..Record::default()
    };
    let record = match &*kind {
        "trace-create" | "trace-update" => trace::read(base, said),
        "sdk-log" => observation::log(base, said, event.take("timestamp")?),
        "checkpoint-create" => activity::checkpoint(base, said),
        "git-link-create" => activity::git_link(base, said),
        "file-operation-create" => activity::file_operation(base, said),
        "terminal-command-create" => activity::terminal_command(base, said),
        "span-create" | "span-update" => observation::read(base, said, None),
        "generation-create" | "generation-update" => {
            observation::read(base, said, Some(SpanKind::LlmCall))
        }
        "event-create" | "event-update" => observation::read(base, said, Some(SpanKind::Event)),
        "observation-create" | "observation-update" => observation::typed(base, said),
        _ => {
            let shown: String = kind.chars().take(40).collect();
            return Err(RecordError(format!("type: there is no event {shown:?}")));
        }
    };
    Ok((name, Some(record?)))
}

/// What an event that cannot be read is called by.
fn name(text: &str) -> String {
    let id = |text: &str| Fields::read(text).ok()?.take("id").ok()?;
    let body = || {
        let mut event = Fields::read(text).ok()?;
        id(event.raw("body")?.get())
    };
    id(text).or_else(body).unwrap_or_default()
}

/// The body of an event.
struct Said<'a> {
    fields: Fields<'a>,
    is_update: bool,
    key: Key<'a>,
}

impl Said<'_> {
    /// The key of a trace, and its name where that is no uuid.
    fn trace(&self, id: String) -> (RecordId, Option<String>) {
        identified(id, self.key)
    }

    /// The same of what is in a trace, which may have the trace's name.
    fn observation(&self, id: String) -> (RecordId, Option<String>) {
        identified(id, &|id| (self.key)(&format!("observation {id}")))
    }

    /// Hangs the record where it belongs: the trace is the parent as long as nothing nearer is named, by
    /// whichever event.
    fn place(&mut self, record: &mut Record, parent: &str) -> Result<(), RecordError> {
        if let Some(parent) = self.fields.take::<String>(parent)? {
            record.parent_id = Some(self.observation(parent).0);
        }
        if let Some(trace) = self.fields.take::<String>("traceId")? {
            let trace = self.trace(trace).0.to_string().into();
            let metadata = &mut record.metadata;
            metadata.insert(meta::PARENT_TRACE_ID.to_owned(), trace);
        }
        Ok(())
    }

    /// The level, and what went wrong if it says so.
    fn level(&mut self, record: &mut Record) -> Result<(), RecordError> {
        record.level = self.fields.take("level")?;
        if record.level == Some(Level::Error) {
            record.status = Some(Status::Error);
            let message: Option<String> = self.fields.take("statusMessage")?;
            record.error = message.map(failure);
        } else if record.ended_at.is_some() {
            record.status = Some(Status::Success);
        }
        Ok(())
    }

    /// Takes the metadata, and all that was not asked for.
    fn finish(mut self, mut record: Record) -> Result<Record, RecordError> {
        let users = match self.fields.take("metadata")? {
            Some(Value::Object(metadata)) => metadata,
            Some(other) => Map::from_iter([("metadata".to_owned(), other)]),
            None => Map::new(),
        };
        self.fields.into_metadata(users, &mut record);
        Ok(record)
    }

    /// Takes the fields of these names, as one object.
    fn object(&mut self, names: &[&str]) -> Result<Option<Json>, RecordError> {
        let mut object = Map::new();
        for name in names {
            if let Some(json) = self.fields.json(name)? {
                object.insert((*name).to_owned(), json.to_value());
            }
        }
        Ok((!object.is_empty()).then(|| Json::from_value(&object)))
    }
}

fn failure(message: String) -> ErrorInfo {
    ErrorInfo {
        message,
        ..ErrorInfo::default()
    }
}

#[cfg(test)]
mod tests;
