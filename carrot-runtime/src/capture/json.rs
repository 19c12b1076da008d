//! Writes values as JSON, bounded: in bytes, in depth, and without the values of secret names.

use std::fmt::{self, Display};

use carrot_wire::redact::{self, REDACTED};
use serde::Serialize;

use super::json_serializer::{Serializer, Stop};

/// How much of one value is kept. What is beyond is cut, and the span says `truncated`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) depth: usize,
}

impl Default for Limits {
    /// 1 MiB and 64 levels; readers parse 127.
    fn default() -> Limits {
        Limits {
            bytes: 1024 * 1024,
            depth: 64,
        }
    }
}

/// As many levels as [`Brackets`] has bits.
const MAX_DEPTH: usize = u64::BITS as usize;

/// The brackets that are open. Bits, not a list: capturing a value allocates nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Brackets {
    depth: usize,
    /// The innermost in the lowest bit: 1 for an object, 0 for an array.
    objects: u64,
}

impl Brackets {
    #[inline]
    fn push(&mut self, close: u8) {
        self.depth += 1;
        self.objects = self.objects << 1 | u64::from(close == b'}');
    }

    /// The character that closes the innermost one.
    #[inline]
    fn pop(&mut self) -> Option<u8> {
        self.depth = self.depth.checked_sub(1)?;
        let close = if self.objects & 1 == 1 { b'}' } else { b']' };
        self.objects >>= 1;
        Some(close)
    }
}

/// JSON text being written.
#[derive(Debug)]
pub(crate) struct Writer {
    buffer: Vec<u8>,
    limits: Limits,
    /// Where the value that is being written must end.
    end: usize,
    open: Brackets,
    truncated: bool,
}

impl Writer {
    pub(crate) fn new(buffer: Vec<u8>, limits: Limits) -> Writer {
        Writer {
            buffer,
            limits,
            end: usize::MAX,
            open: Brackets::default(),
            truncated: false,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    pub(crate) fn truncated(&self) -> bool {
        self.truncated
    }

    /// A place to go [back](Writer::reset) to.
    pub(crate) fn mark(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn reset(&mut self, mark: usize) {
        self.buffer.truncate(mark);
        self.open = Brackets::default();
        self.end = usize::MAX;
    }

    /// Text as it is.
    #[inline]
    pub(crate) fn raw(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.buffer.push(byte);
    }

    /// Text as a JSON string, cut at the limit.
    pub(crate) fn text(&mut self, text: &str) {
        self.byte(b'"');
        let room = self
            .limits
            .bytes
            .min(self.end.saturating_sub(self.buffer.len()));
        if text.len() <= room {
            escape(&mut self.buffer, text);
        } else {
            escape(&mut self.buffer, &text[..text.floor_char_boundary(room)]);
            self.raw("…");
            self.truncated = true;
        }
        self.byte(b'"');
    }

    /// What a `Display` says, as a JSON string, cut at the limit.
    pub(crate) fn display(&mut self, value: &dyn Display) {
        struct Bounded<'a> {
            writer: &'a mut Writer,
            room: usize,
        }
        impl fmt::Write for Bounded<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                if text.len() > self.room {
                    let text = &text[..text.floor_char_boundary(self.room)];
                    escape(&mut self.writer.buffer, text);
                    self.writer.raw("…");
                    self.writer.truncated = true;
                    return Err(fmt::Error);
                }
                self.room -= text.len();
                escape(&mut self.writer.buffer, text);
                Ok(())
            }
        }
        self.byte(b'"');
        let room = self
            .limits
            .bytes
            .min(self.end.saturating_sub(self.buffer.len()));
        // An error is our own full stop, or a broken `Display`: what it wrote stays.
        let _ = fmt::write(&mut Bounded { writer: self, room }, format_args!("{value}"));
        self.byte(b'"');
    }

    /// A value as its `Serialize` has it; one that fails leaves a string that says so.
    pub(crate) fn serialize<T: Serialize + ?Sized>(&mut self, value: &T) {
        let start = self.mark();
        self.end = start.saturating_add(self.limits.bytes);
        match value.serialize(Serializer(self)) {
            Ok(()) => {}
            Err(Stop::Full) => {
                self.truncated = true;
                while let Some(close) = self.open.pop() {
                    self.byte(close);
                }
            }
            Err(Stop::Failed(message)) => {
                self.reset(start);
                self.display(&format_args!("<could not be serialised: {message}>"));
            }
        }
        self.end = usize::MAX;
    }

    /// Called after each whole element: whether there is room for another.
    #[inline]
    pub(super) fn check_room(&self) -> Result<(), Stop> {
        if self.buffer.len() > self.end {
            Err(Stop::Full)
        } else {
            Ok(())
        }
    }

    /// Opens a bracket; false where that is too deep, and a mark was left instead.
    #[inline]
    pub(super) fn open(&mut self, open: u8, close: u8) -> bool {
        if self.open.depth >= self.limits.depth.min(MAX_DEPTH) {
            self.raw("\"…\"");
            self.truncated = true;
            return false;
        }
        self.byte(open);
        self.open.push(close);
        true
    }

    #[inline]
    pub(super) fn close(&mut self) {
        if let Some(close) = self.open.pop() {
            self.byte(close);
        }
    }

    pub(super) fn redacted(&mut self) {
        self.text(REDACTED);
    }

    /// Makes what was written from `mark` on an object's key: numbers get their quotes, as in serde_json.
    pub(super) fn make_key(&mut self, mark: usize) -> Result<(), Stop> {
        match self.buffer.get(mark) {
            Some(b'"') => Ok(()),
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.buffer.insert(mark, b'"');
                self.byte(b'"');
                Ok(())
            }
            _ => Err(Stop::Failed("a map's key is no string".to_owned())),
        }
    }

    /// Whether the key that was written from `mark` on names a secret.
    pub(super) fn key_is_secret(&self, mark: usize) -> bool {
        std::str::from_utf8(&self.buffer[mark..]).is_ok_and(redact::is_secret)
    }
}

/// Which bytes cannot stand in a JSON string as they are: quotes, backslashes, controls.
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escaped[byte] = true;
        byte += 1;
    }
    escaped[b'"' as usize] = true;
    escaped[b'\\' as usize] = true;
    escaped
};

/// Appends text with what JSON cannot hold escaped; runs of plain bytes are copied whole.
fn escape(buffer: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| ESCAPED[usize::from(byte)]) {
        buffer.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => buffer.extend_from_slice(b"\\\""),
            b'\\' => buffer.extend_from_slice(b"\\\\"),
            b'\n' => buffer.extend_from_slice(b"\\n"),
            b'\r' => buffer.extend_from_slice(b"\\r"),
            b'\t' => buffer.extend_from_slice(b"\\t"),
            control => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                buffer.extend_from_slice(b"\\u00");
                buffer.push(HEX[usize::from(control >> 4)]);
                buffer.push(HEX[usize::from(control & 0xf)]);
            }
        }
        rest = &rest[at + 1..];
    }
    buffer.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;
