//! The Carrot dialect: `POST /v1/traces/ingest`.

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ACCEPT_ENCODING, HeaderValue};
use axum::response::Response;
use carrot_wire::ingest::{Accepted, AcceptedRecord, RejectedRecord};
use carrot_wire::{Record, RecordId};
use serde::Deserialize;
use serde_json::value::RawValue;
use twox_hash::xxhash3_128::Hasher;

use super::{body, in_background, store};
use crate::api::{self, ApiError};
use crate::project::Project;
use crate::server::App;

/// Takes records; they are durable when this answers.
pub(crate) async fn ingest(
    State(app): State<App>,
    Project(project): Project,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let body = body::read(&head.headers, body, app.body_limit).await?;
    let space = project.clone();
    let read = move || {
        let body = body.unpack()?;
        let (records, accepted) = read(&body, &space)?;
        Ok((records, accepted, body.len()))
    };
    let (records, accepted, bytes) = in_background(read).await?;
    store(&app, project, records, bytes).await?;
    let mut answer = api::json(StatusCode::ACCEPTED, &accepted);
    // So that a client learns what it may send the next time (RFC 7694).
    let encodings = HeaderValue::from_static(body::ENCODINGS);
    answer.headers_mut().insert(ACCEPT_ENCODING, encodings);
    Ok(answer)
}

fn read(body: &Bytes, project: &str) -> Result<(Vec<Record>, Accepted), ApiError> {
    let read = carrot_wire::ingest::read(body)
        .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let mut accepted = Accepted::default();
    let mut records = Vec::with_capacity(read.len());
    for (index, record) in read.into_iter().enumerate() {
        match record {
            Ok(record) => {
                let id = flatten(record, project, &mut records);
                accepted.traces.push(AcceptedRecord { id });
            }
            Err(error) => accepted.errors.push(RejectedRecord {
                index,
                id: None,
                error: error.to_string(),
            }),
        }
    }
    if !accepted.errors.is_empty() {
        name_rejected(body, &mut accepted.errors);
    }
    Ok((records, accepted))
}

/// Takes a record and its children apart, each with its id and its parent's, and gives the top id.
pub(super) fn flatten(mut record: Record, project: &str, flat: &mut Vec<Record>) -> RecordId {
    let id = record.id.unwrap_or_else(|| made_id(&record, project));
    record.id = Some(id);
    let mut waiting = vec![record];
    while let Some(mut record) = waiting.pop() {
        let parent = record.id;
        for (place, mut child) in std::mem::take(&mut record.children).into_iter().enumerate() {
            if child.id.is_none() {
                // Equal siblings are two steps, not one: the parent and the place tell them apart.
                let space = format!("{}/{place}", parent.unwrap_or_default());
                child.id = Some(made_id(&child, &space));
            }
            if child.parent().is_none() {
                child.parent_id = parent;
            }
            waiting.push(child);
        }
        flat.push(record);
    }
    id
}

/// The id of a record that came without: of its sender's own id if there is one, else of all that it
/// says, so that the same record sent again is the same record.
fn made_id(record: &Record, space: &str) -> RecordId {
    match &record.external_id {
        Some(external) => foreign_id(external, space),
        // A record of any content can be written; none is the content of an empty one.
        None => hashed(space, &serde_json::to_vec(record).unwrap_or_default()),
    }
}

/// The id of a record that its sender calls by an id which is no uuid.
pub(super) fn foreign_id(external: &str, space: &str) -> RecordId {
    hashed(space, external.as_bytes())
}

/// Stored: never to be changed.
fn hashed(space: &str, bytes: &[u8]) -> RecordId {
    let mut hasher = Hasher::new();
    hasher.write(space.as_bytes());
    hasher.write(&[0]);
    hasher.write(bytes);
    // With the bits of a uuid v8 (RFC 9562, section 5.8), which is for ids made by other means.
    let uuid = hasher.finish_128() & !((0xf << 76) | (0x3 << 62)) | (0x8 << 76) | (0x2 << 62);
    RecordId(uuid)
}

/// Adds the ids of rejected records where they can be read, for senders that sort by id.
fn name_rejected(body: &Bytes, errors: &mut [RejectedRecord]) {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        traces: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Id {
        id: RecordId,
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(body) else {
        return;
    };
    for error in errors {
        let record = envelope.traces.get(error.index);
        let id = record.and_then(|record| serde_json::from_str::<Id>(record.get()).ok());
        error.id = id.map(|record| record.id);
    }
}
