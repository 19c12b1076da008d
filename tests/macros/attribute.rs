//! The attribute's arguments.

use std::cell::Cell;

use carrot_ai::testing::capture;
use carrot_ai::{Level, trace};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::{block_on, record, span};

const TAG: &str = "constant";

mod moved {
    pub(crate) mod here {
        pub(crate) use carrot_ai::__private;
    }
}

#[test]
fn names() {
    #[trace("literal")]
    fn positional() {}
    #[trace(name = "keyword")]
    fn keyword() {}
    #[trace(name = format!("step {}", number + 1))]
    fn expression(number: u8) -> u8 {
        number
    }
    #[trace]
    fn r#match() {}
    let traces = capture(|| {
        positional();
        keyword();
        expression(1);
        r#match();
    });
    span(&traces, "literal");
    span(&traces, "keyword");
    span(&traces, "match");
    assert_eq!(span(&traces, "step 2").output(), 1);
}

#[test]
fn tags_metadata_and_kind() {
    #[trace(
        kind = "tool_call",
        tags = ["fast", TAG, format!("{text}!")],
        metadata = {
            "version": "2",
            "nested": {"list": [1, -2.5, null, {"ok": true}], "quote": "a \"b\" \\ \n\u{7}"},
            "length": text.len(),
            "pair": [text.len(), 1],
        },
    )]
    async fn everything(text: String) -> String {
        text
    }
    #[trace(kind = carrot_ai::SpanKind::Agent)]
    fn by_path() {}
    let traces = capture(|| {
        block_on(everything("abc".to_owned()));
        by_path();
    });
    let everything = span(&traces, "everything");
    assert_eq!(everything.kind(), "tool_call");
    let mut tags = everything.tags().to_vec();
    tags.sort();
    assert_eq!(tags, ["abc!", "constant", "fast"]);
    let metadata = everything.metadata();
    assert_eq!(metadata["version"], "2");
    assert_eq!(
        metadata["nested"],
        json!({"list": [1, -2.5, null, {"ok": true}], "quote": "a \"b\" \\ \n\u{7}"})
    );
    assert_eq!(metadata["length"], 3);
    assert_eq!(metadata["pair"], json!([3, 1]));
    assert_eq!(span(&traces, "by_path").kind(), "agent");
}

#[test]
fn levels() {
    #[trace(level = Warning)]
    fn by_variant() {}
    #[trace(level = carrot_ai::Level::Debug)]
    fn by_path() {}
    #[trace(level = "ERROR")]
    fn by_wire_text() {}
    #[trace]
    fn plain() {}
    let traces = capture(|| {
        by_variant();
        by_path();
        by_wire_text();
        plain();
    });
    for (name, level) in [
        ("by_variant", Some(Level::Warning)),
        ("by_path", Some(Level::Debug)),
        ("by_wire_text", Some(Level::Error)),
        ("plain", None),
    ] {
        assert_eq!(record(&traces, name).level, level, "{name}");
    }
}

#[test]
fn session_and_user() {
    struct Request {
        user: String,
    }
    #[trace(session = "chat-1", user = "ada")]
    fn literals() {}
    #[trace(session = format!("chat-{number}"), user = request.user, skip(request))]
    async fn of_the_arguments(number: u8, request: Request) -> String {
        request.user
    }
    #[trace]
    fn neither() {}
    let traces = capture(|| {
        literals();
        let user = "bob".to_owned();
        assert_eq!(block_on(of_the_arguments(2, Request { user })), "bob");
        neither();
    });
    for (name, session, user) in [
        ("literals", Some("chat-1"), Some("ada")),
        ("of_the_arguments", Some("chat-2"), Some("bob")),
        ("neither", None, None),
    ] {
        let record = record(&traces, name);
        assert_eq!(record.session_id.as_deref(), session, "{name}");
        assert_eq!(record.user_id.as_deref(), user, "{name}");
    }
}

#[test]
fn expressions_are_not_evaluated_where_nothing_is_recorded() {
    thread_local!(static ASKED: Cell<u32> = const { Cell::new(0) });
    fn ask() -> &'static str {
        ASKED.set(ASKED.get() + 1);
        "asked"
    }
    #[trace(name = ask(), session = ask(), user = ask(), tags = [ask()], metadata = {"asked": ask()})]
    fn asks() {}
    /// Traced code that is called while a value is captured records nothing.
    struct Calls;
    impl Serialize for Calls {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            asks();
            serializer.serialize_str("calls")
        }
    }
    #[trace]
    fn calls() -> Calls {
        Calls
    }
    let traces = capture(|| {
        calls();
    });
    assert_eq!(span(&traces, "calls").output(), "calls");
    assert_eq!(ASKED.get(), 0);
    capture(asks);
    assert_eq!(ASKED.get(), 5);
}

#[test]
fn the_crate_may_be_elsewhere() {
    #[trace(crate = moved::here)]
    fn relative(number: u8) -> u8 {
        number
    }
    let traces = capture(|| {
        relative(1);
    });
    assert_eq!(span(&traces, "relative").output(), 1);
}

#[test]
fn functions_made_by_a_macro() {
    macro_rules! function {
        ($name:ident, $argument:ident, $body:block) => {
            #[trace(name = stringify!($name), skip($argument))]
            fn $name($argument: u8) -> u8 $body
        };
    }
    function!(doubled, number, { number * 2 });
    let traces = capture(|| {
        doubled(2);
    });
    assert_eq!(span(&traces, "doubled").output(), 4);
}
