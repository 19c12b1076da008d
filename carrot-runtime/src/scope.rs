//! Being inside a span: for a future.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::{Span, line};

pin_project! {
    /// A future that runs inside a span; see [`Span::scope`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Scope<F, D> {
        // Dropped by hand, inside the span: destructors of what it holds are part of the step.
        #[pin]
        future: Option<F>,
        span: Option<Span>,
        done: Option<D>,
        polled: bool,
    }

    impl<F, D> PinnedDrop for Scope<F, D> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.span.take() {
                Some(span) => span.attach(|| this.future.set(None)),
                None => this.future.set(None),
            }
        }
    }
}

impl<F, D> Scope<F, D> {
    pub(crate) fn new(span: Span, future: F, done: D) -> Scope<F, D> {
        Scope {
            future: Some(future),
            span: Some(span),
            done: Some(done),
            polled: false,
        }
    }
}

impl<F: Future, D: FnOnce(&mut Span, &F::Output)> Future for Scope<F, D> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        // A future that is polled again after it was ready may panic, as this does.
        #[allow(clippy::expect_used, reason = "the contract of Future allows it")]
        let future = this
            .future
            .as_mut()
            .as_pin_mut()
            .expect("a traced future was polled after it finished");
        let Some(span) = this.span.as_mut().filter(|span| span.is_recording()) else {
            return future.poll(cx);
        };
        if !*this.polled {
            *this.polled = true;
            // A span that was opened for a scope's future is inside of that scope: `replay.scope(span("s").scope(…))`.
            span.adopt(line::current());
        }
        let poll = line::with(span.ctx(), || {
            catch_unwind(AssertUnwindSafe(|| future.poll(cx)))
        });
        let output = match poll {
            Ok(poll) => ready!(poll),
            Err(panic) => span.panicked(panic),
        };
        span.attach(|| this.future.set(None));
        if let (Some(mut span), Some(done)) = (this.span.take(), this.done.take()) {
            done(&mut span, &output);
            span.end();
        }
        Poll::Ready(output)
    }
}
