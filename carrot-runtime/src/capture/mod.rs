//! Values of the user's, as JSON bytes on their way to the assembler.
//!
//! They are written into a buffer that is taken out of the thread while the user's `Serialize`, `Debug` or
//! `Display` runs: that code may panic, be slow, or call traced code, which then records nothing.

mod limits;
mod probe;
mod json;
mod json_serializer;
mod json_compound;
mod list;
mod text;
mod buffer;

pub(crate) use limits::{Limits, MAX_DEPTH, start};
pub(crate) use list::List;

pub use probe::{
    CaptureDebug, CaptureLock, CaptureName, CaptureSerialize, CaptureShared, DescribeDebug,
    DescribeDeref, DescribeDisplay, DescribeError, DescribeName, Probe, SplitOther, SplitResult,
};

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use carrot_wire::redact;
use serde::Serialize;

use crate::context::{CAPTURING, Ctx};
use crate::line;
use crate::line::frame::Said;
use json::Writer;

/// An error's chain of sources is cut at this length.
const MAX_CHAIN: usize = 32;

/// A thread keeps no megabyte because one value was large.
const MAX_KEPT: usize = 256 * 1024;

/// What a thread writes its values with, again and again.
struct Scratch {
    /// Without a destructor of its own, so that reaching it is one address.
    writer: Cell<ManuallyDrop<Option<Box<Writer>>>>,
    /// How large a writer may be to be kept.
    most: Cell<usize>,
}

thread_local! {
    static SCRATCH: Scratch = const {
        Scratch {
            writer: Cell::new(ManuallyDrop::new(None)),
            most: Cell::new(MAX_KEPT),
        }
    };
    /// Has a destructor, which drops the writer; it is only touched when there is a new one.
    static LEAVING: Leaving = const { Leaving };
}

struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        SCRATCH.with(|scratch| {
            scratch.most.set(0);
            drop(scratch.take());
        });
    }
}

impl Scratch {
    #[inline]
    fn take(&self) -> Option<Box<Writer>> {
        ManuallyDrop::into_inner(self.writer.replace(ManuallyDrop::new(None)))
    }

    #[inline]
    fn put_back(&self, writer: Box<Writer>) {
        if writer.capacity() <= self.most.get() {
            // One may be here, of a capture inside of this one.
            drop(self.take());
            self.writer.set(ManuallyDrop::new(Some(writer)));
        }
    }

    #[cold]
    fn new_writer(&self) -> Box<Writer> {
        if LEAVING.try_with(|_| ()).is_err() {
            self.most.set(0);
        }
        Box::new(Writer::new())
    }
}

/// The context in which the user's code runs while a value is captured.
#[inline]
fn inside(ctx: &Ctx) -> Ctx {
    Ctx {
        flags: ctx.flags | CAPTURING,
        ..*ctx
    }
}

/// Captures into an empty writer, and writes what came to the line.
#[inline]
fn write(ctx: &Ctx, said: Said, capture: impl FnOnce(&mut Writer)) {
    SCRATCH.with(|scratch| {
        let mut writer = scratch.take().unwrap_or_else(|| scratch.new_writer());
        writer.clear(Limits::of(ctx));
        line::with(inside(ctx), || capture(&mut writer));
        let (len, truncated) = (writer.mark(), writer.truncated());
        line::write_captured(ctx, said, writer.words(), len, truncated);
        scratch.put_back(writer);
    });
}

// These are not inlined: in the traced function they would stand in the way where tracing is off.

#[inline(never)]
pub(crate) fn value(ctx: &Ctx, said: impl Into<Said>, capture: impl FnOnce(&mut Value<'_>)) {
    write(ctx, said.into(), |writer| Value::guarded(writer, capture));
}

#[inline(never)]
pub(crate) fn fields(ctx: &Ctx, said: impl Into<Said>, mut capture: impl FnMut(&mut Fields<'_>)) {
    write(ctx, said.into(), |writer| {
        writer.raw(b"{");
        let mut fields = Fields::new(writer, None);
        if catch_unwind(AssertUnwindSafe(|| capture(&mut fields))).is_err() {
            let panicked = fields.unfinished();
            fields_again(writer, panicked, &mut capture);
        }
        writer.raw(b"}");
    });
}

/// One of the values panicked. Now each is guarded by itself, which would slow all down who do not.
#[cold]
fn fields_again(writer: &mut Writer, panicked: usize, capture: &mut dyn FnMut(&mut Fields<'_>)) {
    writer.reset(1);
    let mut fields = Fields::new(writer, Some(panicked));
    // The expressions around the values may panic too: what was written before is whole.
    let _ = catch_unwind(AssertUnwindSafe(|| capture(&mut fields)));
}

#[inline(never)]
pub(crate) fn error(ctx: &Ctx, said: impl Into<Said>, describe: impl FnOnce(&mut ErrorValue<'_>)) {
    write(ctx, said.into(), |writer| {
        let start = writer.mark();
        let described = catch_unwind(AssertUnwindSafe(|| describe(&mut ErrorValue { writer })));
        if described.is_err() || writer.mark() == start {
            writer.reset(start);
            ErrorValue { writer }.text("", json::PANICKED);
        }
    });
}

/// Where one value goes.
#[derive(Debug)]
pub struct Value<'a> {
    writer: &'a mut Writer,
}

impl Value<'_> {
    /// Runs `capture`, which leaves one JSON value.
    #[inline]
    fn capture(writer: &mut Writer, capture: impl FnOnce(&mut Value<'_>)) {
        let start = writer.mark();
        writer.begin();
        capture(&mut Value { writer });
        if writer.mark() == start {
            writer.raw(b"null");
        }
    }

    /// As [`capture`](Value::capture), and leaves exactly one JSON value, whatever it does.
    #[inline]
    fn guarded(writer: &mut Writer, capture: impl FnOnce(&mut Value<'_>)) {
        let start = writer.mark();
        let captured = catch_unwind(AssertUnwindSafe(|| Value::capture(writer, capture)));
        if captured.is_err() {
            writer.reset(start);
            writer.panicked();
        }
    }

    /// The value as its `Serialize` has it.
    #[inline]
    pub fn serialize<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.writer.serialize(value);
    }

    /// The value's `Debug` text.
    pub fn debug(&mut self, value: &dyn Debug) {
        self.writer.debug(value);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.writer.text(text);
    }
}

/// Where named values go.
#[derive(Debug)]
pub struct Fields<'a> {
    writer: &'a mut Writer,
    /// How many were begun,
    begun: usize,
    /// and how many of them are whole.
    whole: usize,
    /// The one that panicked before; each is guarded now.
    panicked: Option<usize>,
}

impl<'a> Fields<'a> {
    #[inline]
    fn new(writer: &'a mut Writer, panicked: Option<usize>) -> Fields<'a> {
        Fields {
            writer,
            begun: 0,
            whole: 0,
            panicked,
        }
    }

    /// The number of the value that was not whole when all stopped; 0 for none.
    fn unfinished(&self) -> usize {
        if self.whole < self.begun {
            self.begun
        } else {
            0
        }
    }

    #[inline]
    fn name(&mut self, name: &str) {
        self.writer.name(self.begun == 0, name);
        self.begun += 1;
    }

    /// One value. Those of secret names (`api_key`, `password`, …) are not looked at.
    #[inline]
    pub fn field(&mut self, name: &str, capture: impl FnOnce(&mut Value<'_>)) {
        self.name(name);
        if redact::is_secret(name) {
            self.writer.redacted();
        } else if let Some(panicked) = self.panicked {
            self.field_again(panicked, capture);
        } else {
            Value::capture(self.writer, capture);
        }
        self.whole = self.begun;
    }

    #[cold]
    #[inline(never)]
    fn field_again(&mut self, panicked: usize, capture: impl FnOnce(&mut Value<'_>)) {
        if self.begun == panicked {
            self.writer.panicked();
        } else {
            Value::guarded(self.writer, capture);
        }
    }

    /// One value that is left out, and said to be.
    pub fn skipped(&mut self, name: &str) {
        self.name(name);
        self.writer.raw(b"\"<skipped>\"");
        self.whole = self.begun;
    }
}

/// Where an error goes: its message, its type, its sources.
#[derive(Debug)]
pub struct ErrorValue<'a> {
    writer: &'a mut Writer,
}

impl ErrorValue<'_> {
    /// An error with its sources.
    pub fn error(&mut self, kind: &str, error: &dyn std::error::Error) {
        self.begin(kind, &error);
        self.writer.raw(b",\"chain\":[");
        let sources = std::iter::successors(error.source(), |error| error.source());
        for (count, source) in sources.take(MAX_CHAIN).enumerate() {
            if count > 0 {
                self.writer.raw(b",");
            }
            self.writer.begin();
            self.writer.display(&source);
        }
        self.writer.raw(b"]}");
    }

    /// An error that can only be shown.
    pub fn display(&mut self, kind: &str, error: &dyn Display) {
        self.begin(kind, &error);
        self.writer.raw(b"}");
    }

    /// An error that can only be debugged.
    pub fn debug(&mut self, kind: &str, error: &dyn Debug) {
        self.begin(kind, &format_args!("{error:?}"));
        self.writer.raw(b"}");
    }

    /// An error of which only the type is known.
    pub fn name(&mut self, kind: &str) {
        self.begin(kind, &kind);
        self.writer.raw(b"}");
    }

    /// An error from texts.
    pub(crate) fn text(&mut self, kind: &str, message: &str) {
        self.display(kind, &message);
    }

    fn begin(&mut self, kind: &str, message: &dyn Display) {
        self.writer.raw(b"{\"type\":");
        self.writer.begin();
        self.writer.text(kind);
        self.writer.raw(b",\"message\":");
        self.writer.begin();
        self.writer.display(message);
    }
}
