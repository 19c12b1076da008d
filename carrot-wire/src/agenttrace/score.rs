//! Verdicts on traces and observations.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Said;
use crate::record::{RecordError, meta};
use crate::{Json, Record, RecordId};

/// The scores of a batch, those on one record together: a thousand of them are one change.
#[derive(Default)]
pub(super) struct Scores {
    /// What is known of each record, and its scores.
    about: Vec<(Record, Vec<Value>)>,
    places: HashMap<RecordId, usize>,
}

impl Scores {
    /// Takes one, of this id.
    pub(super) fn take(&mut self, mut said: Said<'_>, own: &str) -> Result<(), RecordError> {
        let mut about = Record::default();
        said.place(&mut about, "observationId")?;
        let trace = about.metadata.get(meta::PARENT_TRACE_ID);
        let trace = trace.and_then(|id| id.as_str()?.parse().ok());
        // On an observation if it says so, and else on the trace.
        let id = about.parent_id.take().or(trace);
        let id = id.ok_or_else(|| RecordError("traceId: is missing".to_owned()))?;
        if trace == Some(id) {
            about.metadata.clear();
        }
        about.id = Some(id);
        let score = read(said, own)?;
        let place = *self.places.entry(id).or_insert_with(|| {
            self.about.push((about, Vec::new()));
            self.about.len() - 1
        });
        if let Some((_, scores)) = self.about.get_mut(place) {
            scores.push(score);
        }
        Ok(())
    }

    /// What is known of each record that has some: them.
    pub(super) fn into_records(self) -> impl Iterator<Item = Record> {
        self.about.into_iter().map(|(record, scores)| Record {
            scores: Some(Json::from_value(&scores)),
            ..record
        })
    }
}

fn read(mut said: Said<'_>, id: &str) -> Result<Value, RecordError> {
    let fields = &mut said.fields;
    let name: String = fields.required("name")?;
    let text: Option<Value> = fields.take::<String>("stringValue")?.map(Value::from);
    let value: Option<Value> = fields.take("value")?;
    let kind: Option<String> = fields.take("dataType")?;
    let (kind, value) = typed(kind.as_deref(), value, text)?;
    let known = json!({"id": id, "name": name, "value": value, "data_type": kind});
    let mut score = said.fields.rest();
    if let Value::Object(known) = known {
        score.extend(known);
    }
    Ok(score.into())
}

/// The type, told by the value where it is not said, and the value as that type has it.
fn typed(
    kind: Option<&str>,
    value: Option<Value>,
    text: Option<Value>,
) -> Result<(&'static str, Value), RecordError> {
    let refuse = |reason: &str| Err(RecordError(reason.to_owned()));
    let Some(value) = (match kind {
        Some("CATEGORICAL") => text.or(value),
        _ => value.or(text),
    }) else {
        return refuse("value: is missing");
    };
    let kind = match (kind, &value) {
        (Some("NUMERIC"), _) | (None, Value::Number(_)) => "NUMERIC",
        (Some("BOOLEAN"), _) | (None, Value::Bool(_)) => "BOOLEAN",
        (Some("CATEGORICAL"), _) | (None, Value::String(_)) => "CATEGORICAL",
        (None, _) => return refuse("value: is no number, text or truth"),
        (Some(_), _) => return refuse("dataType: one of NUMERIC, BOOLEAN, CATEGORICAL"),
    };
    match (kind, &value) {
        ("NUMERIC", Value::Number(_)) | ("CATEGORICAL", Value::String(_)) => Ok((kind, value)),
        ("BOOLEAN", Value::Bool(truth)) => Ok((kind, u8::from(*truth).into())),
        ("BOOLEAN", Value::Number(number)) => match number.as_f64() {
            Some(0.0) => Ok((kind, 0.into())),
            Some(1.0) => Ok((kind, 1.into())),
            _ => refuse("value: a BOOLEAN is 0 or 1"),
        },
        ("NUMERIC", _) => refuse("value: is no number, but dataType is NUMERIC"),
        ("BOOLEAN", _) => refuse("value: a BOOLEAN is 0 or 1"),
        _ => refuse("value: is no text, but dataType is CATEGORICAL"),
    }
}
