//! What is captured of values whose own code misbehaves, is secret, or is large.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::Receiver;

use carrot_runtime::testing::{Traces, capture};
use carrot_runtime::{Secret, Span, current};
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::{INNER, OUTER, step};

struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Panics", 1)?;
        object.serialize_field("before", &[1, 2])?;
        panic!("on purpose")
    }
}

impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half of \"it")?;
        panic!("on purpose")
    }
}

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

impl std::error::Error for Panics {}

struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element("written before")?;
        Err(serde::ser::Error::custom("no \"value\" today"))
    }
}

/// A span with the inputs that `record` names.
fn with_input(record: impl Fn(&mut Span)) -> Traces {
    let traces = capture(|| {
        let mut span = Span::open(&OUTER);
        record(&mut span);
        span.end();
    });
    assert_eq!(traces.roots().len(), 1);
    traces
}

#[test]
fn a_panic_in_a_value_s_own_code_stays_in_its_field() {
    let traces = with_input(|span| {
        span.input(|fields| {
            fields.field("first", |value| value.serialize(&1));
            fields.field("serialize", |value| value.serialize(&Panics));
            fields.field("debug", |value| value.debug(&Panics));
            fields.field("expression", |_| panic!("on purpose"));
            fields.field("last", |value| value.serialize(&[2]));
        });
        span.output(|value| value.serialize(&vec![Panics]));
    });
    let span = &traces.roots()[0];
    let panicked = "<panicked while it was captured>";
    assert_eq!(
        *span.input(),
        json!({"first": 1, "serialize": panicked, "debug": panicked, "expression": panicked, "last": [2]})
    );
    assert_eq!(*span.output(), panicked);
    assert_eq!(span.status(), "success");
}

#[test]
fn a_panic_between_fields_leaves_those_before() {
    let traces = with_input(|span| {
        span.input(|fields| {
            fields.field("first", |value| value.serialize(&1));
            panic!("on purpose");
        });
    });
    assert_eq!(*traces.roots()[0].input(), json!({"first": 1}));
}

#[test]
fn a_value_that_panics_is_not_asked_again() {
    #[derive(Default)]
    struct Counts(Cell<u32>, bool);
    impl Serialize for Counts {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            assert!(!self.1, "on purpose");
            serializer.serialize_bool(true)
        }
    }
    let values = [false, true, false, true].map(|panics| Counts(Cell::new(0), panics));
    let traces = with_input(|span| {
        span.input(|fields| {
            for (name, value) in ["a", "b", "c", "d"].into_iter().zip(&values) {
                fields.field(name, |to| to.serialize(value));
            }
        });
    });
    let panicked = "<panicked while it was captured>";
    assert_eq!(
        *traces.roots()[0].input(),
        json!({"a": true, "b": panicked, "c": true, "d": panicked})
    );
    assert_eq!(values.map(|value| value.0.get()), [2, 1, 1, 1]);
}

#[test]
fn an_error_whose_display_panics_is_still_an_error() {
    let traces = with_input(|span| span.error(|error| error.error("my::Error", &Panics)));
    let span = &traces.roots()[0];
    assert_eq!(span.status(), "error");
    let message = &span.error().expect("an error").message;
    assert_eq!(message.as_str(), "<panicked while it was captured>");
}

#[test]
fn a_value_that_cannot_be_serialised_says_why() {
    let traces = with_input(|span| {
        span.input(|fields| {
            fields.field("list", |value| value.serialize(&[(1, Fails)]));
            fields.field("after", |value| value.serialize("it"));
        });
    });
    assert_eq!(
        *traces.roots()[0].input(),
        json!({"list": "<could not be serialised: no \"value\" today>", "after": "it"})
    );
}

/// Runs traced code when it is looked at.
struct Traced;

impl Serialize for Traced {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inside = step(&INNER, || {
            let mut span = Span::open(&INNER);
            span.output(|value| value.serialize(&Traced));
            assert!(!span.is_recording());
            step(&INNER, || 7)
        });
        serializer.serialize_i32(inside)
    }
}

#[test]
fn traced_code_that_a_capture_runs_records_nothing() {
    let traces = with_input(|span| {
        let before = current().id();
        span.input(|fields| fields.field("traced", |value| value.serialize(&Traced)));
        assert_eq!(current().id(), before);
        span.attach(|| step(&INNER, || ()));
    });
    assert_eq!(*traces.roots()[0].input(), json!({"traced": 7}));
    assert_eq!(traces.render(), "outer\n└─ inner\n");
}

#[test]
fn a_large_value_is_cut_and_says_so() {
    let text = "é".repeat(3 * 512 * 1024);
    let list = vec!["0123456789"; 400_000];
    for record in [
        &(|span: &mut Span| span.output(|value| value.serialize(&text))) as &dyn Fn(&mut Span),
        &|span| span.output(|value| value.serialize(&list)),
        &|span| span.output(|value| value.debug(&list)),
        &|span| span.output(|value| value.text(&text)),
    ] {
        let traces = with_input(record);
        let span = &traces.roots()[0];
        assert_eq!(span.metadata()["truncated"], true);
        let kept = span.output().to_string().len();
        assert!((900_000..1_200_000).contains(&kept), "{kept}");
    }
    let traces = with_input(|span| span.output(|value| value.text("short")));
    assert_eq!(*traces.roots()[0].metadata(), json!({}));
}

/// Its `Serialize` comes to no end.
enum Endless {
    Deep,
    Wrapped,
    Newtype,
    Long,
    DeepAndLong,
}

impl Serialize for Endless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = match self {
            Endless::Wrapped => return serializer.serialize_some(self),
            Endless::Newtype => return serializer.serialize_newtype_struct("Again", self),
            Endless::Deep | Endless::Long | Endless::DeepAndLong => {
                serializer.serialize_seq(None)?
            }
        };
        match self {
            Endless::Long => loop {
                list.serialize_element("again")?;
            },
            Endless::DeepAndLong => loop {
                list.serialize_element(self)?;
            },
            _ => list.serialize_element(self)?,
        }
        list.end()
    }
}

#[test]
fn a_value_without_an_end_is_cut() {
    for value in [
        Endless::Deep,
        Endless::Wrapped,
        Endless::Newtype,
        Endless::Long,
        Endless::DeepAndLong,
    ] {
        let traces = with_input(|span| span.output(|to| to.serialize(&value)));
        let span = &traces.roots()[0];
        assert_eq!(span.metadata()["truncated"], true);
        assert!(span.output().to_string().contains('…') || span.output().is_array());
    }
}

#[test]
fn numbers_and_keys_that_json_lacks() {
    let map = BTreeMap::from([(true, f64::NAN), (false, f64::NEG_INFINITY)]);
    let traces = with_input(|span| span.output(|to| to.serialize(&(map.clone(), 0.1_f32, 1e300))));
    assert_eq!(
        *traces.roots()[0].output(),
        json!([{"true": null, "false": null}, 0.1, 1e300])
    );
    let pairs = BTreeMap::from([((1, 2), 3)]);
    let traces = with_input(|span| span.output(|to| to.serialize(&pairs)));
    assert_eq!(
        *traces.roots()[0].output(),
        "<could not be serialised: a map's key is no string>"
    );
}

/// Waits, while it is looked at, until it is told to go on.
struct Slow(Receiver<()>);

impl Serialize for Slow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.recv().map_err(serde::ser::Error::custom)?;
        serializer.serialize_unit()
    }
}

#[test]
fn a_slow_value_holds_up_nobody_else() {
    let (go_on, wait) = std::sync::mpsc::channel();
    let slow = Slow(wait);
    let traces = with_input(|span| {
        std::thread::scope(|threads| {
            threads.spawn(|| {
                let traces = capture(|| step(&INNER, || 1));
                assert_eq!(traces.render(), "inner\n");
                go_on.send(()).unwrap();
            });
            span.input(|fields| fields.field("slow", |to| to.serialize(&slow)));
        });
    });
    assert_eq!(*traces.roots()[0].input(), json!({"slow": null}));
}

#[test]
fn a_secret_is_not_captured_wherever_it_is() {
    /// Holds what has no `Serialize` of its own.
    #[derive(Serialize)]
    struct Settings {
        name: &'static str,
        mine: Secret<fmt::Error>,
    }
    let hidden: Box<Secret<[u8]>> = Box::new(Secret::new(*b"hunter2"));
    let settings = Settings {
        name: "n",
        mine: Secret::new(fmt::Error),
    };
    let traces = with_input(|span| {
        span.input(|fields| {
            fields.field("shown", |to| to.debug(&Secret::new("hunter2")));
            fields.field("list", |to| to.serialize(&[Some(&hidden)]));
            fields.field("settings", |to| to.serialize(&settings));
        });
    });
    assert_eq!(
        *traces.roots()[0].input(),
        json!({
            "shown": "[redacted]", "list": ["[redacted]"],
            "settings": {"name": "n", "mine": "[redacted]"}
        })
    );
    assert_eq!(hidden.expose(), b"hunter2");
    let read: Secret<String> = serde_json::from_str("\"hunter2\"").unwrap();
    assert_eq!(read.into_inner(), "hunter2");
}

#[test]
fn secret_names_are_redacted_at_any_depth() {
    #[derive(Serialize)]
    struct Settings {
        api_key: &'static str,
        model: &'static str,
        headers: Vec<(&'static str, &'static str)>,
    }
    let traces = with_input(|span| {
        span.input(|fields| {
            fields.field("password", |_| unreachable!("is not looked at"));
            fields.field("settings", |value| {
                value.serialize(&json!({"inner": [{"Authorization": "Bearer hunter2"}]}));
            });
            fields.field("typed", |value| {
                value.serialize(&Settings {
                    api_key: "hunter2",
                    model: "m",
                    headers: vec![("a", "b")],
                });
            });
        });
        span.metadata(|fields| fields.field("db_password", |value| value.text("hunter2")));
    });
    let sent = serde_json::to_string(traces.records()).unwrap();
    assert!(!sent.contains("hunter2"), "{sent}");
    assert!(sent.contains("\"model\":\"m\""), "{sent}");
}

#[test]
fn errors_keep_their_sources() {
    #[derive(Debug)]
    struct Link(u8);
    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "link {}", self.0)
        }
    }
    impl std::error::Error for Link {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            // A chain that never ends.
            (self.0 == 0)
                .then_some(self)
                .map(|_| &Link(1) as _)
                .or(Some(self))
        }
    }
    let traces = with_input(|span| span.error(|error| error.error("Link", &Link(0))));
    let error = traces.roots()[0].error().expect("an error").clone();
    assert_eq!(
        (error.message.as_str(), error.kind.as_str()),
        ("link 0", "Link")
    );
    let chain = serde_json::to_value(&error).unwrap()["chain"].clone();
    assert_eq!(chain.as_array().map(Vec::len), Some(32));
}

/// A derived `Debug` calls itself for each level.
#[test]
fn a_deeply_nested_debug_is_cut_before_the_stack_ends() {
    #[derive(Debug)]
    struct Nested(#[allow(dead_code, reason = "shown by Debug")] Option<Box<Nested>>);
    impl Drop for Nested {
        fn drop(&mut self) {
            let mut below = self.0.take();
            while let Some(mut nested) = below {
                below = nested.0.take();
            }
        }
    }
    let deep = (0..1_000_000).fold(Nested(None), |below, _| Nested(Some(Box::new(below))));
    let traces = capture(|| {
        let mut span = Span::open(&OUTER);
        span.input(|fields| fields.field("deep", |value| value.debug(&deep)));
        span.end();
    });
    let outer = traces.find("outer").unwrap();
    assert!(outer.input()["deep"].as_str().unwrap().ends_with('…'));
    assert_eq!(outer.metadata()["truncated"], true);
}
