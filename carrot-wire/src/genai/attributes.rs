use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::json;

/// The attributes of a span that nobody has taken yet.
///
/// A value is what OTLP and `tracing` can carry: a string, number, boolean, or an array or map of those.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// Adds an attribute; of two with one name the later counts. Nulls and empty strings say nothing.
    pub fn insert(&mut self, name: String, value: Value) {
        if !value.is_null() && value.as_str() != Some("") {
            self.0.insert(name, value);
        }
    }

    /// Adds an attribute that is not there yet.
    pub(crate) fn insert_absent(&mut self, name: String, value: Value) {
        if !self.0.contains_key(&name) {
            self.insert(name, value);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// The first of these names that is there. Another that says the same is taken with it; one that says
    /// something else is left.
    pub(super) fn take_any(&mut self, names: &[&str]) -> Option<Value> {
        let value = names.iter().find_map(|name| self.take(name))?;
        for name in names {
            if self.0.get(*name) == Some(&value) {
                self.0.remove(*name);
            }
        }
        Some(value)
    }

    pub(super) fn take_text(&mut self, names: &[&str]) -> Option<String> {
        self.take_any(names).map(into_text)
    }

    /// A count. Some senders write counts as text or as floats.
    pub(super) fn take_count(&mut self, names: &[&str]) -> Option<u64> {
        let number = self.take_number(names)?;
        let is_count = number.fract() == 0.0 && (0.0..9e15).contains(&number);
        is_count.then_some(number as u64)
    }

    pub(super) fn take_number(&mut self, names: &[&str]) -> Option<f64> {
        let value = self.take_any(names)?;
        let text = || value.as_str()?.trim().parse().ok();
        value.as_f64().or_else(text)
    }

    /// A value that may have been written as JSON text.
    pub(super) fn take_json(&mut self, names: &[&str]) -> Option<Value> {
        self.take_any(names).map(parsed)
    }

    /// An object that may have been written as JSON text; anything else is left.
    pub(super) fn take_object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match parsed(self.0.get(name)?.clone()) {
            Value::Object(object) => {
                self.0.remove(name);
                Some(object)
            }
            _ => None,
        }
    }

    /// All that begin with `prefix`, by the rest of their names.
    pub(super) fn take_below(&mut self, prefix: &str) -> Attributes {
        let mut below = self.0.split_off(prefix);
        let after = below.keys().find(|name| !name.starts_with(prefix)).cloned();
        if let Some(after) = after {
            self.0.append(&mut below.split_off(&after));
        }
        let rest = |(name, value): (String, Value)| (name[prefix.len()..].to_owned(), value);
        Attributes(below.into_iter().map(rest).collect())
    }

    /// The members of a list that was flattened: of `prefix.0.a`, `prefix.0.b`, `prefix.1.a`, those of
    /// each number by the rest of their names, in the order of the numbers.
    pub(super) fn take_list(&mut self, prefix: &str) -> Vec<Attributes> {
        let mut members: BTreeMap<u64, Attributes> = BTreeMap::new();
        for (name, value) in self.take_below(&format!("{prefix}.")) {
            let (number, rest) = name.split_once('.').unwrap_or((&name, ""));
            match number.parse() {
                Ok(number) => {
                    let member = members.entry(number).or_default();
                    member.0.insert(rest.to_owned(), value);
                }
                Err(_) => {
                    self.0.insert(format!("{prefix}.{name}"), value);
                }
            }
        }
        members.into_values().collect()
    }
}

impl IntoIterator for Attributes {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Attributes {
        let mut attributes = Attributes::default();
        for (name, value) in pairs {
            attributes.insert(name.into(), value.into());
        }
        attributes
    }
}

/// Deeper JSON stays text: what it becomes a part of must still be read back.
const MAX_DEPTH: usize = 64;

/// What a text holds, if it is the JSON of an array or object.
pub(crate) fn parsed(value: Value) -> Value {
    match &value {
        Value::String(text)
            if text.trim_start().starts_with(['[', '{']) && json::depth(text) <= MAX_DEPTH =>
        {
            serde_json::from_str(text).unwrap_or(value)
        }
        _ => value,
    }
}

/// A string as it is, anything else as JSON.
pub(super) fn into_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
