//! The open span, from the moment it opens to its last frame.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use carrot_wire::{Record, Status, TraceId};

use crate::budget::Budget;
use crate::capture::{self, ErrorValue, Fields, Value};
use crate::context::Ctx;
use crate::current::SpanRef;
use crate::guard::SpanGuard;
use crate::inherit::Inherited;
use crate::line::frame::Slot;
use crate::line::registry::Boxed;
use crate::live::Live;
use crate::scope::Scope;
use crate::{Site, line, state};

/// Work that fills a record on the exporter's thread: parsing a model's answer, say.
pub trait Deferred: Send {
    /// Fills the record. Called once, before redaction; may be slow, may panic.
    fn resolve(self: Box<Self>, record: &mut Record);

    /// About how many bytes it holds, which counts towards what may wait.
    fn size(&self) -> usize {
        0
    }
}

/// An open span, or nothing where tracing is off.
///
/// It may move between threads. It is the current span only inside [`call`](Span::call),
/// [`run`](Span::run), [`scope`](Span::scope) and [`attach`](Span::attach). One that is dropped before it
/// [ended](Span::end) is recorded as cancelled.
#[derive(Debug)]
#[must_use = "a span that is dropped at once is recorded as cancelled"]
pub struct Span(Option<Live>);

impl Span {
    /// Opens a span below the current one, or a root. Costs one relaxed load when tracing is off.
    #[inline]
    pub fn open(site: &'static Site) -> Span {
        if state::is_off() {
            Span(None)
        } else {
            Span::open_on(site)
        }
    }

    /// Not inlined: in the traced function it would stand in the way where tracing is off.
    #[inline(never)]
    fn open_on(site: &'static Site) -> Span {
        let parent = line::current();
        if parent.takes_children() {
            Span(Some(Live::below(parent, site)))
        } else {
            Span::open_root(parent, site, site.name)
        }
    }

    #[cold]
    #[inline(never)]
    fn open_root(above: Ctx, site: &'static Site, name: &str) -> Span {
        Span(Live::root(above, site, name))
    }

    /// Opens a span of a name that its site does not know.
    #[inline]
    pub(crate) fn open_named(site: &'static Site, name: &str) -> Span {
        if state::is_off() {
            Span(None)
        } else {
            Span::open_named_on(site, name)
        }
    }

    fn open_named_on(site: &'static Site, name: &str) -> Span {
        let parent = line::current();
        let mut span = if parent.takes_children() {
            Span::open_on(site)
        } else {
            Span::open_root(parent, site, name)
        };
        if let Some(live) = &mut span.0 {
            // What is said of it next need not say then whose it is.
            live.show();
            line::write_value(live.ctx(), Slot::Name, name.as_bytes(), false);
        }
        span
    }

    /// Whether what is said of the span goes anywhere.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.0.is_some()
    }

    /// A span of nothing, as where tracing is off.
    #[doc(hidden)]
    #[inline]
    pub fn none() -> Span {
        Span(None)
    }

    /// Moves the span out; nothing stays in its place.
    #[doc(hidden)]
    #[inline]
    pub fn take(&mut self) -> Span {
        std::mem::replace(self, Span(None))
    }

    /// The trace it is part of.
    pub fn trace_id(&self) -> Option<TraceId> {
        Some(self.0.as_ref()?.ctx().trace_id())
    }

    #[inline]
    pub(crate) fn ctx(&self) -> Ctx {
        self.0.as_ref().map_or(Ctx::NONE, |live| *live.ctx())
    }

    /// Where values of it go: not where only the names of a trace are kept.
    #[inline]
    fn taking_values(&mut self) -> Option<&mut Live> {
        self.0.as_mut().filter(|live| live.ctx().takes_values())
    }

    /// A handle on it, to be kept elsewhere.
    pub fn handle(&self) -> SpanRef {
        SpanRef::new(self.ctx())
    }

    /// Records what went in, by name. A panic of the values' own code is caught; `fields` then runs once more,
    /// for the others.
    #[inline]
    pub fn input(&mut self, fields: impl FnMut(&mut Fields<'_>)) {
        if let Some(live) = self.taking_values() {
            live.show();
            capture::fields(live.ctx(), Slot::Input, fields);
        }
    }

    /// What records the input later, inside a future that owns the arguments.
    #[inline]
    pub fn inputs(&mut self) -> Inputs {
        let live = self.taking_values();
        let ctx = live.map_or(Ctx::NONE, |live| {
            live.show();
            *live.ctx()
        });
        Inputs { ctx }
    }

    /// Records what came out. A panic of the value's own code is caught.
    #[inline]
    pub fn output(&mut self, value: impl FnOnce(&mut Value<'_>)) {
        if let Some(live) = self.taking_values() {
            capture::value(live.ctx(), Slot::Output, value);
        }
    }

    /// Records an error; the span's status becomes error.
    #[inline]
    pub fn error(&mut self, describe: impl FnOnce(&mut ErrorValue<'_>)) {
        if let Some(live) = &self.0 {
            capture::error(live.ctx(), Slot::Error, describe);
        }
    }

    /// Records an error by its type and message; the span's status becomes error.
    pub fn fail(&mut self, kind: &str, message: &str) {
        self.error(|error| error.text(kind, message));
    }

    /// Adds metadata, by key.
    #[inline]
    pub fn metadata(&mut self, fields: impl FnMut(&mut Fields<'_>)) {
        if let Some(live) = self.taking_values() {
            capture::fields(live.ctx(), Slot::Metadata, fields);
        }
    }

    /// Adds a tag.
    pub fn tag(&mut self, tag: &str) {
        self.handle().add_tag(tag);
    }

    /// Puts it, and every span below it, into a session: a conversation, say.
    pub fn session(&mut self, id: &str) {
        self.inherit(|inherited| inherited.session = Some(id.into()));
    }

    /// Says for which user it, and everything below it, is done.
    pub fn user(&mut self, id: &str) {
        self.inherit(|inherited| inherited.user = Some(id.into()));
    }

    /// Sets what the model calls in it may spend together. Where tracing is off nothing is counted, and
    /// nothing refused.
    pub fn budget(&mut self, budget: Budget) {
        self.inherit(budget.handed_down());
    }

    /// Has the model calls below it keep their whole exchange.
    #[doc(hidden)]
    pub fn keep_exchanges(&mut self) {
        self.inherit(|inherited| inherited.keeps_exchanges = true);
    }

    pub(crate) fn inherit(&mut self, change: impl FnOnce(&mut Inherited)) {
        if let Some(live) = &mut self.0 {
            live.inherit(change);
        }
    }

    /// Hands down what is handed down `here`, too, if that is where it stands.
    #[inline]
    pub(crate) fn adopt(&mut self, here: Ctx) {
        if let Some(live) = &mut self.0
            && here.inherited() != 0
            && here.inherited() != live.ctx().inherited()
        {
            live.adopt(here);
        }
    }

    /// Gives it another name than its site's.
    pub fn rename(&mut self, name: &str) {
        self.handle().rename(name);
    }

    /// Notes that a model's first token came; only the first call counts.
    pub fn first_token(&mut self) {
        if let Some(live) = self.taking_values() {
            live.first_token();
        }
    }

    /// Leaves work for the exporter's thread.
    pub fn defer(&mut self, work: Box<dyn Deferred>) {
        if let Some(live) = self.taking_values() {
            line::write_boxed(live.ctx(), Slot::Deferred, Boxed::Deferred(work), false);
        }
    }

    /// Runs `f` with this as the current span.
    #[inline]
    pub fn attach<R>(&self, f: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(live) => line::with(*live.ctx(), f),
            None => f(),
        }
    }

    /// Runs `body` with this as the current span. A panic is recorded, and goes on.
    #[inline]
    pub fn call<R>(&mut self, body: impl FnOnce() -> R) -> R {
        let Some(live) = &self.0 else {
            return body();
        };
        match line::with(*live.ctx(), || catch_unwind(AssertUnwindSafe(body))) {
            Ok(result) => result,
            Err(panic) => self.panicked(panic),
        }
    }

    /// Runs `body` as [`call`](Span::call) does, then `done` on its result, then ends the span.
    ///
    /// By reference, since a span that is none would be moved at the cost of one that is.
    #[inline]
    pub fn run<R>(&mut self, body: impl FnOnce() -> R, done: impl FnOnce(&mut Span, &R)) -> R {
        if self.0.is_none() {
            return body();
        }
        let result = self.call(body);
        done(self, &result);
        self.close(Status::Success);
        result
    }

    /// A future that runs `future` inside the span: each poll, and its drop. When it is ready `done` looks
    /// at the output and the span ends; dropped earlier, it is cancelled; a panic is recorded, and
    /// goes on.
    #[inline]
    pub fn scope<F: Future, D: FnOnce(&mut Span, &F::Output)>(
        self,
        future: F,
        done: D,
    ) -> Scope<F, D> {
        Scope::new(self, future, done)
    }

    /// Makes it the current span until the guard is dropped, which ends it.
    pub fn enter(self) -> SpanGuard {
        SpanGuard::new(self)
    }

    /// Ends it now: with success, unless an error was recorded.
    #[inline]
    pub fn end(mut self) {
        self.close(Status::Success);
    }

    /// Ends it as cancelled.
    pub fn cancel(mut self) {
        self.close(Status::Cancelled);
    }

    #[inline]
    fn close(&mut self, status: Status) {
        if let Some(live) = &mut self.0 {
            live.end(status);
        }
        std::mem::forget(self.take());
    }

    /// Records a panic's message and lets the panic go on.
    #[cold]
    pub(crate) fn panicked(&mut self, panic: Box<dyn std::any::Any + Send>) -> ! {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        self.fail("panic", message.unwrap_or("(a panic without a message)"));
        self.close(Status::Error);
        resume_unwind(panic)
    }
}

/// A span's input, to be recorded where the arguments are.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Inputs {
    ctx: Ctx,
}

impl Inputs {
    /// As [`Span::input`].
    pub fn record(self, fields: impl FnMut(&mut Fields<'_>)) {
        if self.ctx.takes_values() {
            capture::fields(&self.ctx, Slot::Input, fields);
        }
    }
}
