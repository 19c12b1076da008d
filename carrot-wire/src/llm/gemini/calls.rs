//! Function calls, of which Vertex AI can stream the arguments: each part of a call gives some values, or
//! pieces of strings, by their JSON paths (RFC 9535).

use serde_json::{Value, json};

use crate::llm::message::{text_of, tool_call};

/// How deep a path may lead. What lies deeper is not put in place.
const MAX_DEPTH: usize = 20;

/// The calls of one candidate, one after the other.
#[derive(Default)]
pub(super) struct Calls {
    done: Vec<Value>,
    open: Option<Open>,
}

/// A call of which more is to come.
struct Open {
    id: Value,
    name: Value,
    args: Value,
}

impl Calls {
    /// Adds a `functionCall`, or a part of one; says whether all of it has found its place.
    pub(super) fn add(&mut self, call: &Value) -> bool {
        let field = |key: &str| call.get(key).cloned().unwrap_or_default();
        let partial = call.get("partialArgs").and_then(Value::as_array);
        let is_more = |open: &Open| {
            let same = |key: &str, known: &Value| text_of(call, key).is_none_or(|it| known == it);
            same("name", &open.name) && (open.id.is_null() || same("id", &open.id))
        };
        let open = match self.open.take() {
            Some(open) if is_more(&open) => Some(open),
            other => {
                self.close(other);
                let is_new = text_of(call, "name").is_some();
                is_new.then(|| Open {
                    id: field("id"),
                    name: field("name"),
                    args: Value::Null,
                })
            }
        };
        let Some(mut open) = open else {
            return call.as_object().is_none_or(|call| call.is_empty());
        };
        if !field("args").is_null() {
            open.args = field("args");
        }
        let mut is_placed = true;
        for part in partial.into_iter().flatten() {
            is_placed &= put(&mut open.args, part).is_some();
        }
        if call.get("willContinue").and_then(Value::as_bool) == Some(true) {
            self.open = Some(open);
        } else {
            self.close(Some(open));
        }
        is_placed
    }

    fn close(&mut self, call: Option<Open>) {
        let calls = call.map(|it| tool_call(it.id, it.name, it.args));
        self.done.extend(calls);
    }

    pub(super) fn finish(mut self) -> Vec<Value> {
        let last = self.open.take();
        self.close(last);
        self.done
    }
}

/// Puts a value in its place, or appends to the string that is there; `None` if there is no such place.
fn put(args: &mut Value, part: &Value) -> Option<()> {
    let place = place(args, text_of(part, "jsonPath")?)?;
    if let Some(text) = part.get("stringValue").and_then(Value::as_str) {
        match place {
            Value::String(before) => before.push_str(text),
            other => *other = text.into(),
        }
        return Some(());
    }
    let values = ["numberValue", "boolValue"];
    if let Some(value) = values.into_iter().find_map(|key| part.get(key)) {
        *place = value.clone();
    }
    Some(())
}

/// The place that a path leads to. Arrays grow by one, so an index cannot make them swell.
fn place<'a>(args: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let mut rest = path.strip_prefix('$')?;
    let mut at = args;
    for _ in 0..MAX_DEPTH {
        let (step, more) = step(rest)?;
        at = match step {
            Step::Key(key) => {
                if at.is_null() {
                    *at = json!({});
                }
                at.as_object_mut()?.entry(key).or_insert(Value::Null)
            }
            Step::Index(index) => {
                if at.is_null() {
                    *at = json!([]);
                }
                let list = at.as_array_mut()?;
                if index == list.len() {
                    list.push(Value::Null);
                }
                list.get_mut(index)?
            }
        };
        if more.is_empty() {
            return Some(at);
        }
        rest = more;
    }
    None
}

enum Step {
    Key(String),
    Index(usize),
}

/// The first step of a path, `.key`, `[0]`, `['key']` or `["key"]`, and what follows it.
fn step(path: &str) -> Option<(Step, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, rest) = rest.split_at(end);
        return (!key.is_empty()).then(|| (Step::Key(key.to_owned()), rest));
    }
    let rest = path.strip_prefix('[')?;
    let Some(quote) = rest.chars().next().filter(|it| matches!(it, '\'' | '"')) else {
        let (index, rest) = rest.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), rest));
    };
    let mut key = String::new();
    let mut chars = rest[1..].chars();
    loop {
        match chars.next()? {
            '\\' => key.push(chars.next()?),
            it if it == quote => break,
            it => key.push(it),
        }
    }
    Some((Step::Key(key), chars.as_str().strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_find_their_places() {
        let mut args = Value::Null;
        for (path, value) in [
            ("$.city", json!({ "stringValue": "New " })),
            ("$.city", json!({ "stringValue": "York" })),
            ("$.days[0].date", json!({ "stringValue": "today" })),
            (
                "$.days[1]['the \\'high\\'']",
                json!({ "numberValue": 21.5 }),
            ),
            ("$[\"is.sure\"]", json!({ "boolValue": true })),
            ("$.none", json!({ "nullValue": "NULL_VALUE" })),
            ("$.city", json!({ "willContinue": false })),
        ] {
            let mut part = value;
            part["jsonPath"] = path.into();
            assert_eq!(put(&mut args, &part), Some(()), "{path}");
        }
        let expected = json!({
            "city": "New York", "days": [{ "date": "today" }, { "the 'high'": 21.5 }],
            "is.sure": true, "none": null,
        });
        assert_eq!(args, expected);
    }

    #[test]
    fn a_path_to_nowhere_is_told() {
        let deep = format!("${}", ".a".repeat(100_000));
        for path in [
            "",
            "$",
            "city",
            "$.",
            "$..a",
            "$[",
            "$[x]",
            "$['a",
            "$['a'",
            "$[4294967296]",
            "$[-1]",
            "$.list.key",
            "$.text[0]",
            "$['\\",
            "$é",
            &deep,
        ] {
            let mut args = json!({ "list": [], "text": "a" });
            let part = json!({ "jsonPath": path, "stringValue": "b" });
            assert_eq!(put(&mut args, &part), None, "{:.20}", path);
        }
    }
}
