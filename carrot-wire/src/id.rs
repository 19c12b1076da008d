//! The three ids of a span: W3C trace and span ids, and the record id made of both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A W3C trace id: 16 bytes, written as 32 lower-case hex digits. Never zero in a real trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TraceId(pub u128);

/// A W3C span id: 8 bytes, written as 16 lower-case hex digits. Never zero in a real span.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SpanId(pub u64);

/// The key of a record, written as a uuid.
///
/// For our own spans it is [made of](RecordId::of) the trace id and the span id; other senders may
/// use any uuid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RecordId(pub u128);

/// Version and variant bits of a uuid v4 ([RFC 9562, section 5.4]).
///
/// [RFC 9562, section 5.4]: https://www.rfc-editor.org/rfc/rfc9562#section-5.4
const V4_CLEAR: u128 = !((0xf << 76) | (0x3 << 62));
const V4_SET: u128 = (0x4 << 76) | (0x2 << 62);

impl TraceId {
    /// A trace id from 16 random bytes, with the bits of a uuid v4 set so that it is also one.
    pub const fn from_random(random: u128) -> TraceId {
        TraceId(random & V4_CLEAR | V4_SET)
    }

    /// The span id of a root without a remote parent: the last 8 bytes of its trace id, so that the
    /// root's record id equals its trace id.
    pub const fn root_span(self) -> SpanId {
        SpanId(self.0 as u64)
    }
}

impl RecordId {
    /// The record id of a span: the first 8 bytes of its trace id, then the 8 of its span id.
    pub const fn of(trace: TraceId, span: SpanId) -> RecordId {
        RecordId((trace.0 >> 64 << 64) | span.0 as u128)
    }

    /// The id as 16 bytes, big endian.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id from its 16 big-endian bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> RecordId {
        RecordId(u128::from_be_bytes(bytes))
    }
}

/// An id that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseIdError {
    expected: &'static str,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {}", self.expected)
    }
}

impl std::error::Error for ParseIdError {}

/// So many hex digits, and nothing else: `from_str_radix` would also take a sign.
fn read_hex(text: impl Iterator<Item = u8>, digits: usize) -> Option<u128> {
    let (mut number, mut count) = (0, 0);
    for byte in text {
        number = number << 4 | u128::from(char::from(byte).to_digit(16)?);
        count += 1;
    }
    (count == digits).then_some(number)
}

/// The number's hex digits, all 32 of them.
fn write_hex(number: u128) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    for (pair, byte) in text.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair.copy_from_slice(&[
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]);
    }
    text
}

/// An id's text, with no detour through the machinery of formatting: each record has several.
fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

impl FromStr for TraceId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        read_hex(text.bytes(), 32)
            .filter(|&id| id != 0)
            .map(TraceId)
            .ok_or(ParseIdError {
                expected: "a trace id (32 hex digits, not all zero)",
            })
    }
}

impl FromStr for SpanId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        read_hex(text.bytes(), 16)
            .filter(|&id| id != 0)
            .map(|id| SpanId(id as u64))
            .ok_or(ParseIdError {
                expected: "a span id (16 hex digits, not all zero)",
            })
    }
}

impl FromStr for RecordId {
    type Err = ParseIdError;

    /// Takes a uuid with its dashes in place, or 32 hex digits.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let bytes = text.as_bytes();
        let dashed = bytes.len() == 36 && [8, 13, 18, 23].iter().all(|&at| bytes[at] == b'-');
        let id = if dashed {
            read_hex(text.bytes().filter(|&byte| byte != b'-'), 32)
        } else {
            read_hex(text.bytes(), 32)
        };
        id.map(RecordId).ok_or(ParseIdError {
            expected: "a uuid (8-4-4-4-12 hex digits)",
        })
    }
}

impl TraceId {
    fn with_text<T>(self, show: impl FnOnce(&str) -> T) -> T {
        show(ascii(&write_hex(self.0)))
    }
}

impl SpanId {
    fn with_text<T>(self, show: impl FnOnce(&str) -> T) -> T {
        show(ascii(&write_hex(self.0.into())[16..]))
    }
}

impl RecordId {
    fn with_text<T>(self, show: impl FnOnce(&str) -> T) -> T {
        let digits = write_hex(self.0);
        let mut text = [b'-'; 36];
        for (from, to, length) in [(0, 0, 8), (8, 9, 4), (12, 14, 4), (16, 19, 4), (20, 24, 12)] {
            text[to..to + length].copy_from_slice(&digits[from..from + length]);
        }
        show(ascii(&text))
    }
}

/// Display, Debug, Serialize and Deserialize, all by way of the text form.
macro_rules! as_text {
    ($($id:ty),*) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.with_text(|text| f.write_str(text))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.with_text(|text| serializer.serialize_str(text))
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(TraceId, SpanId, RecordId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_root_has_the_id_of_its_trace() {
        let trace = TraceId::from_random(u128::MAX / 3);
        assert_eq!(RecordId::of(trace, trace.root_span()).0, trace.0);
        let text = RecordId(trace.0).to_string();
        assert_eq!(&text[14..15], "4", "version digit of {text}");
        assert!("89ab".contains(&text[19..20]), "variant digit of {text}");
    }

    #[test]
    fn signs_zeros_and_misplaced_dashes_are_refused() {
        assert!(
            "+0000000000000000000000000000001"
                .parse::<TraceId>()
                .is_err()
        );
        assert!(
            "00000000000000000000000000000000"
                .parse::<TraceId>()
                .is_err()
        );
        assert!("0000000000000000".parse::<SpanId>().is_err());
        assert!(
            "0123456789-ab-cdef-0123-456789abcdef"
                .parse::<RecordId>()
                .is_err()
        );
        assert!("trace-123".parse::<RecordId>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(id: u128) {
            prop_assert_eq!(RecordId(id).to_string().parse(), Ok(RecordId(id)));
            prop_assert_eq!(format!("{id:032x}").parse(), Ok(RecordId(id)));
            prop_assert_eq!(RecordId(id).to_string().replace('-', ""), format!("{id:032x}"));
            prop_assert_eq!(TraceId(id).to_string(), format!("{id:032x}"));
            prop_assert_eq!(SpanId(id as u64).to_string(), format!("{:016x}", id as u64));
            if id != 0 {
                prop_assert_eq!(TraceId(id).to_string().parse(), Ok(TraceId(id)));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<RecordId>();
            let _ = text.parse::<TraceId>();
            let _ = text.parse::<SpanId>();
        }
    }
}
