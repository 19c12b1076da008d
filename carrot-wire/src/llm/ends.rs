//! An answer that was too long to be kept whole: most servers say at its end what it used up, some at its beginning.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::form::joined;
use super::{Endpoint, LlmCall, Spent};

/// Where counts are, in any dialect.
const NAMES: [&str; 4] = ["usage", "usageMetadata", "prompt_eval_count", "eval_count"];

impl Spent {
    /// Adds what beginning and end of an answer say that could not be read as a whole.
    pub fn add_ends(&mut self, endpoint: Endpoint, ends: &[Bytes]) {
        let ends = joined(ends);
        self.take_counts(endpoint, &last_counts(&String::from_utf8_lossy(&ends)));
    }
}

impl LlmCall {
    /// Adds what beginning and end of the answer say, which could not be [read](LlmCall::read) as a whole.
    pub fn add_ends(&mut self, ends: &[Bytes]) {
        let mut spent = Spent {
            usage: self.usage,
            cost: self.cost,
            ..Spent::default()
        };
        spent.add_ends(self.endpoint, ends);
        (self.usage, self.cost) = (spent.usage, spent.cost);
    }
}

/// The last value of each name that has counts in it, as an answer would have them.
fn last_counts(ends: &str) -> Value {
    let counts = NAMES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), last(ends, name)?)));
    Value::Object(counts.collect::<Map<_, _>>())
}

fn last(ends: &str, name: &str) -> Option<Value> {
    let name = format!("\"{name}\"");
    let mut found = ends.rmatch_indices(&name);
    found.find_map(|(at, _)| {
        // One that is a text within another has its quotes escaped.
        let is_escaped = ends[..at].ends_with('\\');
        let value = ends[at + name.len()..].trim_start().strip_prefix(':')?;
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
        let value = values.next()?.ok()?;
        (!is_escaped && (value.is_object() || value.is_u64())).then_some(value)
    })
}
