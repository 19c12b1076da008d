//! A handle on a span: what can be said of it while it is open, from anywhere.

use std::error::Error;

use carrot_wire::llm::Usage;
use carrot_wire::record::meta;
use carrot_wire::{Level, RecordId, SpanId, SpanKind, Status, TraceId};
use serde::Serialize;

use crate::capture::{self, Fields};
use crate::clock::ticks;
use crate::context::Ctx;
use crate::line;
use crate::line::frame::Slot;

/// The innermost open span of this thread or task. Where none is open, all that is said of it goes nowhere, at
/// the cost of a branch.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// # use carrot_ai::{current, testing::capture};
/// let traces = capture(|| {
///     let _step = carrot_ai::span("answer");
///     current().set_metadata("documents", &3);
/// });
/// assert_eq!(traces.find("answer").unwrap().metadata()["documents"], 3);
/// assert_eq!(current().trace_id(), None);
/// current().set_output(&"goes nowhere");
/// ```
#[inline]
#[must_use = "it is only a handle: say something of the span"]
pub fn current() -> SpanRef {
    SpanRef::new(line::current())
}

/// Adds an event to the current span; see [`SpanRef::add_event`].
pub fn event<T: Serialize + ?Sized>(name: &str, data: &T) {
    current().add_event(name, data);
}

/// A handle on a span. `Copy`, and may go to other threads.
///
/// What is said of a span counts until the span ends. Said twice, the last word holds; tags, events and keys of metadata
/// add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanRef {
    ctx: Ctx,
}

impl SpanRef {
    #[inline]
    pub(crate) fn new(ctx: Ctx) -> SpanRef {
        SpanRef { ctx }
    }

    #[inline]
    pub(crate) fn ctx(&self) -> Ctx {
        self.ctx
    }

    /// Whether what is said of the span goes anywhere.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.ctx.is_open()
    }

    /// The trace it is part of: 32 hex digits.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.is_recording().then(|| self.ctx.trace_id())
    }

    /// The key of its record, by which `carrot show` and the dashboard know it; a root's is its trace's id.
    pub fn id(&self) -> Option<RecordId> {
        Some(RecordId::of(self.trace_id()?, SpanId(self.ctx.span)))
    }

    /// Runs `f` with this as the current span: on another thread, say.
    ///
    /// ```
    /// # use carrot_runtime::{current, span, testing::capture};
    /// let traces = capture(|| {
    ///     let _outer = span("outer");
    ///     let outer = current();
    ///     std::thread::scope(|threads| {
    ///         threads.spawn(move || outer.run(|| drop(span("inner"))));
    ///     });
    /// });
    /// assert_eq!(traces.render(), "outer\n└─ inner\n");
    /// ```
    #[inline]
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.ctx.span == 0 {
            return f();
        }
        line::with(self.ctx, f)
    }

    /// What went in.
    pub fn set_input<T: Serialize + ?Sized>(&self, input: &T) {
        self.value(Slot::Input, input);
    }

    /// What came out.
    pub fn set_output<T: Serialize + ?Sized>(&self, output: &T) {
        self.value(Slot::Output, output);
    }

    fn value<T: Serialize + ?Sized>(&self, slot: Slot, value: &T) {
        if self.ctx.takes_values() {
            capture::value(&self.ctx, slot.now(), |to| to.serialize(value));
        }
    }

    /// One key of the metadata. A value named like a secret is not looked at.
    pub fn set_metadata<T: Serialize + ?Sized>(&self, key: &str, value: &T) {
        self.metadata(|fields| fields.field(key, |to| to.serialize(value)));
    }

    fn metadata(&self, fields: impl FnMut(&mut Fields<'_>)) {
        if self.ctx.takes_values() {
            capture::fields(&self.ctx, Slot::Metadata.now(), fields);
        }
    }

    /// One more tag.
    pub fn add_tag(&self, tag: &str) {
        if self.ctx.takes_values() {
            line::write_value(&self.ctx, Slot::Tag, tag.as_bytes(), false);
        }
    }

    /// Another name than it was opened with.
    pub fn rename(&self, name: &str) {
        self.text(Slot::Name, name);
    }

    fn text(&self, slot: Slot, text: &str) {
        if self.is_recording() {
            line::write_value(&self.ctx, slot.now(), text.as_bytes(), false);
        }
    }

    /// What kind of step it is.
    pub fn set_kind(&self, kind: SpanKind) {
        self.code(Slot::Kind, kind as u8);
    }

    /// How much it matters.
    pub fn set_level(&self, level: Level) {
        self.code(Slot::Level, level as u8);
    }

    /// How it ended, in place of what is found by itself: success, unless an error was recorded or it was
    /// dropped before its end.
    pub fn set_status(&self, status: Status) {
        self.code(Slot::Status, status as u8);
    }

    fn code(&self, slot: Slot, code: u8) {
        if self.is_recording() {
            line::write_value(&self.ctx, slot.now(), &[code], false);
        }
    }

    /// Why it failed: the error's message, type and sources. The span's status becomes error.
    pub fn set_error<E: Error + ?Sized>(&self, error: &E) {
        if self.is_recording() {
            let kind = std::any::type_name::<E>();
            capture::error(&self.ctx, Slot::Error.now(), |to| to.error(kind, &error));
        }
    }

    /// Why it failed, in words. The span's status becomes error.
    pub fn fail(&self, kind: &str, message: &str) {
        if self.is_recording() {
            capture::error(&self.ctx, Slot::Error.now(), |to| to.text(kind, message));
        }
    }

    /// The model that answered.
    pub fn set_model(&self, model: &str) {
        self.metadata(|fields| fields.field(meta::MODEL, |to| to.text(model)));
    }

    /// What the model was told beside its messages: temperature, top_p, ….
    pub fn set_model_parameters<T: Serialize + ?Sized>(&self, parameters: &T) {
        self.set_metadata("model_parameters", parameters);
    }

    /// How many tokens it took. The cost follows from them and the model, where its price is known.
    pub fn set_usage(&self, usage: Usage) {
        self.metadata(|fields| {
            for (key, count) in usage.counts() {
                fields.field(key, |to| to.serialize(&count));
            }
        });
    }

    /// Something that happens now, in the span.
    pub fn add_event<T: Serialize + ?Sized>(&self, name: &str, data: &T) {
        self.event(name, None, |fields| {
            fields.field("data", |to| to.serialize(data));
        });
    }

    pub(crate) fn event(
        &self,
        name: &str,
        level: Option<Level>,
        mut data: impl FnMut(&mut Fields<'_>),
    ) {
        if self.ctx.takes_values() {
            let now = ticks();
            capture::fields(&self.ctx, Slot::Event, |fields| {
                fields.field("name", |to| to.text(name));
                fields.field("ticks", |to| to.serialize(&now));
                fields.field("level", |to| to.serialize(&level));
                data(fields);
            });
        }
    }

    /// The session (a conversation, say) that the whole trace is part of: its root, and what of it is not sent yet. For a part
    /// of a trace, and for traces to come, there is [`session`](crate::session).
    pub fn set_trace_session(&self, id: &str) {
        self.text(Slot::Session, id);
    }

    /// The user for whom the whole trace is done.
    pub fn set_trace_user(&self, id: &str) {
        self.text(Slot::User, id);
    }
}
