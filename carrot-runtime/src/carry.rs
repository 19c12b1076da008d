//! Taking the current span along: to another task, another thread, a callback.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::JoinHandle;

use crate::context::Ctx;
use crate::inherit::Entry;
use crate::inside::Inside;
use crate::line;

pin_project! {
    /// A future whose polls see the span that was current where it was made; see
    /// [`in_current_trace`](InCurrentTrace::in_current_trace).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct InTrace<F> {
        // Dropped by hand, inside the span, as it is polled.
        #[pin]
        future: Option<F>,
        ctx: Ctx,
        entry: Option<Entry>,
        // What is to be entered with the first poll.
        inside: Option<Box<Inside>>,
    }

    impl<F> PinnedDrop for InTrace<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            line::with(*this.ctx, || this.future.set(None));
        }
    }
}

impl<F> InTrace<F> {
    pub(crate) fn new(ctx: Ctx, future: F) -> InTrace<F> {
        InTrace {
            future: Some(future),
            ctx,
            entry: Entry::of(ctx),
            inside: None,
        }
    }

    /// One that enters a scope with its first poll.
    pub(crate) fn inside(inside: Inside, future: F) -> InTrace<F> {
        InTrace {
            future: Some(future),
            ctx: inside.made(),
            entry: None,
            inside: Some(Box::new(inside)),
        }
    }
}

impl<F: Future> Future for InTrace<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // It is there until the drop.
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Pending;
        };
        if let Some(inside) = this.inside.take() {
            (*this.ctx, *this.entry) = inside.enter();
        }
        if this.ctx.client == 0 {
            // It was made outside of every span: it belongs to who polls it.
            this.ctx.client = line::current().client;
        }
        line::with(*this.ctx, || future.poll(cx))
    }
}

/// Takes the current span along to another task.
pub trait InCurrentTrace: Future + Sized {
    /// The same future, whose spans are children of the span that is current now, wherever it is polled.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// use carrot_ai::InCurrentTrace;
    /// let task = async { /* traced calls */ }.in_current_trace();
    /// # let _ = task; // any_runtime::spawn(task)
    /// ```
    fn in_current_trace(self) -> InTrace<Self> {
        InTrace::new(line::current(), self)
    }
}

impl<F: Future> InCurrentTrace for F {}

/// Takes the current span along to another thread.
pub trait FnInCurrentTrace<R>: FnOnce() -> R + Sized {
    /// The same closure, whose spans are children of the span that is current now, wherever it is called.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// use carrot_ai::{FnInCurrentTrace, span, testing::capture};
    ///
    /// let traces = capture(|| {
    ///     let _outer = span("outer");
    ///     let work = || drop(span("inner"));
    ///     std::thread::spawn(work.in_current_trace()).join().unwrap();
    /// });
    /// assert_eq!(traces.render(), "outer\n└─ inner\n");
    /// ```
    fn in_current_trace(self) -> impl FnOnce() -> R {
        let ctx = line::current();
        let entry = Entry::of(ctx);
        move || {
            let _entry = entry;
            line::with(ctx, self)
        }
    }
}

impl<R, F: FnOnce() -> R> FnInCurrentTrace<R> for F {}

/// Takes the current span along for work that comes again and again, or from elsewhere. What its scope hands down goes
/// along too, also where no span is open.
///
/// ```
/// use carrot_runtime::{carry, span, testing::capture};
///
/// let traces = capture(|| {
///     let place = { let _outer = span("outer"); carry() };
///     place.run(|| drop(span("one")));
///     place.run(|| drop(span("two")));
/// });
/// assert_eq!(traces.render(), "outer\n├─ one\n└─ two\n");
/// ```
pub fn carry() -> Carried {
    let ctx = line::current();
    Carried {
        ctx,
        _entry: Entry::of(ctx),
    }
}

/// A place in a trace to run things in; see [`carry`].
#[derive(Debug)]
pub struct Carried {
    ctx: Ctx,
    _entry: Option<Entry>,
}

impl Carried {
    /// Runs `f` there.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        line::with(self.ctx, f)
    }
}

/// [`tokio::spawn`], with the current span taken along.
///
/// # Panics
///
/// Outside of a tokio runtime, as `tokio::spawn` does.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(future.in_current_trace())
}

/// [`tokio::task::spawn_blocking`], with the current span taken along.
///
/// # Panics
///
/// Outside of a tokio runtime, as `spawn_blocking` does.
pub fn spawn_blocking<F, R>(work: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    tokio::task::spawn_blocking(work.in_current_trace())
}
