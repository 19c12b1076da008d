//! The open span, from the moment it opens to its last frame.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use carrot_wire::{Record, SpanId, Status, TraceId};

use crate::capture::{self, ErrorValue, Fields, Value};
use crate::clock::ticks;
use crate::context::{CAPTURING, Ctx};
use crate::line::frame::{End, Slot, Start};
use crate::line::registry::Boxed;
use crate::scope::{Entered, Scope};
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
pub struct Span {
    ctx: Ctx,
    parent: u64,
    start: u64,
    site: &'static Site,
    first_token: u64,
    status: Status,
    /// Whether a Start frame was written.
    shown: bool,
}

static NO_SITE: Site = Site::new("");

impl Span {
    const NONE: Span = Span {
        ctx: Ctx::NONE,
        parent: 0,
        start: 0,
        site: &NO_SITE,
        first_token: 0,
        status: Status::Success,
        shown: false,
    };

    /// Opens a span below the current one, or a root. Costs one relaxed load when tracing is off.
    #[inline]
    pub fn open(site: &'static Site) -> Span {
        if state::is_off() {
            Span::NONE
        } else {
            Span::open_below(line::current(), site)
        }
    }

    #[inline]
    fn open_below(parent: Ctx, site: &'static Site) -> Span {
        if !parent.is_open() {
            return Span::open_root(parent, site);
        }
        if parent.flags & CAPTURING != 0 {
            return Span::NONE;
        }
        let ctx = Ctx {
            span: line::random(),
            ..parent
        };
        Span {
            ctx,
            parent: parent.span,
            start: ticks(),
            site,
            ..Span::NONE
        }
    }

    #[cold]
    fn open_root(scope: Ctx, site: &'static Site) -> Span {
        if scope.flags & CAPTURING != 0 {
            return Span::NONE;
        }
        let client = if scope.client == 0 {
            state::process_client()
        } else {
            Some(scope.client)
        };
        let Some(client) = client else {
            return Span::NONE;
        };
        let random = (u128::from(line::random()) << 64) | u128::from(line::random());
        let trace = TraceId::from_random(random);
        let ctx = Ctx {
            trace: [(trace.0 >> 64) as u64, trace.0 as u64],
            span: trace.root_span().0,
            client,
            flags: scope.flags,
        };
        let mut span = Span {
            ctx,
            start: ticks(),
            site,
            ..Span::NONE
        };
        span.show();
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

    pub(crate) fn ctx(&self) -> Ctx {
        self.ctx
    }

    /// Records what went in, by name. A panic of the values' own code is caught; `fields` then runs once more,
    /// for the others.
    pub fn input(&mut self, fields: impl FnMut(&mut Fields<'_>)) {
        if self.is_recording() {
            self.show();
            capture::fields(&self.ctx, Slot::Input, fields);
        }
    }

    /// What records the input later, inside a future that owns the arguments.
    pub fn inputs(&mut self) -> Inputs {
        if self.is_recording() {
            self.show();
        }
        Inputs { ctx: self.ctx }
    }

    /// Records what came out. A panic of the value's own code is caught.
    pub fn output(&mut self, value: impl FnOnce(&mut Value<'_>)) {
        if self.is_recording() {
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
    pub fn metadata(&mut self, fields: impl FnMut(&mut Fields<'_>)) {
        if self.is_recording() {
            capture::fields(&self.ctx, Slot::Metadata, fields);
        }
    }

    /// Adds a tag.
    pub fn tag(&mut self, tag: &str) {
        if self.is_recording() {
            line::write_value(&self.ctx, Slot::Tag, tag.as_bytes(), false);
        }
    }

    /// Gives it another name than its site's.
    pub fn rename(&mut self, name: &str) {
        if self.is_recording() {
            line::write_value(&self.ctx, Slot::Name, name.as_bytes(), false);
        }
    }

    /// Notes that a model's first token came; only the first call counts.
    pub fn first_token(&mut self) {
        if self.is_recording() && self.first_token == 0 {
            self.first_token = ticks();
        }
    }

    /// Leaves work for the exporter's thread.
    pub fn defer(&mut self, work: Box<dyn Deferred>) {
        if self.is_recording() {
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
    pub fn enter(self) -> Entered {
        Entered::new(self)
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
        if self.parent == 0 {
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
    pub fn record(self, fields: impl FnMut(&mut Fields<'_>)) {
        if self.ctx.is_open() {
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
