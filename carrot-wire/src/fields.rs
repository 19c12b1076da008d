//! The fields of an object, taken out one by one, so that each mistake names its field.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::record::{MAX_VALUE_DEPTH, RecordError, meta};
use crate::{ErrorInfo, Json, Record};

/// The fields of one object that are not read yet; null is the same as absent.
pub(crate) struct Fields<'a>(HashMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Fields<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Fields<'a>, RecordError> {
        #[derive(Deserialize)]
        struct Borrowed<'a>(#[serde(borrow)] HashMap<Cow<'a, str>, &'a RawValue>);
        if !text.trim_start().starts_with('{') {
            return Err(RecordError("a record must be a JSON object".to_owned()));
        }
        match serde_json::from_str(text) {
            Ok(Borrowed(fields)) => Ok(Fields(fields)),
            Err(error) => Err(RecordError(format!("not JSON: {error}"))),
        }
    }

    pub(crate) fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        self.0.remove(name).filter(|raw| raw.get() != "null")
    }

    pub(crate) fn take<T: Deserialize<'a>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, RecordError> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        serde_json::from_str(raw.get()).map(Some).map_err(|error| {
            // Without the " at line 1 column 9" of a text that the sender never saw by itself, and
            // without quoting more of the value than shows which it was.
            let mut error = error.to_string();
            if let Some(at) = error.rfind(" at line ") {
                error.truncate(at);
            }
            RecordError(format!("{name}: {}", shorten(&error)))
        })
    }

    /// A field that must be there.
    pub(crate) fn required<T: Deserialize<'a>>(&mut self, name: &str) -> Result<T, RecordError> {
        let value = self.take(name)?;
        value.ok_or_else(|| RecordError(format!("{name}: is missing")))
    }

    /// Whether a field says `true`.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.raw(name).is_some_and(|raw| raw.get() == "true")
    }

    pub(crate) fn json(&mut self, name: &str) -> Result<Option<Json>, RecordError> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        if crate::json::depth(raw.get()) > MAX_VALUE_DEPTH {
            return Err(RecordError(format!(
                "{name}: nested deeper than {MAX_VALUE_DEPTH} levels"
            )));
        }
        Ok(Some(Json::from(raw.to_owned())))
    }

    /// What nobody has taken, as it was sent.
    pub(crate) fn rest(self) -> Map<String, Value> {
        let fields = self.0.into_iter().filter(|(_, raw)| raw.get() != "null");
        let mut fields: Vec<_> = fields.collect();
        // Always in the same order, so that the same bytes make the same record.
        fields.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let value = |raw: &RawValue| Json::from(raw.to_owned()).to_value();
        let fields = fields.into_iter();
        fields
            .map(|(name, raw)| (name.into_owned(), value(raw)))
            .collect()
    }

    /// Puts a user's metadata into the record, and beside it what nobody has taken. What a user calls by a name of ours, or of
    /// a field, is kept as `metadata.{name}`.
    pub(crate) fn into_metadata(self, users: Map<String, Value>, record: &mut Record) {
        record.metadata.extend(self.rest());
        for (name, value) in users {
            let is_taken = record.metadata.contains_key(&name);
            let name = if is_taken {
                format!("metadata.{name}")
            } else {
                name
            };
            record.metadata.insert(name, value);
        }
        let source = record.metadata.entry(meta::SOURCE);
        source.or_insert_with(|| "sdk".into());
    }

    /// Our `{message, type, chain}`, or the bare text that other senders have.
    pub(crate) fn error(&mut self) -> Result<Option<ErrorInfo>, RecordError> {
        fn owned<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
            serde_json::from_str(raw.get()).ok()
        }
        match self.0.get("error").and_then(|raw| owned::<String>(raw)) {
            Some(message) => {
                self.0.remove("error");
                Ok(Some(ErrorInfo {
                    message,
                    ..ErrorInfo::default()
                }))
            }
            None => self.take("error"),
        }
    }
}

/// At most some 160 bytes of a message.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
