use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::limits::MAX_DEPTH;
use super::*;

fn write_with<T: Serialize + ?Sized>(value: &T, limits: Limits) -> (Value, bool) {
    let mut writer = Writer::new();
    writer.clear(limits);
    writer.begin();
    writer.serialize(value);
    let text = std::str::from_utf8(writer.bytes()).unwrap();
    (
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")),
        writer.truncated(),
    )
}

fn write<T: Serialize + ?Sized>(value: &T) -> Value {
    write_with(value, Limits::DEFAULT).0
}

#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, char),
    Struct { a: Option<f64>, b: () },
}

#[test]
fn enums_maps_and_numbers_are_as_serde_json_has_them() {
    let value = (
        [
            Shape::Unit,
            Shape::Newtype(1),
            Shape::Tuple(2, '"'),
            Shape::Struct {
                a: Some(1.5),
                b: (),
            },
        ],
        BTreeMap::from([(-1, i128::MIN), (2, i128::MAX)]),
        (f32::NAN, 1.0e15, -0.0, 1e-9, u64::MAX),
        "tab\t, bell\u{7}, ä\u{1F955}\\",
        b"\x00\xff",
    );
    let mut writer = Writer::new();
    writer.begin();
    writer.serialize(&value);
    // As text: not all of these numbers fit a `Value`.
    assert_eq!(
        std::str::from_utf8(writer.bytes()).unwrap(),
        serde_json::to_string(&value).unwrap()
    );
}

#[test]
fn values_of_secret_names_are_left_out() {
    #[derive(Serialize)]
    struct Config {
        api_key: &'static str,
        model: &'static str,
        headers: BTreeMap<&'static str, &'static str>,
    }
    let config = Config {
        api_key: "sk-1",
        model: "m",
        headers: [("Authorization", "x"), ("Accept", "y")].into(),
    };
    assert_eq!(
        write(&config),
        json!({"api_key": "[redacted]", "model": "m", "headers": {"Authorization": "[redacted]", "Accept": "y"}})
    );
}

#[test]
fn what_is_too_large_is_cut_and_stays_json() {
    let limits = Limits {
        bytes: 100,
        depth: 64,
    };
    let (value, truncated) = write_with(&vec![vec!["0123456789"; 4]; 1_000], limits);
    assert!(truncated);
    assert!(value.to_string().len() < 150, "{value}");
    let (value, truncated) = write_with(&"ä".repeat(1_000), limits);
    assert!(truncated && value.as_str().unwrap().ends_with('…'));
    assert!(!write_with("short", limits).1);
}

#[test]
fn what_is_escaped_counts_as_it_is_written() {
    let limits = Limits {
        bytes: 60,
        depth: 64,
    };
    let bells = |count| "\u{7}".repeat(count);
    assert_eq!(write_with(&bells(10), limits), (bells(10).into(), false));
    let cut = Value::from(bells(10) + "…");
    assert_eq!(write_with(&bells(11), limits), (cut, true));
    // A `Display` in parts: a quote of the text counts.
    let text = format!("{}…", "\\\"".repeat(14));
    let shown = format_args!("{}{}", "\\\"".repeat(14), "\n\n\n").to_string();
    let (value, truncated) = write_with(&format_args!("{shown}"), limits);
    assert!(
        truncated
            && value
                .as_str()
                .unwrap()
                .starts_with(text.trim_end_matches('…'))
    );
    let parts = write_with(&format_args!("{}{}", bells(9), bells(2)), limits);
    assert_eq!(parts, (Value::from(bells(9) + "…"), true));
}

#[test]
fn what_is_too_deep_is_cut_and_stays_json() {
    let mut deep = json!(1);
    for _ in 0..10 {
        deep = json!({"a": [deep]});
    }
    let (value, truncated) = write_with(
        &deep,
        Limits {
            bytes: 1_000,
            depth: 4,
        },
    );
    assert_eq!((value, truncated), (json!({"a": [{"a": ["…"]}]}), true));
    // An enum's two brackets may meet the limit between them.
    let (value, _) = write_with(
        &[Shape::Tuple(1, 'a')],
        Limits {
            bytes: 1_000,
            depth: 2,
        },
    );
    assert_eq!(value, json!([{"Tuple": "…"}]));
}

#[test]
fn the_deepest_value_that_can_be_asked_for_is_kept_whole() {
    let nested = |levels| (0..levels).fold(json!(1), |value, _| json!({"a": value}));
    let limits = Limits {
        bytes: 10_000,
        depth: MAX_DEPTH,
    };
    assert_eq!(
        write_with(&nested(MAX_DEPTH), limits),
        (nested(MAX_DEPTH), false)
    );
    assert!(write_with(&nested(MAX_DEPTH + 1), limits).1);
    // Closed in the right order when it is cut.
    let mixed = (1..MAX_DEPTH / 2).fold(json!("x".repeat(9_000)), |value, _| json!({"a": [value]}));
    let (value, truncated) = write_with(&[&mixed, &mixed, &mixed], limits);
    assert_eq!((value.as_array().map(Vec::len), truncated), (Some(2), true));
}

#[test]
fn what_is_json_already_is_written_as_such_and_redacted() {
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    let value = [
        raw(r#"{"a": [1, "\u00e4"], "api_key": "sk-1"}"#),
        raw("12345678901234567890123"),
        raw("null"),
    ];
    let mut writer = Writer::new();
    writer.begin();
    writer.serialize(&value);
    assert_eq!(
        std::str::from_utf8(writer.bytes()).unwrap(),
        r#"[{"a":[1,"ä"],"api_key":"[redacted]"},12345678901234567890123,null]"#
    );
}

#[test]
fn a_value_that_fails_says_so() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not \"today\""))
        }
    }
    assert_eq!(
        write(&[Fails]),
        json!("<could not be serialised: not \"today\">")
    );
    assert_eq!(
        write(&BTreeMap::from([((1, 2), 3)])),
        json!("<could not be serialised: a map's key is no string>")
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            // Upper-case keys: names of secrets are tested above.
            prop::collection::btree_map("[A-C]{0,3}|\\PC{0,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn it_writes_what_serde_json_writes(value in any_json()) {
        prop_assert_eq!(write(&value), value);
    }

    #[test]
    fn whatever_the_limits_it_stays_json(value in any_json(), bytes in 0usize..64, depth in 0usize..4) {
        let (_, truncated) = write_with(&value, Limits { bytes, depth });
        prop_assert!(truncated || value.to_string().len() <= bytes + 24);
    }
}

#[test]
fn integers_are_as_serde_json_has_them() {
    let numbers = [i64::MIN, -10_000, -1, 0, 9, 9_999, 10_000, 65_536, i64::MAX];
    assert_eq!(write(&numbers), json!(numbers));
    let wide = (u8::MAX, 9_999_u16, u16::MAX, 10_000_i128, u64::MAX, i8::MIN);
    assert_eq!(write(&wide), json!(wide));
}
