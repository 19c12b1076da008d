//! JSON text that is carried, not looked into.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::record::MAX_VALUE_DEPTH;

/// A JSON value kept as its text: inputs and outputs pass through us as they were written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Takes text that is one JSON value.
    pub fn parse(text: String) -> Result<Json, serde_json::Error> {
        RawValue::from_string(text).map(Json)
    }

    /// Takes text that is one JSON value, written anew if it is laid out over several lines: records must fit into
    /// JSON lines.
    pub fn one_line(text: &str) -> Option<Json> {
        if text.contains(['\n', '\r']) {
            let value: serde_json::Value = serde_json::from_str(text).ok()?;
            return Some(Json::from_value(&value));
        }
        Json::parse(text.to_owned()).ok()
    }

    /// The text of a value.
    ///
    /// A value that cannot be written as JSON (a map whose keys are no strings, say) becomes a
    /// string that says so.
    pub fn from_value(value: &impl Serialize) -> Json {
        let raw = serde_json::value::to_raw_value(value)
            .or_else(|error| serde_json::value::to_raw_value(&format!("<not JSON: {error}>")));
        Json(raw.unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The value, parsed. Nesting deeper than serde_json's limit of 128 gives its text as a string.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(self.as_str()).unwrap_or_else(|_| self.as_str().into())
    }

    /// Itself, or its text as a string where it is too deep to be read back.
    pub(crate) fn shallow(self) -> Json {
        if self.depth() < MAX_VALUE_DEPTH {
            self
        } else {
            Json::from_value(&self.as_str())
        }
    }

    /// How deep arrays and objects are nested in it; a number or string has depth 0.
    pub fn depth(&self) -> usize {
        depth(self.as_str())
    }
}

/// How deep arrays and objects are nested in `text`, which need not be valid JSON.
pub fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for mark in marks(text) {
        match mark {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// How many values `text` holds, about: one for each comma and each beginning of an array or object.
pub(crate) fn members(text: &str) -> usize {
    marks(text)
        .filter(|mark| matches!(mark, b',' | b'[' | b'{'))
        .count()
}

/// The bytes outside of strings.
fn marks(text: &str) -> impl Iterator<Item = u8> {
    let (mut in_string, mut escaped) = (false, false);
    text.bytes().filter(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ => return !in_string,
        }
        false
    })
}

impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Box<RawValue>> for Json {
    fn from(raw: Box<RawValue>) -> Json {
        Json(raw)
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Json {
        Json::from_value(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_nesting_outside_strings() {
        assert_eq!(depth("1"), 0);
        assert_eq!(depth(r#"{"a":[1,{"b":"[[[["}]}"#), 3);
        assert_eq!(depth(r#"["\"[["]"#), 1);
        assert_eq!(members(r#"{"a,":[1,{"b":"[,\",["}]}"#), 4);
    }

    #[test]
    fn what_is_no_json_becomes_a_string_that_says_so() {
        let map = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(
            Json::from_value(&map).as_str(),
            r#""<not JSON: key must be a string>""#
        );
        assert!(Json::parse("{".to_owned()).is_err());
    }
}
