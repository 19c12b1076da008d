//! Spans of async functions, and of functions that give a future.

use std::future::{Future, ready};
use std::pin::Pin;

use carrot_ai::testing::capture;
use carrot_ai::trace;

use crate::{block_on, pause, span};

#[trace]
async fn step(number: u8) -> u8 {
    pause().await;
    note();
    pause().await;
    number + 1
}

#[trace]
fn note() {}

#[test]
fn children_follow_the_await() {
    #[trace]
    async fn plan() -> u8 {
        let first = step(1).await;
        let (second, third) = futures_util::join!(step(first), step(10));
        second + third
    }
    let traces = capture(|| assert_eq!(block_on(plan()), 14));
    let plan = span(&traces, "plan");
    assert_eq!(plan.output(), 14);
    assert_eq!(plan.children().len(), 3);
    for child in plan.children() {
        assert_eq!(child.name(), "step");
        assert_eq!(child.children().len(), 1);
        assert_eq!(child.children()[0].name(), "note");
    }
}

#[test]
fn a_boxed_future_lasts_until_it_finished() {
    #[trace]
    fn boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<usize, String>> + Send + '_>> {
        note();
        if text.is_empty() {
            return Box::pin(ready(Err("empty".to_owned())));
        }
        Box::pin(async move {
            step(1).await;
            Ok(text.len())
        })
    }
    let traces = capture(|| assert_eq!(block_on(boxed("abc")), Ok(3)));
    let finished = span(&traces, "boxed");
    let names: Vec<_> = finished
        .children()
        .iter()
        .map(|child| child.name())
        .collect();
    assert_eq!(names, ["note", "step"]);
    assert_eq!(finished.output(), 3);
    assert_eq!(finished.input()["text"], "abc");

    let traces = capture(|| block_on(boxed("")).unwrap_err());
    assert_eq!(span(&traces, "boxed").error().unwrap().message, "empty");

    let traces = capture(|| drop(boxed("never polled")));
    assert_eq!(span(&traces, "boxed").status(), "cancelled");
}

#[test]
fn a_returned_future_lasts_until_it_finished() {
    #[trace]
    fn returned(number: u8) -> impl Future<Output = u8> + Send {
        note();
        async move { step(number).await }
    }
    let traces = capture(|| assert_eq!(block_on(returned(1)), 2));
    let returned = span(&traces, "returned");
    assert_eq!(returned.children().len(), 2);
    assert_eq!(returned.output(), 2);
}

#[test]
fn an_alias_of_a_boxed_future_is_a_plain_value() {
    #[trace]
    fn alias<'a>(number: u8) -> futures_util::future::BoxFuture<'a, u8> {
        Box::pin(step(number))
    }
    let traces = capture(|| assert_eq!(block_on(alias(1)), 2));
    assert_eq!(span(&traces, "alias").status(), "success");
    assert!(span(&traces, "alias").children().is_empty());
}

#[async_trait::async_trait]
trait Agent {
    #[trace]
    async fn declared(&self, question: &str) -> Result<String, String>;

    #[trace]
    async fn default(&self, question: &str) -> Result<String, String> {
        let answer = self.declared(question).await?;
        Ok(answer + "!")
    }
}

struct Echo;

#[async_trait::async_trait]
impl Agent for Echo {
    #[trace]
    async fn declared(&self, question: &str) -> Result<String, String> {
        step(1).await;
        if question.is_empty() {
            return Err("nothing asked".to_owned());
        }
        Ok(question.to_owned())
    }
}

#[test]
fn async_trait_methods() {
    let traces = capture(|| block_on(Echo.default("why")).unwrap());
    let default = span(&traces, "default");
    assert_eq!(default.input()["question"], "why");
    assert_eq!(default.output(), "why!");
    let declared = &default.children()[0];
    assert_eq!(declared.name(), "declared");
    assert_eq!(declared.children()[0].name(), "step");

    let traces = capture(|| block_on(Echo.default("")).unwrap_err());
    assert_eq!(
        span(&traces, "default").error().unwrap().message,
        "nothing asked"
    );
}

#[tokio::test]
#[trace]
#[ignore = "called inside of a capture"]
async fn below_tokio_test() {
    assert_eq!(step(1).await, 2);
}

#[trace]
#[tokio::test]
#[ignore = "called inside of a capture"]
async fn above_tokio_test() {
    assert_eq!(step(1).await, 2);
}

#[test]
fn tokio_test_in_either_order() {
    let traces = capture(|| {
        below_tokio_test();
        above_tokio_test();
    });
    assert_eq!(traces.roots().len(), 2);
    for name in ["below_tokio_test", "above_tokio_test"] {
        assert_eq!(span(&traces, name).children()[0].name(), "step");
    }
}

#[test]
fn tokio_main_in_either_order() {
    #[tokio::main(flavor = "current_thread")]
    #[trace]
    async fn below() -> u8 {
        step(1).await
    }
    #[trace]
    #[tokio::main(flavor = "current_thread")]
    async fn above() -> u8 {
        step(1).await
    }
    let traces = capture(|| {
        assert_eq!(below(), 2);
        assert_eq!(above(), 2);
    });
    assert_eq!(span(&traces, "below").children()[0].name(), "step");
    assert_eq!(span(&traces, "above").children()[0].name(), "step");
}
