//! The open span, from the moment it opens to its last frame.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use carrot_wire::{Record, SpanId, Status, TraceId};

use crate::capture::{self, ErrorValue, Fields, Value};
use crate::clock::ticks;
use crate::context::{CAPTURING, Ctx, REMOTE};
use crate::current::SpanRef;
use crate::guard::SpanGuard;
use crate::inherit::{Entry, Inherited};
use crate::line::frame::{End, Slot, Start};
use crate::line::registry::Boxed;
use crate::scope::Scope;
use crate::{Site, line, sampling, state};

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
pub struct Span {
    ctx: Ctx,
    parent: u64,
    start: u64,
    site: &'static Site,
    first_token: u64,
    status: Status,
    /// Whether a Start frame was written.
    shown: bool,
    /// Whether nothing of this process is above it.
    root: bool,
    /// What the spans below inherit from it.
    inherit: Option<Entry>,
}

static NO_SITE: Site = Site::new("");

impl Span {
    pub(crate) const NONE: Span = Span {
        ctx: Ctx::NONE,
        parent: 0,
        start: 0,
        site: &NO_SITE,
        first_token: 0,
        status: Status::Success,
        shown: false,
        root: false,
        inherit: None,
    };

    /// Opens a span below the current one, or a root. Costs one relaxed load when tracing is off.
    #[inline]
    pub fn open(site: &'static Site) -> Span {
        if state::is_off() {
            return Span::NONE;
        }
        let parent = line::current();
        if !parent.takes_children() {
            return Span::open_root(parent, site, site.name);
        }
        let ctx = Ctx {
            span: line::random(),
            ..parent
        };
        Span::new(ctx, parent.span, site, false)
    }

    #[inline]
    fn new(ctx: Ctx, parent: u64, site: &'static Site, root: bool) -> Span {
        Span {
            ctx,
            parent,
            start: ticks(),
            site,
            first_token: 0,
            status: Status::Success,
            shown: false,
            root,
            inherit: None,
        }
    }

    /// Opens a span of a name that its site does not know.
    pub(crate) fn open_named(site: &'static Site, name: &str) -> Span {
        let parent = line::current();
        let mut span = if state::is_off() || parent.takes_children() {
            Span::open(site)
        } else {
            Span::open_root(parent, site, name)
        };
        span.rename(name);
        span
    }

    /// Opens a span with nothing of this process above it, unless nothing is to be recorded here.
    #[cold]
    #[inline(never)]
    fn open_root(above: Ctx, site: &'static Site, name: &str) -> Span {
        if above.flags & CAPTURING != 0 {
            return Span::NONE;
        }
        let client = if above.client == 0 {
            state::process_client()
        } else {
            Some(above.client)
        };
        let Some(client) = client else {
            return Span::NONE;
        };
        let remote = above.flags & REMOTE != 0;
        let (trace, span) = if remote {
            (above.trace, line::random())
        } else {
            let random = (u128::from(line::random()) << 64) | u128::from(line::random());
            let trace = TraceId::from_random(random);
            (
                [(trace.0 >> 64) as u64, trace.0 as u64],
                trace.root_span().0,
            )
        };
        let ctx = Ctx {
            trace,
            span,
            client,
            flags: above.flags & !REMOTE,
        };
        let sampled = sampling::decide(ctx, remote, site, name);
        let flags = ctx.flags | sampled.flags;
        let mut span = Span::new(Ctx { flags, ..ctx }, above.span, site, true);
        span.show();
        if sampled.weight != 1.0 {
            line::write_value(
                &span.ctx,
                Slot::Weight,
                &sampled.weight.to_ne_bytes(),
                false,
            );
        }
        span
    }

    /// Lets the assembler know of the span while it is open.
    fn show(&mut self) {
        if !self.shown {
            self.shown = true;
            line::write_start(&self.ctx, self.started());
        }
    }

    fn started(&self) -> Start {
        Start {
            site: self.site.number(),
            parent: Some(SpanId(self.parent)).filter(|id| id.0 != 0),
            root: self.root,
            ticks: self.start,
        }
    }

    /// Whether what is said of the span goes anywhere.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.ctx.is_open()
    }

    /// The trace it is part of.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.is_recording().then(|| self.ctx.trace_id())
    }

    #[inline]
    pub(crate) fn ctx(&self) -> Ctx {
        self.ctx
    }

    /// Whether values of it are recorded: not where only the names of a trace are kept.
    #[inline]
    pub(crate) fn takes_values(&self) -> bool {
        self.ctx.takes_values()
    }

    /// A handle on it, to be kept elsewhere.
    pub fn handle(&self) -> SpanRef {
        SpanRef::new(self.ctx)
    }

    /// Records what went in, by name. A panic of the values' own code is caught.
    pub fn input(&mut self, fields: impl FnOnce(&mut Fields<'_>)) {
        if self.takes_values() {
            self.show();
            capture::fields(&self.ctx, Slot::Input, fields);
        }
    }

    /// What records the input later, inside a future that owns the arguments.
    pub fn inputs(&mut self) -> Inputs {
        if self.takes_values() {
            self.show();
        }
        Inputs { ctx: self.ctx }
    }

    /// Records what came out. A panic of the value's own code is caught.
    pub fn output(&mut self, value: impl FnOnce(&mut Value<'_>)) {
        if self.takes_values() {
            capture::value(&self.ctx, Slot::Output, value);
        }
    }

    /// Records an error; the span's status becomes error.
    pub fn error(&mut self, describe: impl FnOnce(&mut ErrorValue<'_>)) {
        if self.is_recording() {
            self.status = Status::Error;
            capture::error(&self.ctx, describe);
        }
    }

    /// Records an error by its type and message; the span's status becomes error.
    pub fn fail(&mut self, kind: &str, message: &str) {
        self.error(|error| error.text(kind, message));
    }

    /// Adds metadata, by key.
    pub fn metadata(&mut self, fields: impl FnOnce(&mut Fields<'_>)) {
        if self.takes_values() {
            capture::fields(&self.ctx, Slot::Metadata, fields);
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

    /// Changes what it hands down to the spans below it.
    pub(crate) fn inherit(&mut self, change: impl FnOnce(&mut Inherited)) {
        if !self.is_recording() {
            return;
        }
        match &self.inherit {
            Some(entry) => entry.change(change),
            None => {
                let entry = Entry::below(self.ctx, change);
                self.ctx = self.ctx.inheriting(entry.number());
                self.inherit = Some(entry);
            }
        }
    }

    /// Gives it another name than its site's.
    pub fn rename(&mut self, name: &str) {
        self.handle().rename(name);
    }

    /// Notes that a model's first token came; only the first call counts.
    pub fn first_token(&mut self) {
        if self.is_recording() && self.first_token == 0 {
            self.first_token = ticks();
        }
    }

    /// Leaves work for the exporter's thread.
    pub fn defer(&mut self, work: Box<dyn Deferred>) {
        if self.takes_values() {
            line::write_boxed(&self.ctx, Slot::Deferred, Boxed::Deferred(work), false);
        }
    }

    /// Runs `f` with this as the current span.
    #[inline]
    pub fn attach<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.is_recording() {
            line::with(self.ctx, f)
        } else {
            f()
        }
    }

    /// Runs `body` with this as the current span. A panic is recorded, and goes on.
    #[inline]
    pub fn call<R>(&mut self, body: impl FnOnce() -> R) -> R {
        if !self.is_recording() {
            return body();
        }
        match line::with(self.ctx, || catch_unwind(AssertUnwindSafe(body))) {
            Ok(result) => result,
            Err(panic) => self.panicked(panic),
        }
    }

    /// Runs `body` as [`call`](Span::call) does, then `done` on its result, then ends the span.
    #[inline]
    pub fn run<R>(mut self, body: impl FnOnce() -> R, done: impl FnOnce(&mut Span, &R)) -> R {
        if !self.is_recording() {
            // Nothing to do when it is dropped; said here, the compiler need not even make it.
            std::mem::forget(self);
            return body();
        }
        let result = self.call(body);
        if self.is_recording() {
            done(&mut self, &result);
            self.end();
        }
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
        self.close();
    }

    /// Ends it as cancelled.
    pub fn cancel(mut self) {
        self.status = Status::Cancelled;
        self.close();
    }

    /// Records a panic's message and lets the panic go on.
    #[cold]
    pub(crate) fn panicked(&mut self, panic: Box<dyn std::any::Any + Send>) -> ! {
        let message = panic.downcast_ref::<&str>().copied();
        let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        self.fail("panic", message.unwrap_or("(a panic without a message)"));
        self.close();
        resume_unwind(panic)
    }

    #[inline]
    fn close(&mut self) {
        if !self.is_recording() {
            return;
        }
        let end = End {
            start: self.started(),
            ticks: ticks(),
            first_token: Some(self.first_token).filter(|&ticks| ticks != 0),
            status: self.status,
        };
        line::write_end(&self.ctx, end);
        self.ctx = Ctx::NONE;
        if self.root {
            crate::export::root_ended();
        }
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
    pub fn record(self, fields: impl FnOnce(&mut Fields<'_>)) {
        if self.ctx.takes_values() {
            capture::fields(&self.ctx, Slot::Input, fields);
        }
    }
}

impl Drop for Span {
    #[inline]
    fn drop(&mut self) {
        if !self.is_recording() {
            return;
        }
        if std::thread::panicking() {
            self.fail("panic", "(the thread panicked while this span was open)");
        } else if self.status != Status::Error {
            self.status = Status::Cancelled;
        }
        self.close();
    }
}
