//! Strings as JSON has them, many bytes at a time.
//!
//! Strings are most of what is captured, and nearly all of them are short, or long and plain. Up to sixteen bytes
//! are looked at and copied as one number or two; in longer ones plain runs are found many bytes at a time.

mod block;

use super::buffer::Buffer;
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
    if !first {
        buffer.byte(b',');
    }
    match Short::of(name.as_bytes()) {
        Some(short) => buffer.append::<19>(short.len + 3, |window| {
            window[0] = b'"';
            short.write(window, 1);
            window[1 + short.len] = b'"';
            window[2 + short.len] = b':';
        }),
        None => {
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
    let mut start = 0;
    loop {
        let special = next_special(text, start);
        buffer.slice(text.get(start..special).unwrap_or_default());
        let Some(byte) = text.get(special) else {
            return;
        };
        escape(buffer, *byte);
        start = special + 1;
    }
}

/// Where the first byte from `start` on is that must be escaped; the end if there is none.
#[inline]
fn next_special(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let (blocks, last) = rest.as_chunks();
    for (place, block) in blocks.iter().enumerate() {
        let specials = specials(block);
        if specials != 0 {
            return start + place * BLOCK + specials.trailing_zeros() as usize;
        }
    }
    let place = if let Some(block) = text.last_chunk() {
        // With what stands before, and was looked at.
        let specials = specials(block).unbounded_shr((BLOCK - last.len()) as u32);
        specials.trailing_zeros() as usize
    } else {
        let special = last.iter().position(|&byte| is_special(byte));
        special.unwrap_or(last.len())
    };
    text.len() - last.len() + place.min(last.len())
}

#[inline(never)]
fn quoted_long(buffer: &mut Buffer, text: &[u8], stop: usize) -> bool {
    let start = buffer.len();
    buffer.byte(b'"');
    escaped(buffer, text);
    buffer.byte(b'"');
    let fits = buffer.len() <= stop;
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
                first: word(text),
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

/// At most eight bytes as a number whose lowest byte is the first. Of more than eight it makes no sense.
#[inline(always)]
fn word(text: &[u8]) -> u64 {
    let len = text.len() as u32;
    // The halves may overlap; where they do they have the same bits.
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
        first | last.unbounded_shl(8 * (len - 4))
    } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u16::from_le_bytes(*half)));
        first | last.unbounded_shl(8 * (len - 2))
    } else {
        text.first().map_or(0, |&byte| byte.into())
    }
}

fn escape(buffer: &mut Buffer, byte: u8) {
    let letter = match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        0..0x20 => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let [high, low] = [byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]);
            return buffer.array(&[b'\\', b'u', b'0', b'0', high, low]);
        }
        itself => itself,
    };
    buffer.array(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        let mut buffer = Buffer::new();
        assert!(quoted(&mut buffer, text, usize::MAX));
        String::from_utf8(buffer.as_slice().to_vec()).unwrap()
    }

    #[test]
    fn every_byte_at_every_place_is_as_serde_json_has_it() {
        for length in 1..=80 {
            for place in [0, length / 2, length - 1] {
                for byte in 0..0x80 {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    let text = String::from_utf8(text).unwrap();
                    assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
                }
            }
        }
        assert_eq!(written(""), "\"\"");
    }

    #[test]
    fn a_number_s_text_is_copied_whatever_its_length() {
        let digits = "1234567890123456789012345678901234567890";
        for length in 0..=digits.len() {
            let mut buffer = Buffer::new();
            buffer.byte(b'x');
            plain(&mut buffer, &digits[..length]);
            assert_eq!(
                buffer.as_slice(),
                format!("x{}", &digits[..length]).as_bytes()
            );
        }
    }

    #[test]
    fn names_stand_between_commas_and_colons() {
        let mut buffer = Buffer::new();
        let names = [
            "a",
            "",
            "role",
            "content",
            "tool_name",
            "temperature_of_it",
            "q\"",
            "a \\ b \n c d",
        ];
        for (place, text) in names.into_iter().enumerate() {
            name(&mut buffer, place == 0, text);
            buffer.byte(b'1');
        }
        let expected: String = names
            .map(|name| format!("{}:1", serde_json::to_string(name).unwrap()))
            .join(",");
        assert_eq!(std::str::from_utf8(buffer.as_slice()).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn what_fits_is_all_that_does(text in "\\PC{0,100}|[\\x00-\\xff]{0,100}", room in 0..120usize) {
            let length = |text: &str| written(text).len() - 2;
            let fits = fitting(&text, room);
            prop_assert!(text.starts_with(fits) && length(fits) <= room);
            if let Some(next) = text[fits.len()..].chars().next() {
                let more = format!("{fits}{next}");
                prop_assert!(length(&more) > room);
            }
            let mut buffer = Buffer::new();
            buffer.byte(b'x');
            if quoted(&mut buffer, &text, room + 3) {
                prop_assert!(fits == text || text.len() <= 16);
            } else {
                prop_assert_eq!((buffer.len(), fits == text), (1, false));
            }
        }

        #[test]
        fn any_text_is_read_back(text in "\\PC{0,100}|[\\x00-\\xff]{0,100}") {
            let read: String = serde_json::from_str(&written(&text)).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
