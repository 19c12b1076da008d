//! Values that come one by one, as one JSON array.

use super::json::Writer;
use super::limits::Limits;
use super::{Value, inside};
use crate::context::Ctx;
use crate::line;
use crate::line::frame::Slot;

/// An array that grows. All of it together is held to the limit of one value.
#[derive(Debug)]
pub(crate) struct List {
    writer: Writer,
    full: bool,
}

impl List {
    pub(crate) const fn new() -> List {
        List {
            writer: Writer::new(),
            full: false,
        }
    }

    /// Adds a value; nothing once it is full. A panic of the value's own code is caught.
    #[inline(never)]
    pub(crate) fn push(&mut self, ctx: &Ctx, capture: impl FnOnce(&mut Value<'_>)) {
        if self.full {
            return;
        }
        let limits = Limits::of(ctx);
        let bytes = limits.bytes.saturating_sub(self.writer.mark());
        self.begin();
        if bytes == 0 {
            self.writer.omitted();
            self.full = true;
        } else {
            self.writer.limit(Limits { bytes, ..limits });
            line::with(inside(ctx), || Value::guarded(&mut self.writer, capture));
        }
    }

    fn begin(&mut self) {
        match self.writer.mark() {
            0 => self.writer.raw(b"["),
            _ => self.writer.raw(b","),
        }
    }

    /// Writes the array as the span's output.
    pub(crate) fn write(mut self, ctx: &Ctx) {
        if self.writer.mark() == 0 {
            self.begin();
        }
        self.writer.raw(b"]");
        line::write_value(
            ctx,
            Slot::Output,
            self.writer.bytes(),
            self.writer.truncated(),
        );
    }
}
