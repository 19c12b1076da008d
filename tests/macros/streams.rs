//! Spans of functions that give a stream.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use carrot_ai::testing::{Traces, capture};
use carrot_ai::trace;
use carrot_wire::record::meta;
use futures_util::stream::{self, Stream, StreamExt};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::{block_on, pause, record, span};

#[trace]
fn note(text: &'static str) -> &'static str {
    text
}

/// Yields `0..to`; each step is traced, and its end too.
struct Steps {
    next: u8,
    to: u8,
}

impl Stream for Steps {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        note("poll");
        assert!(self.next != 100, "on purpose");
        if self.next == self.to {
            return Poll::Ready(None);
        }
        self.next += 1;
        Poll::Ready(Some(self.next - 1))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.to - self.next);
        (left, Some(left))
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        note("drop");
    }
}

#[trace]
fn steps(to: u8) -> impl Stream<Item = u8> + Unpin {
    note("call");
    Steps { next: 0, to }
}

fn next<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// What the children of a span were given.
fn below<'a>(traces: &'a Traces, name: &str) -> Vec<&'a str> {
    let children = span(traces, name).children().iter();
    children
        .map(|child| child.output().as_str().unwrap())
        .collect()
}

#[test]
fn the_span_ends_when_the_stream_ends() {
    let traces = capture(|| {
        let mut steps = steps(2);
        assert_eq!(next(&mut steps), Poll::Ready(Some(0)));
        note("between the polls");
        assert_eq!(next(&mut steps), Poll::Ready(Some(1)));
        assert_eq!(next(&mut steps), Poll::Ready(None));
        assert_eq!(next(&mut steps), Poll::Ready(None));
    });
    let steps = span(&traces, "steps");
    assert_eq!(steps.status(), "success");
    assert_eq!(steps.input(), &json!({"to": 2}));
    assert_eq!(steps.output(), &json!([0, 1]));
    // The last two came after the end, and belong to it all the same.
    let children = ["call", "poll", "poll", "poll", "poll", "drop"];
    assert_eq!(below(&traces, "steps"), children);
    // Between the polls nothing is open.
    let roots: Vec<_> = traces.roots().iter().map(|root| root.name()).collect();
    assert_eq!(roots, ["note", "steps"]);
    assert!(
        record(&traces, "steps")
            .metadata
            .contains_key(meta::TTFT_MS)
    );
}

#[test]
fn a_span_by_hand_goes_on_in_a_stream() {
    let traces = capture(|| {
        let by_hand = || carrot_ai::span("by hand").stream(Steps { next: 0, to: 1 });
        assert_eq!(block_on(by_hand().count()), 1);
        drop(by_hand());
        assert_eq!(carrot_ai::current().trace_id(), None);
    });
    let roots: Vec<_> = traces.roots().iter().map(|root| root.status()).collect();
    assert_eq!(roots, ["success", "cancelled"]);
    assert_eq!(below(&traces, "by hand"), ["poll", "poll", "drop"]);
    assert!(span(&traces, "by hand").output().is_null());
}

#[test]
fn dropped_early_it_is_cancelled_and_destructors_run_inside() {
    let traces = capture(|| {
        let mut steps = steps(9);
        assert_eq!(next(&mut steps), Poll::Ready(Some(0)));
    });
    assert_eq!(span(&traces, "steps").status(), "cancelled");
    assert_eq!(span(&traces, "steps").output(), &json!([0]));
    assert_eq!(below(&traces, "steps"), ["call", "poll", "drop"]);
}

#[test]
fn never_polled_it_is_cancelled() {
    let traces = capture(|| drop(steps(9)));
    assert_eq!(span(&traces, "steps").status(), "cancelled");
    assert_eq!(span(&traces, "steps").output(), &json!([]));
    assert!(
        !record(&traces, "steps")
            .metadata
            .contains_key(meta::TTFT_MS)
    );
}

#[test]
fn without_items_the_output_is_an_empty_list() {
    let traces = capture(|| {
        assert_eq!(next(&mut steps(0)), Poll::Ready(None));
    });
    assert_eq!(span(&traces, "steps").output(), &json!([]));
    assert_eq!(span(&traces, "steps").status(), "success");
}

#[test]
fn a_panic_in_a_poll_goes_on_and_it_may_be_polled_again() {
    #[trace]
    fn fails() -> impl Stream<Item = u8> + Unpin {
        Steps { next: 99, to: 101 }
    }
    let traces = capture(|| {
        let mut stream = fails();
        assert_eq!(next(&mut stream), Poll::Ready(Some(99)));
        for _ in 0..2 {
            let panic = catch_unwind(AssertUnwindSafe(|| next(&mut stream))).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
        }
    });
    let fails = span(&traces, "fails");
    assert_eq!(fails.status(), "error");
    assert_eq!(fails.error().unwrap().kind, "panic");
    assert_eq!(fails.error().unwrap().message, "on purpose");
    assert_eq!(
        record(&traces, "fails").output.as_ref().unwrap().as_str(),
        "[99]"
    );
}

#[test]
fn an_err_item_makes_it_an_error_and_the_stream_goes_on() {
    #[trace]
    fn mixed() -> impl Stream<Item = Result<u8, String>> {
        let failed = |text: &str| Err(text.to_owned());
        stream::iter([Ok(1), failed("first"), Ok(2), failed("second")])
    }
    let traces = capture(|| assert_eq!(block_on(mixed().count()), 4));
    let mixed = span(&traces, "mixed");
    assert_eq!(mixed.status(), "error");
    assert_eq!(mixed.error().unwrap().message, "first");
    assert_eq!(
        record(&traces, "mixed").output.as_ref().unwrap().as_str(),
        "[1,2]"
    );
}

#[test]
fn items_are_left_out_where_the_output_is() {
    #[trace(capture_output = false)]
    fn silent(fail: bool) -> impl Stream<Item = Result<u8, String>> {
        let last = if fail {
            Err("failed".to_owned())
        } else {
            Ok(2)
        };
        stream::iter([Ok(1), last])
    }
    let traces = capture(|| assert_eq!(block_on(silent(false).count()), 2));
    assert!(span(&traces, "silent").output().is_null());
    assert_eq!(span(&traces, "silent").status(), "success");
    let traces = capture(|| assert_eq!(block_on(silent(true).count()), 2));
    assert_eq!(span(&traces, "silent").error().unwrap().message, "failed");
}

#[test]
fn all_items_together_are_held_to_the_limit_of_a_value() {
    #[trace]
    fn floods() -> impl Stream<Item = String> {
        stream::repeat("x".repeat(100_000)).take(100)
    }
    let traces = capture(|| assert_eq!(block_on(floods().count()), 100));
    let floods = span(&traces, "floods");
    assert_eq!(floods.metadata()[meta::TRUNCATED], true);
    let kept = floods.output().as_array().unwrap();
    assert_eq!(kept.len(), 12);
    assert_eq!(kept[11], "…");
    let size = record(&traces, "floods")
        .output
        .as_ref()
        .unwrap()
        .as_str()
        .len();
    assert!((1 << 20..(1 << 20) + 100).contains(&size), "{size}");
}

#[test]
fn an_item_that_panics_while_it_is_captured_does_no_harm() {
    #[derive(PartialEq, Debug)]
    struct Bad(u8);
    impl Serialize for Bad {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            note("while it is captured");
            assert!(self.0 != 1, "on purpose");
            serializer.serialize_u8(self.0)
        }
    }
    #[trace]
    fn bad() -> impl Stream<Item = Bad> {
        stream::iter([Bad(0), Bad(1), Bad(2)])
    }
    let traces = capture(|| assert_eq!(block_on(bad().count()), 3));
    let items = span(&traces, "bad").output();
    assert_eq!((&items[0], &items[2]), (&json!(0), &json!(2)));
    assert!(items[1].as_str().unwrap().contains("panicked"), "{items}");
    assert!(span(&traces, "bad").children().is_empty());
}

#[test]
fn the_size_hint_is_passed_through() {
    capture(|| {
        let mut steps = steps(3);
        assert_eq!(steps.size_hint(), (3, Some(3)));
        let _ = next(&mut steps);
        assert_eq!(steps.size_hint(), (2, Some(2)));
        block_on(steps.by_ref().count());
        assert_eq!(steps.size_hint(), (0, Some(0)));
    });
}

#[test]
fn boxed_streams_and_those_of_async_functions() {
    #[trace]
    fn boxed(to: u8) -> Pin<Box<dyn Stream<Item = u8> + Send>> {
        Box::pin(stream::iter(0..to))
    }
    #[trace]
    async fn asynchronous(to: u8) -> impl Stream<Item = u8> {
        pause().await;
        note("before");
        Steps { next: 0, to }
    }
    #[trace]
    async fn asynchronous_boxed(to: u8) -> Pin<Box<dyn Stream<Item = u8>>> {
        pause().await;
        Box::pin(Steps { next: 0, to })
    }
    #[trace]
    fn promised(to: u8) -> impl Future<Output = Pin<Box<dyn Stream<Item = u8>>>> {
        asynchronous_boxed(to)
    }
    let traces = capture(|| {
        block_on(async {
            assert_eq!(boxed(2).count().await, 2);
            assert_eq!(asynchronous(2).await.count().await, 2);
            assert_eq!(promised(2).await.count().await, 2);
        });
    });
    for name in ["boxed", "asynchronous", "promised", "asynchronous_boxed"] {
        assert_eq!(span(&traces, name).status(), "success", "{name}");
        assert_eq!(span(&traces, name).output(), &json!([0, 1]), "{name}");
        assert_eq!(span(&traces, name).input()["to"], 2, "{name}");
    }
    let names = ["before", "poll", "poll", "poll", "drop"];
    assert_eq!(below(&traces, "asynchronous"), names);
    assert_eq!(span(&traces, "promised").children().len(), 1);

    // The span of an async function is cancelled before there is a stream, and after.
    let traces = capture(|| {
        let mut never = pin!(asynchronous(1));
        let waker = &mut Context::from_waker(Waker::noop());
        assert!(never.as_mut().poll(waker).is_pending());
    });
    assert_eq!(span(&traces, "asynchronous").status(), "cancelled");
    let traces = capture(|| drop(block_on(asynchronous(1))));
    assert_eq!(span(&traces, "asynchronous").status(), "cancelled");
    assert_eq!(below(&traces, "asynchronous"), ["before", "drop"]);
}

#[test]
fn a_stream_in_a_result() {
    #[trace]
    async fn fallible(
        text: &str,
    ) -> Result<impl Stream<Item = u8> + use<>, std::num::ParseIntError> {
        pause().await;
        Ok(stream::iter(0..text.parse::<u8>()?))
    }
    #[trace]
    fn boxed(text: &str) -> anyhow::Result<Pin<Box<dyn Stream<Item = u8>>>> {
        Ok(Box::pin(stream::iter(0..text.parse::<u8>()?)))
    }
    let traces = capture(|| {
        block_on(async {
            assert_eq!(fallible("2").await.unwrap().count().await, 2);
            assert_eq!(boxed("2").unwrap().count().await, 2);
        });
    });
    assert_eq!(span(&traces, "fallible").output(), &json!([0, 1]));
    assert_eq!(span(&traces, "boxed").output(), &json!([0, 1]));
    let traces = capture(|| {
        assert!(block_on(fallible("x")).is_err());
        assert!(boxed("x").is_err());
    });
    for name in ["fallible", "boxed"] {
        let error = span(&traces, name).error().unwrap();
        assert_eq!(error.message, "invalid digit found in string");
    }
}

#[async_trait::async_trait]
trait Chat {
    async fn answer(&self, to: u8) -> Pin<Box<dyn Stream<Item = u8> + Send>>;
}

struct Inside;

#[async_trait::async_trait]
impl Chat for Inside {
    #[trace]
    async fn answer(&self, to: u8) -> Pin<Box<dyn Stream<Item = u8> + Send>> {
        pause().await;
        Box::pin(stream::iter(0..to))
    }
}

#[test]
fn async_trait_methods() {
    let traces =
        capture(|| assert_eq!(block_on(async { Inside.answer(2).await.count().await }), 2));
    assert_eq!(span(&traces, "answer").output(), &json!([0, 1]));
    assert_eq!(span(&traces, "answer").status(), "success");
}

#[test]
fn a_stream_that_has_a_future_inside_may_change_threads() {
    #[trace]
    fn yields(to: u8) -> impl Stream<Item = u8> + Send {
        stream::unfold(0, move |at| async move {
            pause().await;
            note("step");
            (at < to).then_some((at, at + 1))
        })
    }
    let traces = capture(|| {
        let mut stream = Box::pin(yields(2));
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(block_on(stream.next()), Some(0)));
        });
        assert_eq!(block_on(stream.count()), 1);
    });
    assert_eq!(span(&traces, "yields").output(), &json!([0, 1]));
    assert_eq!(below(&traces, "yields"), ["step"; 3]);
}

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct Noisy(&'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

crate::twins! {
    pub(super) fn held(_a: Noisy, b: Noisy, _: Noisy) -> impl Stream<Item = u8> {
        let _local = Noisy("local");
        stream::iter([1]).map(move |number| {
            let _ = &b;
            number
        })
    }
}

#[test]
fn what_is_dropped_when_stays_as_it_was() {
    fn dropped<S: Stream<Item = u8>>(held: fn(Noisy, Noisy, Noisy) -> S) -> Vec<&'static str> {
        DROPPED.take();
        capture(|| {
            let mut stream = Box::pin(held(Noisy("a"), Noisy("b"), Noisy("c")));
            DROPPED.with_borrow_mut(|dropped| dropped.push("polled"));
            block_on(stream.by_ref().count());
            DROPPED.with_borrow_mut(|dropped| dropped.push("ended"));
        });
        DROPPED.take()
    }
    let plain = dropped(plain::held);
    assert_eq!(plain.len(), 6);
    assert_eq!(dropped(traced::held), plain);
}
