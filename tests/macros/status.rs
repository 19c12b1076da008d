//! How a call ended.

use std::fmt::{self, Display};
use std::num::ParseIntError;
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::{Context, Waker};

use carrot_ai::testing::capture;
use carrot_ai::trace;

use crate::{block_on, pause, span};

#[derive(Debug)]
struct BadNumber(ParseIntError);

impl Display for BadNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("this is no number")
    }
}

impl std::error::Error for BadNumber {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn number(text: &str) -> Result<u8, BadNumber> {
    text.parse().map_err(BadNumber)
}

#[test]
fn an_err_with_its_message_type_and_sources() {
    #[trace]
    fn parse(text: &str) -> Result<u8, BadNumber> {
        let number = number(text)?;
        Ok(number + 1)
    }
    let traces = capture(|| {
        assert!(parse("x").is_err());
    });
    let parse = span(&traces, "parse");
    assert_eq!(parse.status(), "error");
    let error = parse.error().unwrap();
    assert_eq!(error.message, "this is no number");
    assert!(error.kind.ends_with("BadNumber"), "{}", error.kind);
    assert_eq!(error.chain, ["invalid digit found in string"]);
}

#[test]
fn an_ok_is_recorded_without_its_wrapper() {
    type Alias = Result<u8, BadNumber>;
    #[trace]
    fn parse(text: &str) -> Alias {
        number(text)
    }
    let traces = capture(|| {
        assert!(parse("7").is_ok());
    });
    assert_eq!(span(&traces, "parse").status(), "success");
    assert_eq!(span(&traces, "parse").output(), 7);
}

#[test]
fn errors_of_every_make() {
    #[trace]
    fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        number("x")?;
        Ok(())
    }
    #[trace]
    fn any() -> anyhow::Result<()> {
        number("x")?;
        Ok(())
    }
    #[trace]
    fn text() -> Result<(), String> {
        Err("only text".to_owned())
    }
    #[trace]
    fn debug() -> Result<(), Option<u8>> {
        Err(Some(1))
    }
    struct Silent;
    #[trace]
    fn silent() -> Result<(), Silent> {
        Err(Silent)
    }
    let traces = capture(|| {
        assert!(boxed().is_err());
        assert!(any().is_err());
        assert!(text().is_err());
        assert!(debug().is_err());
        assert!(silent().is_err());
    });
    for (name, message) in [
        ("boxed", "this is no number"),
        ("any", "this is no number"),
        ("text", "only text"),
        ("debug", "Some(1)"),
    ] {
        assert_eq!(span(&traces, name).error().unwrap().message, message);
    }
    assert_eq!(span(&traces, "silent").status(), "error");
}

#[test]
fn an_err_though_the_output_is_not_captured() {
    #[trace(capture_output = false)]
    fn text(fail: bool) -> Result<u8, String> {
        if fail {
            Err("failed".to_owned())
        } else {
            Ok(1)
        }
    }
    let failed = capture(|| text(true).unwrap_err());
    assert_eq!(span(&failed, "text").error().unwrap().message, "failed");
    let succeeded = capture(|| text(false).unwrap());
    assert_eq!(span(&succeeded, "text").status(), "success");
    assert!(span(&succeeded, "text").output().is_null());
}

#[test]
fn a_panic_goes_on() {
    #[trace]
    fn fails(deep: bool) -> u8 {
        if deep {
            fails(false)
        } else {
            panic!("on purpose")
        }
    }
    let traces = capture(|| {
        let panic = catch_unwind(|| fails(true)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
    });
    let outer = span(&traces, "fails");
    assert_eq!(outer.status(), "error");
    assert_eq!(outer.error().unwrap().kind, "panic");
    assert_eq!(outer.children()[0].status(), "error");
}

#[test]
fn a_panic_in_a_future_goes_on() {
    #[trace]
    async fn fails() -> u8 {
        pause().await;
        panic!("on purpose")
    }
    let traces = capture(|| {
        catch_unwind(|| block_on(fails())).unwrap_err();
    });
    assert_eq!(span(&traces, "fails").status(), "error");
    assert_eq!(span(&traces, "fails").error().unwrap().kind, "panic");
}

#[test]
fn a_future_dropped_early_is_cancelled() {
    #[trace]
    async fn waits(number: u8) -> u8 {
        pause().await;
        number
    }
    let traces = capture(|| {
        drop(waits(1));
        let mut future = pin!(waits(2));
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    });
    let waits = span(&traces, "waits");
    assert_eq!(waits.status(), "cancelled");
    assert_eq!(
        waits.input()["number"],
        2,
        "one that was never polled has no span"
    );
}
