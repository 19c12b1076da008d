//! A trace: the record that all spans are below.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Key, finish, identified};
use crate::fields::Fields;
use crate::record::{RecordError, meta};
use crate::{Record, RecordId, Status};

/// The metadata that says whether a trace is one that others are compared with.
pub(super) const GOLDEN: &str = "golden";

/// Reads a trace, and gives its spans as they are.
pub(super) fn read<'a>(
    mut fields: Fields<'a>,
    key: Key<'_>,
) -> Result<(Record, Vec<&'a RawValue>), RecordError> {
    let (id, external_id) = identified(fields.required("id")?, key);
    read_as(fields, Some(id), external_id)
}

/// The same without its id.
pub(super) fn read_as<'a>(
    mut fields: Fields<'a>,
    id: Option<RecordId>,
    external_id: Option<String>,
) -> Result<(Record, Vec<&'a RawValue>), RecordError> {
    let spans: Vec<&RawValue> = fields.take("spans")?.unwrap_or_default();
    let mut record = Record {
        id,
        external_id,
        name: fields.take("name")?,
        input: fields.json("input")?,
        output: fields.json("output")?,
        status: fields.take("status")?,
        error: fields.error()?,
        started_at: fields.take("started_at")?,
        ended_at: fields.take("ended_at")?,
        session_id: fields.take("session_id")?,
        project: fields.take("project_id")?,
        ..Record::default()
    };
    if record.status.is_none() && record.ended_at.is_some() {
        let failed = record.error.is_some();
        record.status = Some(if failed {
            Status::Error
        } else {
            Status::Success
        });
    }
    // A trace that begins has used nothing yet; of one that used nothing there is nothing to say.
    let totals = [
        ("total_tokens", meta::TOTAL_TOKENS),
        ("total_duration_ms", meta::LATENCY_MS),
    ];
    for (name, ours) in totals {
        if let Some(count) = fields.take::<u64>(name)?.filter(|&count| count > 0) {
            record.metadata.insert(ours.to_owned(), count.into());
        }
    }
    if let Some(cost) = fields.take::<f64>("total_cost")?.filter(|&cost| cost > 0.0) {
        record
            .metadata
            .insert(meta::COST_USD.to_owned(), cost.into());
    }
    Ok((finish(fields, record)?, spans))
}

/// Whether a trace is one that others are compared with: `{"golden": bool}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Golden {
    /// It is.
    pub golden: bool,
}

impl Golden {
    /// What says so of the record of this id.
    pub fn record(self, id: RecordId) -> Record {
        let mut record = Record {
            id: Some(id),
            ..Record::default()
        };
        record
            .metadata
            .insert(GOLDEN.to_owned(), self.golden.into());
        record
    }
}
