//! Being inside a span: for a future, and for the rest of a block.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::context::Ctx;
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

/// The span is current until this is dropped, which ends it. It stays on its thread:
///
/// ```compile_fail,E0277
/// fn needs_send<T: Send>() {}
/// needs_send::<carrot_runtime::Entered>();
/// ```
#[derive(Debug)]
#[must_use = "the span ends when this is dropped"]
pub struct Entered {
    span: Option<Span>,
    previous: Ctx,
    not_send: PhantomData<*const ()>,
}

impl Entered {
    pub(crate) fn new(span: Span) -> Entered {
        let previous = if span.is_recording() {
            line::replace(span.ctx())
        } else {
            Ctx::NONE
        };
        Entered {
            span: Some(span),
            previous,
            not_send: PhantomData,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Some(span) = self.span.take().filter(Span::is_recording) else {
            return;
        };
        leave(span.ctx(), self.previous);
        if !std::thread::panicking() {
            span.end();
        }
    }
}

thread_local! {
    /// Spans whose guard was dropped before that of one entered later, each with what was current before it.
    static LEFT_EARLY: RefCell<VecDeque<(Ctx, Ctx)>> = const { RefCell::new(VecDeque::new()) };
}
/// So many of them are remembered: a guard that is forgotten never asks.
const MAX_LEFT_EARLY: usize = 64;

/// Makes current what was before a guard's span. Guards may be dropped out of order: one that is not current
/// leaves that to the guard above it, which must not go back to a span that ended.
fn leave(span: Ctx, previous: Ctx) {
    let is_current = line::current() == span;
    let mut back_to = previous;
    // Where the thread's locals are gone, so are the guards' frames.
    let _ = LEFT_EARLY.try_with(|left| {
        let mut left = left.borrow_mut();
        if !is_current {
            left.truncate(MAX_LEFT_EARLY - 1);
            left.push_front((span, previous));
            return;
        }
        while let Some(at) = left.iter().position(|(early, _)| *early == back_to)
            && let Some((_, previous)) = left.remove(at)
        {
            back_to = previous;
        }
    });
    if is_current {
        line::replace(back_to);
    }
}

pin_project! {
    /// A future whose polls see the span that was current where it was made; see
    /// [`in_current_trace`](InCurrentTrace::in_current_trace).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct InTrace<F> {
        #[pin]
        future: F,
        ctx: Ctx,
    }
}

impl<F> InTrace<F> {
    pub(crate) fn new(ctx: Ctx, future: F) -> InTrace<F> {
        InTrace { future, ctx }
    }
}

impl<F: Future> Future for InTrace<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        line::with(*this.ctx, || this.future.poll(cx))
    }
}

/// Takes the current span along to another task.
pub trait InCurrentTrace: Sized {
    /// A future whose spans are children of the span that is current now, wherever it is polled.
    ///
    /// ```
    /// use carrot_runtime::InCurrentTrace;
    /// let task = async { /* traced calls */ }.in_current_trace();
    /// # let _ = task; // tokio::spawn(task)
    /// ```
    fn in_current_trace(self) -> InTrace<Self> {
        InTrace::new(line::current(), self)
    }
}

impl<F: Future> InCurrentTrace for F {}
