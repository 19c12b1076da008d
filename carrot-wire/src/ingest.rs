//! The body of `POST /v1/traces/ingest` and its answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::record::RecordError;
use crate::{Record, RecordId};

/// The most records that one request may carry.
pub const MAX_RECORDS: usize = 10_000;

/// Gives the key of the record that a sender calls by an id which is no uuid.
pub type Key<'a> = &'a dyn Fn(&str) -> RecordId;

/// The key of what is called so, and its name where that is no uuid.
pub(crate) fn identified(id: String, key: Key<'_>) -> (RecordId, Option<String>) {
    match id.parse() {
        Ok(id) => (id, None),
        Err(_) => (key(&id), Some(id)),
    }
}

/// What is wrong with a whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeError(String);

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EnvelopeError {}

/// Reads a body: a result for each record, in the order sent, with its children still inside.
pub fn read(body: &[u8]) -> Result<Vec<Result<Record, RecordError>>, EnvelopeError> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        traces: Option<Vec<&'a RawValue>>,
    }
    let traces = items(body, "traces", |it: Envelope<'_>| it.traces)?;
    Ok(traces
        .into_iter()
        .map(|raw| Record::from_json(raw.get()))
        .collect())
}

/// What the envelope `E` of a body has under `name`: at least one, and no more than [`MAX_RECORDS`].
pub(crate) fn items<'a, E: Deserialize<'a>>(
    body: &'a [u8],
    name: &str,
    items: fn(E) -> Option<Vec<&'a RawValue>>,
) -> Result<Vec<&'a RawValue>, EnvelopeError> {
    use serde_json::error::Category;
    let refuse = |reason| Err(EnvelopeError(reason));
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            return refuse(format!("body is not UTF-8 (byte {at})"));
        }
    };
    let found = match serde_json::from_str(text).map(items) {
        Ok(Some(found)) => found,
        Ok(None) => {
            return refuse(format!("body has no {name}: send {{\"{name}\": [...]}}"));
        }
        Err(error) if error.classify() == Category::Data => {
            return refuse(format!("body must be an object {{\"{name}\": [...]}}"));
        }
        Err(error) => return refuse(format!("body is not JSON: {error}")),
    };
    match found.len() {
        0 => refuse(format!("{name} must not be empty")),
        1..=MAX_RECORDS => Ok(found),
        count => refuse(format!(
            "{count} {name} in one request, at most {MAX_RECORDS} are taken: send them in several"
        )),
    }
}

/// The answer to an ingest request.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// What was taken, durably.
    pub traces: Vec<AcceptedRecord>,
    /// What was not.
    #[serde(default)]
    pub errors: Vec<RejectedRecord>,
}

/// One record that was taken.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedRecord {
    /// Its key.
    pub id: RecordId,
}

/// One record that was not taken.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRecord {
    /// Its place in the request, from 0.
    pub index: usize,
    /// Its key, where that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RecordId>,
    /// What is wrong with it.
    pub error: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(body: &str) -> String {
        read(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_bad_body_is_refused_as_a_whole() {
        assert_eq!(message(r#"{"traces":[]}"#), "traces must not be empty");
        assert!(message("{}").starts_with("body has no traces"));
        assert!(message("[]").starts_with("body must be an object"));
        assert!(message(r#"{"traces":{}}"#).starts_with("body must be an object"));
        assert!(message("{").starts_with("body is not JSON: EOF"));
        assert_eq!(
            read(b"\xff").unwrap_err().to_string(),
            "body is not UTF-8 (byte 0)"
        );
        let many = format!(r#"{{"traces":[{}{{}}]}}"#, "{},".repeat(MAX_RECORDS));
        assert!(message(&many).starts_with("10001 traces in one request, at most 10000"));
    }

    #[test]
    fn a_bad_record_spoils_only_itself() {
        let records = read(br#"{"traces":[{"name":"a"},{"id":"x"},{"name":"c"}]}"#).unwrap();
        assert_eq!(records[0].as_ref().unwrap().name.as_deref(), Some("a"));
        assert!(records[1].is_err());
        assert_eq!(records[2].as_ref().unwrap().name.as_deref(), Some("c"));
    }

    proptest! {
        #[test]
        fn no_body_panics(bytes: Vec<u8>, text in "\\PC*") {
            let _ = read(&bytes);
            let _ = read(format!(r#"{{"traces":[{text}]}}"#).as_bytes());
        }
    }
}
