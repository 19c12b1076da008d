//! Being inside a span, for a stream: until its end, its drop or its panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::capture::{ErrorValue, List, Value};
use crate::context::Ctx;
use crate::{Span, line};

pin_project! {
    /// A stream that runs inside a span; see [`Span::stream`].
    #[must_use = "streams do nothing unless they are polled"]
    pub struct StreamScope<S, E> {
        // Dropped by hand, inside the span: destructors of what it holds are part of the step.
        #[pin]
        stream: Option<S>,
        span: Span,
        // What runs after the end is a late child of the span.
        ctx: Ctx,
        items: Option<List>,
        failed: bool,
        each: E,
    }

    impl<S, E> PinnedDrop for StreamScope<S, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            inside(*this.ctx, || this.stream.set(None));
            write(this.span, this.items);
        }
    }
}

/// What a stream's items leave in its span.
#[derive(Debug)]
pub struct Items<'a> {
    span: &'a mut Span,
    items: Option<&'a mut List>,
    failed: &'a mut bool,
}

impl Items<'_> {
    /// Adds an item to the span's output. A panic of the item's own code is caught.
    pub fn item(&mut self, capture: impl FnOnce(&mut Value<'_>)) {
        if let Some(items) = &mut self.items {
            items.push(&self.span.ctx(), capture);
        }
    }

    /// Records that an item is an error. The first one is kept; the stream may go on behind it.
    pub fn error(&mut self, describe: impl FnOnce(&mut ErrorValue<'_>)) {
        if !std::mem::replace(self.failed, true) {
            self.span.error(describe);
        }
    }
}

impl Span {
    /// A stream that runs `stream` inside the span: each poll, and its drop. `each` looks at every item and may
    /// [record](Items::item) it. The first item is noted as the first token. When there are no more the span
    /// ends; dropped earlier, it is cancelled; a panic is recorded, and goes on.
    ///
    /// The items are the span's output, a JSON array, of which as much is kept as of one value.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// use carrot_ai::{Site, Span, testing};
    /// use futures_util::{StreamExt, stream};
    ///
    /// static WORDS: Site = Site::new("words");
    /// let traces = testing::capture(|| {
    ///     let words = stream::iter(["a", "b"]);
    ///     let words = Span::open(&WORDS).stream(words, |items, word| items.item(|value| value.text(word)));
    ///     futures_util::future::FutureExt::now_or_never(words.count());
    /// });
    /// assert_eq!(traces.find("words").unwrap().output(), &serde_json::json!(["a", "b"]));
    /// ```
    pub fn stream<S: Stream, E: FnMut(&mut Items<'_>, &S::Item)>(
        self,
        stream: S,
        each: E,
    ) -> StreamScope<S, E> {
        StreamScope::new(self, stream, each, true)
    }
}

impl<S, E> StreamScope<S, E> {
    pub(crate) fn new(span: Span, stream: S, each: E, with_items: bool) -> StreamScope<S, E> {
        StreamScope {
            items: (with_items && span.ctx().takes_values()).then(List::new),
            stream: Some(stream),
            failed: false,
            ctx: span.ctx(),
            span,
            each,
        }
    }
}

impl<S: Stream, E: FnMut(&mut Items<'_>, &S::Item)> Stream for StreamScope<S, E> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        // It is there until this is dropped.
        let Some(stream) = this.stream.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let span = this.span;
        if !span.is_recording() {
            return inside(*this.ctx, || stream.poll_next(cx));
        }
        let poll = line::with(*this.ctx, || {
            catch_unwind(AssertUnwindSafe(|| stream.poll_next(cx)))
        });
        let item = match poll {
            Ok(poll) => ready!(poll),
            Err(panic) => {
                write(span, this.items);
                span.panicked(panic)
            }
        };
        if let Some(item) = &item {
            span.first_token();
            let mut items = Items {
                span,
                items: this.items.as_mut(),
                failed: this.failed,
            };
            (this.each)(&mut items, item);
        } else {
            write(span, this.items);
            span.take().end();
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.stream {
            Some(stream) => stream.size_hint(),
            None => (0, Some(0)),
        }
    }
}

/// Runs `f` inside a span, if there is one.
fn inside<R>(ctx: Ctx, f: impl FnOnce() -> R) -> R {
    match ctx.is_open() {
        true => line::with(ctx, f),
        false => f(),
    }
}

/// Writes the items that came, once.
fn write(span: &Span, items: &mut Option<List>) {
    if let Some(items) = items.take()
        && span.is_recording()
    {
        items.write(&span.ctx());
    }
}
