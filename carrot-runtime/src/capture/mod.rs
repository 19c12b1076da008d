//! Values of the user's, as JSON bytes on their way to the assembler.
//!
//! They are written into a buffer that is taken out of the thread while the user's `Serialize`, `Debug` or
//! `Display` runs: that code may panic, be slow, or call traced code, which then records nothing.

mod json;
mod json_serializer;
mod list;
mod probe;

pub(crate) use list::List;

pub use probe::{
    CaptureDebug, CaptureLock, CaptureName, CaptureSerialize, CaptureShared, DescribeDebug,
    DescribeDeref, DescribeDisplay, DescribeError, DescribeName, Probe, SplitOther, SplitResult,
};

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use carrot_wire::redact;
use serde::Serialize;

use crate::context::{CAPTURING, Ctx};
use crate::line;
use crate::line::frame::Slot;
use json::{Limits, Writer};

/// What stands for a value whose own code panicked.
const PANICKED: &str = "<panicked while it was captured>";
/// An error's chain of sources is cut at this length.
const MAX_CHAIN: usize = 32;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The context in which the user's code runs while a value is captured.
fn inside(ctx: &Ctx) -> Ctx {
    Ctx {
        flags: ctx.flags | CAPTURING,
        ..*ctx
    }
}

/// Captures into an empty buffer and writes what came to the line.
fn write(ctx: &Ctx, slot: Slot, capture: impl FnOnce(&mut Writer)) {
    let buffer = SCRATCH.try_with(Cell::take).unwrap_or_default();
    let mut writer = Writer::new(buffer, Limits::default());
    line::with(inside(ctx), || capture(&mut writer));
    line::write_value(ctx, slot, writer.bytes(), writer.truncated());
    let mut buffer = writer.into_buffer();
    // A thread keeps no megabyte because one value was large.
    if buffer.capacity() <= 256 * 1024 {
        buffer.clear();
        let _ = SCRATCH.try_with(|scratch| scratch.set(buffer));
    }
}

// These are not inlined: in the traced function they would stand in the way where tracing is off.

#[inline(never)]
pub(crate) fn value(ctx: &Ctx, slot: Slot, capture: impl FnOnce(&mut Value<'_>)) {
    write(ctx, slot, |writer| Value::guarded(writer, capture));
}

#[inline(never)]
pub(crate) fn fields(ctx: &Ctx, slot: Slot, capture: impl FnOnce(&mut Fields<'_>)) {
    write(ctx, slot, |writer| {
        writer.raw("{");
        let mut fields = Fields { writer, any: false };
        // Each value is guarded by itself; this is for the expressions around them.
        let _ = catch_unwind(AssertUnwindSafe(|| capture(&mut fields)));
        writer.raw("}");
    });
}

#[inline(never)]
pub(crate) fn error(ctx: &Ctx, describe: impl FnOnce(&mut ErrorValue<'_>)) {
    write(ctx, Slot::Error, |writer| {
        let start = writer.mark();
        let described = catch_unwind(AssertUnwindSafe(|| describe(&mut ErrorValue { writer })));
        if described.is_err() || writer.mark() == start {
            writer.reset(start);
            ErrorValue { writer }.text("", PANICKED);
        }
    });
}

/// Where one value goes.
#[derive(Debug)]
pub struct Value<'a> {
    writer: &'a mut Writer,
}

impl Value<'_> {
    /// Runs `capture`; leaves exactly one JSON value, whatever it does.
    fn guarded(writer: &mut Writer, capture: impl FnOnce(&mut Value<'_>)) {
        let start = writer.mark();
        let captured = catch_unwind(AssertUnwindSafe(|| capture(&mut Value { writer })));
        if captured.is_err() {
            writer.reset(start);
            writer.text(PANICKED);
        } else if writer.mark() == start {
            writer.raw("null");
        }
    }

    /// The value as its `Serialize` has it.
    pub fn serialize<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.writer.serialize(value);
    }

    /// The value's `Debug` text.
    pub fn debug(&mut self, value: &dyn Debug) {
        self.writer.display(&format_args!("{value:?}"));
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
    any: bool,
}

impl Fields<'_> {
    fn name(&mut self, name: &str) {
        if self.any {
            self.writer.raw(",");
        }
        self.any = true;
        self.writer.text(name);
        self.writer.raw(":");
    }

    /// One value. Those of secret names (`api_key`, `password`, …) are not looked at.
    pub fn field(&mut self, name: &str, capture: impl FnOnce(&mut Value<'_>)) {
        self.name(name);
        if redact::is_secret(name) {
            self.writer.text(redact::REDACTED);
        } else {
            Value::guarded(self.writer, capture);
        }
    }

    /// One value that is left out, and said to be.
    pub fn skipped(&mut self, name: &str) {
        self.name(name);
        self.writer.text("<skipped>");
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
        self.writer.raw(",\"chain\":[");
        let sources = std::iter::successors(error.source(), |error| error.source());
        for (count, source) in sources.take(MAX_CHAIN).enumerate() {
            if count > 0 {
                self.writer.raw(",");
            }
            self.writer.display(&source);
        }
        self.writer.raw("]}");
    }

    /// An error that can only be shown.
    pub fn display(&mut self, kind: &str, error: &dyn Display) {
        self.begin(kind, &error);
        self.writer.raw("}");
    }

    /// An error that can only be debugged.
    pub fn debug(&mut self, kind: &str, error: &dyn Debug) {
        self.begin(kind, &format_args!("{error:?}"));
        self.writer.raw("}");
    }

    /// An error of which only the type is known.
    pub fn name(&mut self, kind: &str) {
        self.begin(kind, &kind);
        self.writer.raw("}");
    }

    /// An error from texts.
    pub(crate) fn text(&mut self, kind: &str, message: &str) {
        self.display(kind, &message);
    }

    fn begin(&mut self, kind: &str, message: &dyn Display) {
        self.writer.raw("{\"type\":");
        self.writer.text(kind);
        self.writer.raw(",\"message\":");
        self.writer.display(message);
    }
}
