//! Writes values as JSON, bounded: in bytes, in depth, and without the values of secret names.

use std::fmt::{self, Debug, Display};

use carrot_wire::redact::{self, REDACTED};
use serde::Serialize;

use super::buffer::Buffer;
use super::json_serializer::{Done, Serializer, Stop};
use super::limits::Limits;
use super::text;

/// What stands for a value whose own code panicked.
pub(super) const PANICKED: &str = "<panicked while it was captured>";

/// So many values may wrap each other without a bracket between them: an `Option` in an `Option`, say.
const MAX_WRAPPED: usize = 128;

/// How many brackets may be open in the text of a `Debug`.
const MAX_DEBUG_DEPTH: usize = 128;

/// The brackets that are open. Bits, not a list: capturing a value allocates nothing.
#[derive(Clone, Copy, Debug)]
struct Brackets {
    depth: usize,
    /// The innermost in the lowest bit: 1 for an object, 0 for an array.
    objects: u128,
}

impl Brackets {
    const NONE: Brackets = Brackets {
        depth: 0,
        objects: 0,
    };

    #[inline]
    fn push(&mut self, close: u8) {
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(close == b'}');
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

/// How deep in a value something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nesting {
    depth: usize,
    wrapped: usize,
}

impl Nesting {
    const NONE: Nesting = Nesting {
        depth: 0,
        wrapped: 0,
    };
}

/// JSON text being written. Kept from capture to capture, for its memory.
#[derive(Debug)]
pub(crate) struct Writer {
    buffer: Buffer,
    limits: Limits,
    /// Where the value that is being written must end.
    end: usize,
    open: Brackets,
    /// How many values wrap the one that is being written.
    wrapped: usize,
    truncated: bool,
}

impl Writer {
    pub(crate) const fn new() -> Writer {
        Writer {
            buffer: Buffer::new(),
            limits: Limits::DEFAULT,
            end: 0,
            open: Brackets::NONE,
            wrapped: 0,
            truncated: false,
        }
    }

    /// Forgets what was written.
    #[inline]
    pub(crate) fn clear(&mut self, limits: Limits) {
        self.limits = limits;
        self.truncated = false;
        self.reset(0);
    }

    /// How much of the values to come is kept.
    pub(crate) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.as_slice()
    }

    /// The same as whole words: see [`Buffer::words`].
    #[inline]
    pub(crate) fn words(&mut self) -> &[[u8; 8]] {
        self.buffer.words()
    }

    /// How much memory it has.
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    pub(crate) fn truncated(&self) -> bool {
        self.truncated
    }

    /// A place to go [back](Writer::reset) to.
    #[inline]
    pub(crate) fn mark(&self) -> usize {
        self.buffer.len()
    }

    #[inline]
    pub(crate) fn reset(&mut self, mark: usize) {
        self.buffer.truncate(mark);
        self.open = Brackets::NONE;
        self.wrapped = 0;
    }

    /// Text as it is.
    #[inline]
    pub(crate) fn raw<const N: usize>(&mut self, text: &[u8; N]) {
        self.buffer.array(text);
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.buffer.byte(byte);
    }

    /// A number's text.
    #[inline]
    pub(super) fn number(&mut self, text: &str) {
        text::plain(&mut self.buffer, text);
    }

    /// A number of at most four digits.
    #[inline]
    pub(super) fn few_digits(&mut self, number: u16) {
        text::few_digits(&mut self.buffer, number);
    }

    /// The name of a value: no limit cuts it.
    #[inline]
    pub(crate) fn name(&mut self, first: bool, name: &str) {
        text::name(&mut self.buffer, first, name);
    }

    /// A value begins here.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.end = self.mark().saturating_add(self.limits.bytes);
    }

    /// How much room there is for what may be cut.
    #[inline]
    fn room(&self) -> usize {
        self.end.saturating_sub(self.buffer.len())
    }

    /// Text as a JSON string, cut at the limit.
    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        let fits = self.buffer.len() + text.len() <= self.end;
        if !(fits && text::quoted(&mut self.buffer, text, self.end)) {
            self.cut(text);
        }
    }

    #[cold]
    fn cut(&mut self, text: &str) {
        let room = self.room();
        self.byte(b'"');
        self.cut_escaped(text, room);
        self.byte(b'"');
    }

    /// As much of the text as fits into `room` when it is escaped.
    #[cold]
    fn cut_escaped(&mut self, text: &str, room: usize) {
        text::escaped(&mut self.buffer, text::fitting(text, room).as_bytes());
        self.ellipsis();
    }

    fn ellipsis(&mut self) {
        self.buffer.slice("…".as_bytes());
        self.truncated = true;
    }

    /// What a `Display` says, as a JSON string, cut at the limit.
    pub(crate) fn display(&mut self, value: &dyn Display) {
        self.display_nested(value, usize::MAX);
    }

    /// What a `Debug` says, as a JSON string. A value that is nested deeper than it should be is cut there, by the brackets that
    /// its text opens: a derived `Debug` calls itself for each of them, and the stack has an end.
    pub(crate) fn debug(&mut self, value: &dyn Debug) {
        self.display_nested(&format_args!("{value:?}"), MAX_DEBUG_DEPTH);
    }

    fn display_nested(&mut self, value: &dyn Display, deepest: usize) {
        /// Inside the quotes, of which the second comes also when the `Display` panics.
        struct Quoted<'a> {
            writer: &'a mut Writer,
            stop: usize,
            /// How many brackets are open,
            depth: usize,
            /// and may be.
            deepest: usize,
        }
        impl Quoted<'_> {
            fn is_too_deep(&mut self, text: &str) -> bool {
                for byte in text.bytes() {
                    match byte {
                        b'(' | b'[' | b'{' => self.depth += 1,
                        b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                        _ => {}
                    }
                }
                self.depth > self.deepest
            }
        }
        impl fmt::Write for Quoted<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                let start = self.writer.mark();
                if self.deepest < usize::MAX && self.is_too_deep(text) {
                    self.writer.ellipsis();
                    return Err(fmt::Error);
                }
                let room = self.stop.saturating_sub(start);
                if text.len() <= room {
                    text::escaped(&mut self.writer.buffer, text.as_bytes());
                    if self.writer.mark() <= self.stop {
                        return Ok(());
                    }
                    self.writer.buffer.truncate(start);
                }
                self.writer.cut_escaped(text, room);
                Err(fmt::Error)
            }
        }
        impl Drop for Quoted<'_> {
            fn drop(&mut self) {
                self.writer.byte(b'"');
            }
        }
        self.byte(b'"');
        let stop = self.end.max(self.mark());
        // An error is our own full stop, or a broken `Display`: what it wrote stays.
        let mut quoted = Quoted {
            writer: self,
            stop,
            depth: 0,
            deepest,
        };
        let _ = fmt::write(&mut quoted, format_args!("{value}"));
    }

    /// A value as its `Serialize` has it; one that fails leaves a string that says so.
    #[inline]
    pub(crate) fn serialize<T: Serialize + ?Sized>(&mut self, value: &T) {
        let start = self.mark();
        if let Err(stop) = value.serialize(Serializer(self)) {
            self.stopped(start, &stop);
        }
    }

    #[cold]
    fn stopped(&mut self, start: usize, why: &Stop) {
        if !self.keep(Nesting::NONE) {
            self.reset(start);
            self.display(&format_args!("<could not be serialised: {why}>"));
        }
    }

    /// Whether there is no room for another part of a value.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.buffer.len() > self.end
    }

    /// The value ends here, whatever its code does with the error.
    #[cold]
    pub(super) fn full(&mut self) -> Stop {
        self.end = 0;
        self.truncated = true;
        Stop::full()
    }

    /// How deep in the value it is.
    #[inline]
    pub(super) fn nesting(&self) -> Nesting {
        Nesting {
            depth: self.open.depth,
            wrapped: self.wrapped,
        }
    }

    /// Takes back what began at `mark`, so deep in the value.
    #[cold]
    pub(super) fn take_back(&mut self, mark: usize, nesting: Nesting) {
        self.buffer.truncate(mark);
        while self.open.depth > nesting.depth {
            self.open.pop();
        }
        self.wrapped = nesting.wrapped;
    }

    /// Where the limit was reached, makes whole what was written of a value so deep; false where it was not, or where
    /// nothing of a value was written.
    #[cold]
    pub(super) fn keep(&mut self, nesting: Nesting) -> bool {
        let missing = matches!(self.bytes().last(), Some(b',' | b':'));
        let keep = self.is_full() && !missing;
        if keep {
            self.truncated = true;
            while self.open.depth > nesting.depth {
                self.close();
            }
            self.wrapped = nesting.wrapped;
        }
        keep
    }

    /// Whether nothing stands in the innermost bracket yet.
    pub(super) fn just_opened(&self) -> bool {
        matches!(self.bytes().last(), Some(b'[' | b'{'))
    }

    /// Opens a bracket; false where that is too deep, and a mark was left instead.
    #[inline]
    pub(super) fn open(&mut self, open: u8, close: u8) -> bool {
        if self.open.depth >= self.limits.depth {
            self.omitted();
            return false;
        }
        self.byte(open);
        self.open.push(close);
        true
    }

    /// Writes what stands inside of another value, and nothing else. One that wraps itself without end would use up the
    /// stack.
    #[inline]
    pub(super) fn wrapped(&mut self, write: impl FnOnce(&mut Writer) -> Done) -> Done {
        if self.wrapped == MAX_WRAPPED {
            self.omitted();
            return Ok(());
        }
        self.wrapped += 1;
        write(self)?;
        self.wrapped -= 1;
        Ok(())
    }

    /// A part of a value that is left out for its depth is passed over. It counts too, or an endless one would have no
    /// end.
    #[inline]
    pub(super) fn pass_over(&mut self) {
        self.end = self.end.saturating_sub(1);
    }

    /// Stands for a value that is left out.
    #[cold]
    pub(super) fn omitted(&mut self) {
        self.byte(b'"');
        self.ellipsis();
        self.byte(b'"');
    }

    #[inline]
    pub(super) fn close(&mut self) {
        if let Some(close) = self.open.pop() {
            self.byte(close);
        }
    }

    pub(super) fn redacted(&mut self) {
        text::quoted(&mut self.buffer, REDACTED, usize::MAX);
    }

    pub(super) fn panicked(&mut self) {
        text::quoted(&mut self.buffer, PANICKED, usize::MAX);
    }

    /// Makes what was written from `mark` on an object's key: numbers get their quotes, as in serde_json. False
    /// where it cannot be one.
    #[inline]
    pub(super) fn make_key(&mut self, mark: usize) -> bool {
        match self.bytes().get(mark) {
            Some(b'"') => true,
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.buffer.insert(mark, b'"');
                self.byte(b'"');
                true
            }
            _ => false,
        }
    }

    /// Whether the key that was written from `mark` on names a secret.
    #[inline]
    pub(super) fn key_is_secret(&self, mark: usize) -> bool {
        match self.bytes().get(mark..) {
            Some([b'"', name @ .., b'"']) => redact::is_secret_key(name),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
