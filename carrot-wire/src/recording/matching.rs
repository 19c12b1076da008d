//! Which recorded call a request is.

use std::fmt;

use serde_json::{Map, Value};

use super::secrets::is_secret_parameter;
use super::{Body, RecordedRequest};
use crate::redact::REDACTED;

/// How deep a difference is looked for.
const MAX_DEPTH: usize = 16;

impl RecordedRequest {
    /// Whether `asked` is this request again: method, path, query and body are the same. JSON is compared by its values, the
    /// parameters of a query in any order and without those that hold secrets. The host is not looked at, so that a test may
    /// have a server of its own. What was redacted here may be anything there.
    pub fn is(&self, asked: &RecordedRequest) -> bool {
        self.is_to_path_of(asked)
            && other_parameter(self, asked).is_none()
            && same(&self.body, &asked.body)
    }

    fn is_to_path_of(&self, asked: &RecordedRequest) -> bool {
        self.method == asked.method && fits_text(self.path(), asked.path())
    }

    /// The parameters of the query that hold no secret, in the order of their names.
    fn parameters(&self) -> Vec<(&str, &str)> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let named = query.split('&').filter(|it| !it.is_empty());
        let named = named.map(|it| it.split_once('=').unwrap_or((it, "")));
        let mut shown: Vec<_> = named.filter(|it| !is_secret_parameter(it.0)).collect();
        shown.sort_unstable();
        shown
    }
}

/// The name of a parameter in which the queries differ.
fn other_parameter<'a>(was: &'a RecordedRequest, is: &'a RecordedRequest) -> Option<&'a str> {
    let (was, is) = (was.parameters(), is.parameters());
    let pairs = was.iter().zip(&is);
    let mut other = pairs.filter(|(was, is)| was.0 != is.0 || !fits_text(was.1, is.1));
    let longer = || was.get(is.len()).or_else(|| is.get(was.len()));
    other
        .next()
        .map(|(was, is)| was.min(is))
        .or_else(longer)
        .map(|it| it.0)
}

fn same(was: &Body, is: &Body) -> bool {
    match (was, is) {
        (Body::Json(was), Body::Json(is)) => was == is || fits(&was.to_value(), &is.to_value()),
        (Body::Text(was), Body::Text(is)) => fits_text(was, is),
        (Body::Json(was), _) => fits(&was.to_value(), &Value::Null),
        _ => was == is,
    }
}

/// Whether a value is the one that was recorded, or one that was redacted to it.
fn fits(was: &Value, is: &Value) -> bool {
    match (was, is) {
        (Value::String(was), Value::String(is)) => fits_text(was, is),
        (Value::String(was), _) => was == REDACTED,
        (Value::Array(was), Value::Array(is)) => {
            was.len() == is.len() && was.iter().zip(is).all(|(was, is)| fits(was, is))
        }
        (Value::Object(was), Value::Object(is)) => {
            was.len() == is.len() && was.iter().all(|(key, value)| is_in(is, was, key, value))
        }
        _ => was == is,
    }
}

/// Whether an object has such a key, or one that was redacted to it.
fn is_in(is: &Map<String, Value>, was: &Map<String, Value>, key: &str, value: &Value) -> bool {
    match is.get(key) {
        Some(it) => fits(value, it),
        None if key.contains(REDACTED) => is
            .iter()
            .any(|(name, it)| !was.contains_key(name) && fits_text(key, name) && fits(value, it)),
        None => false,
    }
}

/// Whether a text is the one that was recorded, where each `[redacted]` stands for whatever was there.
fn fits_text(was: &str, is: &str) -> bool {
    let Some((first, parts)) = was.split_once(REDACTED) else {
        return was == is;
    };
    let (parts, last) = parts.rsplit_once(REDACTED).unwrap_or(("", parts));
    let inner = is.strip_prefix(first);
    let Some(mut rest) = inner.and_then(|it| it.strip_suffix(last)) else {
        return false;
    };
    for part in parts.split(REDACTED) {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// A request that no recorded call fits, in words that say where it differs. It never tells values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched(String);

impl Unmatched {
    /// Of a request among those that are left of a recording.
    pub fn among<'a>(
        left: impl IntoIterator<Item = &'a RecordedRequest>,
        asked: &RecordedRequest,
    ) -> Unmatched {
        let shown: String = asked.path().chars().take(80).collect();
        let like = left.into_iter().filter(|it| it.is_to_path_of(asked));
        let like: Vec<_> = like.collect();
        let nearest = like
            .iter()
            .find(|it| other_parameter(it, asked).is_none())
            .or(like.first());
        let why = match nearest {
            None => "no recorded call to this path is left".to_owned(),
            Some(nearest) => match (other_parameter(nearest, asked), &nearest.body, &asked.body) {
                (Some(name), ..) => {
                    let name: String = name.chars().take(40).collect();
                    format!("the next recorded one has another {name} in its query")
                }
                (None, Body::Json(was), Body::Json(is)) => {
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
        let method = &asked.method;
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
                .find(|(key, value)| !is_in(is, was, key, value))
                .map(|(key, _)| key)
                .or_else(|| is.keys().find(|key| !was.contains_key(*key)));
            let Some(key) = differs else { return };
            (key.clone(), was.get(key), is.get(key))
        }
        (Value::Array(was), Value::Array(is)) => {
            let index = was.iter().zip(is).position(|(was, is)| !fits(was, is));
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
