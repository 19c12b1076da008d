//! The attribute's arguments.

use carrot_ai::testing::capture;
use carrot_ai::trace;
use serde_json::json;

use crate::{block_on, span};

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
