//! Values that come one by one, as one JSON array.

use super::json::{Limits, Writer};
use super::{Value, inside};
use crate::context::Ctx;
use crate::line;
use crate::line::frame::Slot;

/// An array that grows. All of it together is held to the limit of one value.
#[derive(Debug, Default)]
pub(crate) struct List {
    buffer: Vec<u8>,
    truncated: bool,
    full: bool,
}

impl List {
    /// Adds a value; nothing once it is full. A panic of the value's own code is caught.
    #[inline(never)]
    pub(crate) fn push(&mut self, ctx: &Ctx, capture: impl FnOnce(&mut Value<'_>)) {
        if self.full {
            return;
        }
        let first = self.buffer.is_empty();
        let limits = Limits::default();
        let room = limits.bytes.saturating_sub(self.buffer.len());
        let mut writer = Writer::new(
            std::mem::take(&mut self.buffer),
            Limits {
                bytes: room,
                ..limits
            },
        );
        writer.raw(if first { "[" } else { "," });
        if room == 0 {
            writer.raw("\"…\"");
            (self.full, self.truncated) = (true, true);
        } else {
            line::with(inside(ctx), || Value::guarded(&mut writer, capture));
            self.truncated |= writer.truncated();
        }
        self.buffer = writer.into_buffer();
    }

    /// Writes the array as the span's output.
    pub(crate) fn write(mut self, ctx: &Ctx) {
        if self.buffer.is_empty() {
            self.buffer.push(b'[');
        }
        self.buffer.push(b']');
        line::write_value(ctx, Slot::Output, &self.buffer, self.truncated);
    }
}
