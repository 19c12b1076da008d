//! Values whose code goes on where it should have stopped.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use proptest::prelude::*;
use serde::ser::{Error, SerializeMap, SerializeSeq, SerializeStructVariant};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::limits::Limits;
use super::Writer;

fn write<T: Serialize + ?Sized>(value: &T, limits: Limits) -> (String, bool) {
    let mut writer = Writer::new();
    writer.clear(limits);
    writer.begin();
    writer.serialize(value);
    let text = String::from_utf8(writer.bytes().to_vec()).unwrap();
    (text, writer.truncated())
}

/// What a value's code does.
#[derive(Clone, Debug)]
enum Plan {
    Leaf(Value),
    Fails,
    Panics,
    Wraps(Box<Plan>),
    Seq(Vec<Plan>, Manner),
    Map(Vec<(Key, Plan)>, Manner),
    Variant(Vec<Plan>, Manner),
}

#[derive(Clone, Copy, Debug)]
struct Manner {
    /// Errors and panics of the parts are passed over.
    swallows: bool,
    /// It calls `end`.
    ends: bool,
}

#[derive(Clone, Debug)]
enum Key {
    /// Given with the value,
    Entry,
    /// or before it.
    Apart,
    /// Twice.
    Twice,
    Bad(Box<Plan>),
    /// There is only a value.
    None,
}

const FIELDS: [&str; 4] = ["A", "B", "C", "D"];

impl Manner {
    fn guard<E>(self, part: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        match catch_unwind(AssertUnwindSafe(part)) {
            Ok(Err(error)) if !self.swallows => Err(error),
            Err(panic) if !self.swallows => resume_unwind(panic),
            _ => Ok(()),
        }
    }

    fn end<R, E: Error>(self, end: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
        if self.ends {
            end()
        } else {
            Err(E::custom("dropped"))
        }
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Plan::Leaf(value) => value.serialize(to),
            Plan::Fails => Err(S::Error::custom("fails")),
            Plan::Panics => resume_unwind(Box::new("quiet")),
            Plan::Wraps(plan) => to.serialize_some(plan),
            Plan::Seq(parts, manner) => {
                let mut seq = to.serialize_seq(None)?;
                for part in parts {
                    manner.guard(|| seq.serialize_element(part))?;
                }
                manner.end(|| seq.end())
            }
            Plan::Map(entries, manner) => {
                let mut map = to.serialize_map(None)?;
                for (number, (key, value)) in entries.iter().enumerate() {
                    let name = FIELDS[number];
                    match key {
                        Key::Entry => manner.guard(|| map.serialize_entry(name, value))?,
                        Key::Apart | Key::Twice => {
                            for _ in 0..1 + usize::from(matches!(key, Key::Twice)) {
                                manner.guard(|| map.serialize_key(name))?;
                            }
                            manner.guard(|| map.serialize_value(value))?;
                        }
                        Key::Bad(key) => {
                            manner.guard(|| map.serialize_key(key))?;
                            manner.guard(|| map.serialize_value(value))?;
                        }
                        Key::None => manner.guard(|| map.serialize_value(value))?,
                    }
                }
                manner.end(|| map.end())
            }
            Plan::Variant(parts, manner) => {
                let mut fields = to.serialize_struct_variant("", 0, "V", parts.len())?;
                for (name, part) in FIELDS.into_iter().zip(parts) {
                    manner.guard(|| fields.serialize_field(name, part))?;
                }
                manner.end(|| fields.end())
            }
        }
    }
}

impl Plan {
    /// What stays of it; `None` if it fails.
    fn expected(&self) -> Option<Value> {
        let fields = |parts: &[(Key, Plan)], manner: Manner| {
            let mut object = serde_json::Map::new();
            for (name, (key, value)) in FIELDS.into_iter().zip(parts) {
                let has_key = !matches!(key, Key::Bad(_) | Key::None);
                match value.expected().filter(|_| has_key) {
                    Some(value) => drop(object.insert(name.to_owned(), value)),
                    None if manner.swallows => {
                        if matches!(key, Key::Twice) {
                            object.insert(name.to_owned(), Value::Null);
                        }
                    }
                    None => return None,
                }
            }
            manner.ends.then_some(Value::Object(object))
        };
        match self {
            Plan::Leaf(value) => Some(value.clone()),
            Plan::Fails | Plan::Panics => None,
            Plan::Wraps(plan) => plan.expected(),
            Plan::Seq(parts, manner) => {
                let mut values = Vec::new();
                for part in parts {
                    match part.expected() {
                        Some(value) => values.push(value),
                        None if manner.swallows => {}
                        None => return None,
                    }
                }
                manner.ends.then_some(Value::Array(values))
            }
            Plan::Map(entries, manner) => fields(entries, *manner),
            Plan::Variant(parts, manner) => {
                let parts = parts.iter().map(|part| (Key::Entry, part.clone()));
                Some(json!({"V": fields(&parts.collect::<Vec<_>>(), *manner)?}))
            }
        }
    }
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        4 => any::<String>().prop_map(|text| Plan::Leaf(text.into())),
        4 => any::<i64>().prop_map(|number| Plan::Leaf(number.into())),
        1 => Just(Plan::Leaf(json!([["deep"], {"x": [], "y": {}}]))),
        1 => Just(Plan::Fails),
        1 => Just(Plan::Panics),
    ];
    let manner = (prop::bool::weighted(0.8), prop::bool::weighted(0.8));
    let manner = manner.prop_map(|(swallows, ends)| Manner { swallows, ends });
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let bad = prop_oneof![
            Just(Plan::Fails),
            Just(Plan::Panics),
            inner.clone().prop_map(|plan| Plan::Seq(
                vec![plan],
                Manner {
                    swallows: true,
                    ends: true
                }
            )),
        ];
        let key = prop_oneof![
            3 => Just(Key::Entry),
            3 => Just(Key::Apart),
            1 => Just(Key::Twice),
            1 => bad.prop_map(|plan| Key::Bad(Box::new(plan))),
            1 => Just(Key::None),
        ];
        let parts = prop::collection::vec(inner.clone(), 0..4);
        let entries = prop::collection::vec((key, inner.clone()), 0..4);
        prop_oneof![
            inner.prop_map(|plan| Plan::Wraps(Box::new(plan))),
            (parts.clone(), manner.clone()).prop_map(|(parts, manner)| Plan::Seq(parts, manner)),
            (entries, manner.clone()).prop_map(|(entries, manner)| Plan::Map(entries, manner)),
            (parts, manner.clone()).prop_map(|(parts, manner)| Plan::Variant(parts, manner)),
        ]
    })
}

fn all_of(parts: Vec<Plan>) -> Plan {
    let manner = Manner {
        swallows: true,
        ends: true,
    };
    Plan::Seq(parts, manner)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_part_that_fails_leaves_its_siblings_as_they_are(parts in prop::collection::vec(any_plan(), 0..4)) {
        let plan = all_of(parts);
        let (text, truncated) = write(&plan, Limits::DEFAULT);
        let read = serde_json::from_str::<Value>(&text).ok();
        prop_assert_eq!((read, truncated), (plan.expected(), false), "{}", text);
    }

    #[test]
    fn whatever_the_limits_it_stays_json(
        parts in prop::collection::vec(any_plan(), 0..4), bytes in 1usize..80, depth in 1usize..5,
    ) {
        let plan = all_of(parts);
        let (text, truncated) = write(&plan, Limits { bytes, depth });
        let read = serde_json::from_str::<Value>(&text);
        prop_assert!(read.is_ok() && text.len() < bytes + 64, "{}", text);
        prop_assert!(truncated || read.ok() == plan.expected(), "{}", text);
    }
}

#[test]
fn who_swallows_the_end_gets_no_more() {
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let mut seq = to.serialize_seq(None)?;
            for number in 0..10_000 {
                let _ = seq.serialize_element(&[number]);
            }
            seq.end()
        }
    }
    let limits = Limits {
        bytes: 20,
        depth: 64,
    };
    assert_eq!(
        write(&[Endless, Endless], limits),
        ("[[[0],[1],[2],[3],[4]]]".to_owned(), true)
    );
}

#[test]
fn an_end_that_came_as_another_error_is_still_the_end() {
    /// As `erased_serde` passes them on: by their text.
    struct Renamed;
    impl Serialize for Renamed {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let all = to.collect_seq(0..100);
            all.map_err(|error| S::Error::custom(error.to_string()))
        }
    }
    let limits = Limits {
        bytes: 10,
        depth: 64,
    };
    let cut = r#"{"a":[0,1,2]}"#;
    let map = std::collections::BTreeMap::from([("a", Renamed), ("b", Renamed)]);
    assert_eq!(write(&map, limits), (cut.to_owned(), true));
}

#[test]
fn who_pretends_to_be_json_is_json() {
    #[derive(Serialize)]
    #[serde(rename = "$serde_json::private::RawValue")]
    struct Nothing {}
    #[derive(Serialize)]
    #[serde(rename = "$serde_json::private::RawValue")]
    struct Two {
        a: Plan,
        b: &'static str,
    }
    let two = |a: Value| Two {
        a: Plan::Leaf(a),
        b: "2",
    };
    let fails = Two {
        a: Plan::Fails,
        b: "",
    };
    let (text, _) = write(
        &(Nothing {}, two("1".into()), two(json!([]))),
        Limits::DEFAULT,
    );
    assert_eq!(text, r#"[null,1,""]"#);
    let (text, _) = write(&fails, Limits::DEFAULT);
    assert_eq!(text, r#""<could not be serialised: fails>""#);
}
