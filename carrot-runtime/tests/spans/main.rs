//! Spans and captured values, through the public API.

mod values;
mod guards;
mod any_order;
mod futures;
mod threads;
mod by_hand;
mod propagate;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use carrot_runtime::{Site, Span};

static OUTER: Site = Site::new("outer");
static INNER: Site = Site::new("inner");
static OTHER: Site = Site::new("other");

/// A span around `body`.
fn step<R>(site: &'static Site, body: impl FnOnce() -> R) -> R {
    Span::open(site).run(body, |_, _| {})
}

/// Polls until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Is ready when it was polled so often before.
async fn after(polls: usize) {
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
