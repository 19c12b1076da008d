//! Strings as JSON has them, many bytes at a time.
//!
//! Strings are most of what is captured, and nearly all of them are short, or long and plain. Up to sixteen bytes
//! are looked at and copied as one number or two; in longer ones plain runs are found many bytes at a time.

mod block;
mod digits;

pub(super) use digits::few_digits;

use super::buffer::Buffer;
use crate::line::chunk::few_bytes;
use block::{BLOCK, is_special, specials, specials_of_eight};

/// Appends `text` between quotes, with what JSON cannot hold escaped. Where that made it longer than to `stop` it is
/// taken back, and false returned: who calls knows that there is room for the text as it is.
#[inline]
pub(super) fn quoted(buffer: &mut Buffer, text: &str, stop: usize) -> bool {
    match Short::of(text.as_bytes()) {
        Some(short) => {
            buffer.append::<18>(short.len + 2, |window| {
                window[0] = b'"';
                short.write(window, 1);
                window[1 + short.len] = b'"';
            });
            true
        }
        None => quoted_long(buffer, text.as_bytes(), stop),
    }
}

/// Appends `"name":`, behind a comma unless it is the first. Names are mostly literals, of which the compiler makes
/// the right bytes where this is called.
#[inline(always)]
pub(super) fn name(buffer: &mut Buffer, first: bool, name: &str) {
    // Where it is the first the quote overwrites the comma.
    let quote = usize::from(!first);
    match Short::of(name.as_bytes()) {
        Some(short) => buffer.append::<20>(quote + short.len + 3, |window| {
            window[0] = b',';
            window[quote] = b'"';
            short.write(window, quote + 1);
            window[quote + 1 + short.len] = b'"';
            window[quote + 2 + short.len] = b':';
        }),
        None => {
            buffer.append::<1>(quote, |window| window[0] = b',');
            quoted_long(buffer, name.as_bytes(), usize::MAX);
            buffer.byte(b':');
        }
    }
}

/// Appends ASCII that needs no escaping, such as a number.
#[inline]
pub(super) fn plain(buffer: &mut Buffer, text: &str) {
    match Short::unchecked(text.as_bytes()) {
        Some(short) => buffer.append::<16>(short.len, |window| short.write(window, 0)),
        None => buffer.slice(text.as_bytes()),
    }
}

/// Appends `text` with what JSON cannot hold escaped.
pub(super) fn escaped(buffer: &mut Buffer, text: &[u8]) {
    let mut rest = text;
    loop {
        let to = buffer.spare(rest.len() + BLOCK);
        let plain = copy_plain(to, rest);
        let Some((byte, behind)) = rest.get(plain..).and_then(<[u8]>::split_first) else {
            buffer.advance(plain);
            return;
        };
        let letter = LETTERS[usize::from(*byte)];
        let two = to.get_mut(plain..).and_then(<[u8]>::first_chunk_mut);
        if let (1.., Some(two)) = (letter, two) {
            *two = [b'\\', letter];
            buffer.advance(plain + 2);
        } else {
            buffer.advance(plain);
            escape_by_number(buffer, *byte);
        }
        rest = behind;
    }
}

/// Copies to the first byte that must be escaped, and maybe some more; gives where that is. There is room for all, and for
/// a block.
#[inline]
fn copy_plain(to: &mut [u8], text: &[u8]) -> usize {
    let mut plain = 0;
    let blocks = to.as_chunks_mut().0.iter_mut().zip(text.as_chunks().0);
    for (to, block) in blocks {
        *to = *block;
        let specials = specials(block);
        if specials != 0 {
            return plain + specials.trailing_zeros() as usize;
        }
        plain += BLOCK;
    }
    let Some(behind) = text.len().checked_sub(BLOCK) else {
        return copy_plain_bytes(to, text);
    };
    // What is left, with what stands before it and was looked at.
    match (to.get_mut(behind..), text.last_chunk()) {
        (Some(to), Some(block)) if plain < text.len() => {
            if let Some(to) = to.first_chunk_mut() {
                *to = *block;
            }
            let place = specials(block).trailing_zeros() as usize;
            text.len().min(behind + place)
        }
        _ => plain,
    }
}

/// The same for fewer than a block.
#[inline]
fn copy_plain_bytes(to: &mut [u8], text: &[u8]) -> usize {
    if let (Some(short), Some(to)) = (Short::of(text), to.first_chunk_mut::<BLOCK>()) {
        short.write(to, 0);
        return short.len;
    }
    for (place, (to, byte)) in to.iter_mut().zip(text).enumerate() {
        if is_special(*byte) {
            return place;
        }
        *to = *byte;
    }
    text.len()
}

#[inline(never)]
fn quoted_long(buffer: &mut Buffer, text: &[u8], stop: usize) -> bool {
    let start = buffer.len();
    buffer.byte(b'"');
    escaped(buffer, text);
    buffer.byte(b'"');
    // The quotes do not count.
    let fits = buffer.len() <= stop.saturating_add(2);
    if !fits {
        buffer.truncate(start);
    }
    fits
}

/// The longest beginning of the text that takes no more than `room` bytes when it is escaped.
pub(super) fn fitting(text: &str, room: usize) -> &str {
    let ends = text.bytes().scan(0, |end, byte| {
        *end += escaped_len(byte);
        Some(*end)
    });
    let fit = ends.take_while(|&end| end <= room).count();
    &text[..text.floor_char_boundary(fit)]
}

fn escaped_len(byte: u8) -> usize {
    match byte {
        b'\n' | b'\r' | b'\t' | 0x08 | 0x0c | b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// At most sixteen bytes, as numbers whose lowest byte is the first.
#[derive(Clone, Copy)]
struct Short {
    len: usize,
    /// The first eight, or all if they are fewer,
    first: u64,
    /// and the last eight, if they are more.
    last: u64,
}

impl Short {
    /// `None` if they are more, or if some must be escaped.
    #[inline(always)]
    fn of(text: &[u8]) -> Option<Short> {
        let short = Short::unchecked(text)?;
        // Zeroes are controls, so those above a shorter text must become something plain.
        let above = u64::from_le_bytes([b' '; 8]).unbounded_shl(8 * short.len as u32);
        let plain = specials_of_eight(short.first | above) == 0
            && (short.len <= 8 || specials_of_eight(short.last) == 0);
        plain.then_some(short)
    }

    #[inline(always)]
    fn unchecked(text: &[u8]) -> Option<Short> {
        let len = text.len();
        match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) if len <= 16 => Some(Short {
                len,
                first: u64::from_le_bytes(*first),
                last: u64::from_le_bytes(*last),
            }),
            (None, None) => Some(Short {
                len,
                first: few_bytes(text),
                last: 0,
            }),
            _ => None,
        }
    }

    /// Writes them, and maybe some more, from `at` on.
    #[inline(always)]
    fn write<const N: usize>(self, window: &mut [u8; N], at: usize) {
        window[at..at + 8].copy_from_slice(&self.first.to_le_bytes());
        if self.len > 8 {
            window[at + self.len - 8..at + self.len].copy_from_slice(&self.last.to_le_bytes());
        }
    }
}

/// What stands behind the backslash for a byte that must be escaped; 0 for its number.
const LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    letters[b'\n' as usize] = b'n';
    letters[b'\r' as usize] = b'r';
    letters[b'\t' as usize] = b't';
    letters[0x08] = b'b';
    letters[0x0c] = b'f';
    letters[b'"' as usize] = b'"';
    letters[b'\\' as usize] = b'\\';
    letters
};

#[cold]
fn escape_by_number(buffer: &mut Buffer, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let [high, low] = [byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]);
    buffer.array(&[b'\\', b'u', b'0', b'0', high, low]);
}

#[cfg(test)]
mod tests;
