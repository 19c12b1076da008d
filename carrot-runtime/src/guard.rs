//! Being inside a span for the rest of a block.

use std::marker::PhantomData;
use std::ops::Deref;

use carrot_wire::{Level, SpanKind};
use futures_core::Stream;
use serde::Serialize;

use crate::budget::Budget;
use crate::context::Ctx;
use crate::current::SpanRef;
use crate::inherit::{Agent, Inherited};
use crate::line::guards;
use crate::scope::Scope;
use crate::{Items, Span, StreamScope};

/// A span that is current until this is dropped, which ends it; see [`span`](crate::span).
///
/// What is said of it at its beginning is chained: `span("search").kind(SpanKind::ToolCall).input(&query)`. What is only known
/// later is set through the [handle](SpanRef) that it derefs to: `step.set_output(&found)`.
///
/// Guards may be dropped in any order, also inside other spans: what is current is the guard or call that was entered last
/// of those that are still open. A call, or a poll of a future, that a guard was made in ends its being current.
///
/// It stays on its thread; an async block takes [`scope`](SpanGuard::scope) instead:
///
/// ```compile_fail,E0277
/// # use carrot_runtime as carrot_ai;
/// fn needs_send<T: Send>() {}
/// needs_send::<carrot_ai::SpanGuard>();
/// ```
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it to a name"]
pub struct SpanGuard {
    handle: SpanRef,
    /// None once it went into a future.
    span: Span,
    previous: Ctx,
    not_send: PhantomData<*const ()>,
}

impl SpanGuard {
    pub(crate) fn new(span: Span) -> SpanGuard {
        let previous = if span.is_recording() {
            guards::enter(span.ctx())
        } else {
            Ctx::NONE
        };
        SpanGuard {
            handle: span.handle(),
            span,
            previous,
            not_send: PhantomData,
        }
    }

    /// What kind of step it is.
    pub fn kind(self, kind: SpanKind) -> SpanGuard {
        self.set_kind(kind);
        self
    }

    /// How much it matters.
    pub fn level(self, level: Level) -> SpanGuard {
        self.set_level(level);
        self
    }

    /// What went in.
    pub fn input<T: Serialize + ?Sized>(self, input: &T) -> SpanGuard {
        self.set_input(input);
        self
    }

    /// One more tag.
    pub fn tag(self, tag: &str) -> SpanGuard {
        self.add_tag(tag);
        self
    }

    /// More tags.
    pub fn tags<T: AsRef<str>>(self, tags: impl IntoIterator<Item = T>) -> SpanGuard {
        tags.into_iter().for_each(|tag| self.add_tag(tag.as_ref()));
        self
    }

    /// One key of the metadata.
    pub fn metadata<T: Serialize + ?Sized>(self, key: &str, value: &T) -> SpanGuard {
        self.set_metadata(key, value);
        self
    }

    /// The model that is called.
    pub fn model(self, model: &str) -> SpanGuard {
        self.set_model(model);
        self
    }

    /// What the model is told beside its messages: temperature, top_p, ….
    pub fn model_parameters<T: Serialize + ?Sized>(self, parameters: &T) -> SpanGuard {
        self.set_model_parameters(parameters);
        self
    }

    /// Puts it, and every span below it, into a session: a conversation, say.
    pub fn session(self, id: &str) -> SpanGuard {
        self.inherit(|inherited| inherited.session = Some(id.into()))
    }

    /// Says for which user it, and everything below it, is done.
    pub fn user(self, id: &str) -> SpanGuard {
        self.inherit(|inherited| inherited.user = Some(id.into()))
    }

    /// What the model calls in it may spend together; see [`budget`](crate::budget()). Where tracing is off nothing
    /// is counted, and nothing refused.
    pub fn budget(self, budget: Budget) -> SpanGuard {
        self.inherit(budget.handed_down())
    }

    /// What the agent is there for; see [`agent`](crate::agent).
    pub fn role(self, role: &str) -> SpanGuard {
        self.inherit(|inherited| {
            if let Some(agent) = &mut inherited.agent {
                agent.role = Some(role.into());
            }
        })
    }

    /// Makes it the span of an agent.
    pub(crate) fn agent(self, name: &str) -> SpanGuard {
        self.inherit(|inherited| {
            let above = inherited.agent.take();
            inherited.agent = Some(Agent {
                name: name.into(),
                role: None,
                parent: above.map(|agent| agent.name),
            });
        })
    }

    fn inherit(mut self, change: impl FnOnce(&mut Inherited)) -> SpanGuard {
        self.span.inherit(change);
        self.handle = self.span.handle();
        if self.span.is_recording() {
            guards::change(self.span.ctx());
        }
        self
    }

    /// Runs a future inside the span: it is current in each poll and in the future's drop, and ends when the
    /// future is ready; dropped earlier, it is cancelled.
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// # async fn fetch() -> u32 { 7 }
    /// # async fn example() {
    /// let fetched = carrot_ai::span("fetch").scope(fetch()).await;
    /// # }
    /// ```
    pub fn scope<F: Future>(self, future: F) -> Scope<F, fn(&mut Span, &F::Output)> {
        self.leave().scope(future, |_, _| {})
    }

    /// Runs a stream inside the span: it is current in each poll and in the stream's drop, and ends when the stream
    /// does; dropped earlier, it is cancelled. To record the items too, see [`Span::stream`].
    ///
    /// ```
    /// # use carrot_runtime as carrot_ai;
    /// # use futures_util::{Stream, stream};
    /// fn words() -> impl Stream<Item = &'static str> {
    ///     carrot_ai::span("words").stream(stream::iter(["a", "b"]))
    /// }
    /// ```
    pub fn stream<S: Stream>(self, stream: S) -> StreamScope<S, fn(&mut Items<'_>, &S::Item)> {
        StreamScope::new(self.leave(), stream, |_, _| {}, false)
    }

    /// Runs a closure inside the span, which ends when it returns; a panic is recorded, and goes on.
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.leave().run(f, |_, _| {})
    }

    /// The span, not current any more.
    fn leave(mut self) -> Span {
        let span = std::mem::replace(&mut self.span, Span::none());
        if span.is_recording() {
            guards::leave(span.ctx(), self.previous);
        }
        span
    }
}

impl Deref for SpanGuard {
    type Target = SpanRef;

    fn deref(&self) -> &SpanRef {
        &self.handle
    }
}

impl Drop for SpanGuard {
    fn drop(&mut self) {
        if !self.span.is_recording() {
            return;
        }
        guards::leave(self.span.ctx(), self.previous);
        // A panic is said by the span's own drop.
        if !std::thread::panicking() {
            std::mem::replace(&mut self.span, Span::none()).end();
        }
    }
}
