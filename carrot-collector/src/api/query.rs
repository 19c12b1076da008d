//! The query of a list, read into a filter.

use std::borrow::Cow;
use std::str::FromStr;

use carrot_wire::{SpanKind, Status, Timestamp};

use crate::store::Filter;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;

/// Reads `limit=10&status=error&…`. A parameter without a value is as if it were absent; one that is
/// unknown, twice there or not understood is an error that names it.
pub(crate) fn read(query: &str) -> Result<Filter, String> {
    let mut filter = Filter {
        limit: DEFAULT_LIMIT,
        ..Filter::default()
    };
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if value.is_empty() {
            continue;
        }
        if key != "tag" && seen.iter().any(|seen| *seen == key) {
            return Err(format!("{key}: given twice, only tag may be"));
        }
        set(&mut filter, &key, value)?;
        seen.push(key.into_owned());
    }
    Ok(filter)
}

fn set(filter: &mut Filter, key: &str, value: Cow<'_, str>) -> Result<(), String> {
    let text = || Some(value.clone().into_owned());
    match key {
        "limit" => {
            let limit = value.parse().ok();
            let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
            filter.limit = limit.ok_or(format!("limit: a number from 1 to {MAX_LIMIT}"))?;
        }
        "cursor" => filter.after = parse(key, &value, |()| "not one that this list gave")?,
        "from" => filter.from = parse::<Timestamp, _>(key, &value, |error| error)?,
        "to" => filter.to = parse::<Timestamp, _>(key, &value, |error| error)?,
        "status" => {
            let status = Status::from_name(&value);
            filter.status = Some(status.ok_or_else(|| one_of(key, Status::ALL))?);
        }
        "kind" => {
            let kind = SpanKind::from_name(&value);
            filter.kind = Some(kind.ok_or_else(|| one_of(key, SpanKind::ALL))?);
        }
        "name" => filter.name = text(),
        "session" => filter.session = text(),
        "user" => filter.user = text(),
        "model" => filter.model = text(),
        "tag" => filter.tags.push(value.into_owned()),
        "q" if !value.contains(char::is_alphanumeric) => {
            return Err("q: has no word to look for".to_owned());
        }
        "q" => filter.text = value.into_owned(),
        // Read where the project is.
        "project" => {}
        _ => {
            let key: String = key.chars().take(50).collect();
            return Err(format!(
                "{key}: unknown; a list takes limit, cursor, status, name, session, user, model, tag, \
                 kind, from, to, q and project"
            ));
        }
    }
    Ok(())
}

fn parse<T: FromStr, E: std::fmt::Display>(
    key: &str,
    value: &str,
    reason: impl Fn(T::Err) -> E,
) -> Result<Option<T>, String> {
    let parsed = value.parse().map(Some);
    parsed.map_err(|error| format!("{key}: {}", reason(error)))
}

fn one_of(key: &str, all: &[impl std::fmt::Display]) -> String {
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    format!("{key}: one of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mistakes_are_named() {
        for (query, start) in [
            ("limit=0", "limit: "),
            ("limit=501", "limit: "),
            ("limit=x", "limit: "),
            ("cursor=abc", "cursor: "),
            ("from=yesterday", "from: not an RFC 3339"),
            ("to=2026-01-31", "to: "),
            (
                "status=fine",
                "status: one of running, success, error, cancelled",
            ),
            ("kind=x", "kind: one of function, llm_call"),
            ("q=%21%21", "q: "),
            ("name=a&name=b", "name: given twice"),
            ("stauts=error", "stauts: unknown"),
        ] {
            let error = read(query).unwrap_err();
            assert!(error.starts_with(start), "{query}: {error}");
        }
    }

    #[test]
    fn what_is_empty_is_absent_and_tags_repeat() {
        let filter = read("status=&tag=a&tag=b+c&q=&limit=7&project=p").unwrap();
        assert_eq!((filter.status, filter.limit), (None, 7));
        assert_eq!(filter.tags, ["a", "b c"]);
        assert_eq!(filter.text, "");
    }

    proptest! {
        #[test]
        fn no_query_panics(query in "\\PC*") {
            let _ = read(&query);
        }
    }
}
