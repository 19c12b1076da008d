//! Which recorded call a request is.

use std::fmt;

use serde_json::Value;

use super::{Body, RecordedRequest};

/// How deep a difference is looked for.
const MAX_DEPTH: usize = 16;

impl RecordedRequest {
    /// Whether this is the same request: method, path and body are the same. JSON is compared by its values. The host is not looked
    /// at, so that a test may have a server of its own.
    pub fn is(&self, method: &str, path: &str, body: &Body) -> bool {
        self.method == method && self.path() == path && same(&self.body, body)
    }
}

fn same(one: &Body, other: &Body) -> bool {
    match (one, other) {
        (Body::Json(one), Body::Json(other)) => one == other || one.to_value() == other.to_value(),
        _ => one == other,
    }
}

/// A request that no recorded call fits, in words that say where it differs. It never tells values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched(String);

impl Unmatched {
    /// Of a request among those that are left of a recording.
    pub fn among<'a>(
        left: impl IntoIterator<Item = &'a RecordedRequest>,
        method: &str,
        path: &str,
        body: &Body,
    ) -> Unmatched {
        let shown: String = path.chars().take(80).collect();
        let mut like = left
            .into_iter()
            .filter(|it| it.method == method && it.path() == path);
        let why = match like.next() {
            None => "no recorded call to this path is left".to_owned(),
            Some(nearest) => match (&nearest.body, body) {
                (Body::Json(was), Body::Json(is)) => {
                    let mut at = String::new();
                    difference(&was.to_value(), &is.to_value(), &mut at, 0);
                    format!(
                        "the next recorded one differs at {}",
                        if at.is_empty() { "/" } else { &at }
                    )
                }
                _ => "the next recorded one has another body".to_owned(),
            },
        };
        Unmatched(format!(
            "no recorded answer fits {method} {shown}: {why}; record it again, or replay with or_send()"
        ))
    }
}

/// Writes the JSON pointer of the first difference.
fn difference(was: &Value, is: &Value, at: &mut String, depth: usize) {
    let (key, was, is) = match (was, is) {
        _ if depth == MAX_DEPTH => return,
        (Value::Object(was), Value::Object(is)) => {
            let differs = was
                .iter()
                .find(|(key, value)| is.get(*key) != Some(value))
                .map(|(key, _)| key)
                .or_else(|| is.keys().find(|key| !was.contains_key(*key)));
            let Some(key) = differs else { return };
            (key.clone(), was.get(key), is.get(key))
        }
        (Value::Array(was), Value::Array(is)) => {
            let index = was.iter().zip(is).position(|(was, is)| was != is);
            let index = index.unwrap_or_else(|| was.len().min(is.len()));
            (index.to_string(), was.get(index), is.get(index))
        }
        _ => return,
    };
    at.push('/');
    at.extend(key.chars().take(40));
    if let (Some(was), Some(is)) = (was, is) {
        difference(was, is, at, depth + 1);
    }
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unmatched {}
