//! `application/vnd.amazon.eventstream`: the frames of AWS's streams, as its Smithy specification
//! ("Amazon Event Stream") describes them.
//!
//! ```text
//! length of all: u32 │ length of headers: u32 │ CRC-32 of both │ headers │ payload │ CRC-32 of all before
//! ```
//!
//! Numbers are big-endian. A header is its name (with a byte for its length), a byte for its type, and
//! the value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::llm::form::joined;

/// The bytes of a frame before its headers, and after its payload.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;

/// The longest frame that the specification allows: 16 MiB of payload, 128 KiB of headers.
const MAX_FRAME: usize = (16 << 20) + (128 << 10) + PRELUDE + CHECKSUM;

/// The type of a header whose value is a string.
const STRING: u8 = 7;

/// Goes through the frames of a stream as JSON: `{name: payload}` for an event, `{"error": …}` for an
/// exception. A last frame that is not whole is passed over; behind one that is damaged nothing can be
/// found, and that is told.
pub(in crate::llm) fn each_frame(
    body: &[Bytes],
    mut take: impl FnMut(Result<Value, &'static str>),
) {
    let body = joined(body);
    let mut rest: &[u8] = &body;
    loop {
        match next(&mut rest) {
            Ok(None) => return,
            Ok(Some(frame)) => take(frame.into_json()),
            Err(why) => {
                take(Err(why));
                return;
            }
        }
    }
}

/// A frame whose checksums are right.
struct Frame<'a> {
    headers: &'a [u8],
    payload: &'a [u8],
}

/// Takes the next frame; none if its end has not come.
fn next<'a>(rest: &mut &'a [u8]) -> Result<Option<Frame<'a>>, &'static str> {
    let Some(prelude) = rest.get(..PRELUDE) else {
        return Ok(None);
    };
    let number = |at: usize| {
        let bytes = [
            prelude[at],
            prelude[at + 1],
            prelude[at + 2],
            prelude[at + 3],
        ];
        u32::from_be_bytes(bytes)
    };
    let (length, headers) = (number(0) as usize, number(4) as usize);
    let fits = headers
        .checked_add(PRELUDE + CHECKSUM)
        .is_some_and(|least| least <= length);
    if crc32fast::hash(&prelude[..8]) != number(8) || length > MAX_FRAME || !fits {
        return Err("a frame of the stream is damaged");
    }
    let Some(frame) = rest.get(..length) else {
        return Ok(None);
    };
    let (checked, checksum) = frame.split_at(length - CHECKSUM);
    if crc32fast::hash(checked).to_be_bytes() != checksum {
        return Err("a frame of the stream is damaged");
    }
    *rest = &rest[length..];
    let (headers, payload) = checked[PRELUDE..].split_at(headers);
    Ok(Some(Frame { headers, payload }))
}

impl Frame<'_> {
    fn into_json(self) -> Result<Value, &'static str> {
        let [kind, event, exception, code, message] = self.named([
            ":message-type",
            ":event-type",
            ":exception-type",
            ":error-code",
            ":error-message",
        ]);
        let payload = || {
            if self.payload.is_empty() {
                return Ok(Value::Null);
            }
            serde_json::from_slice(self.payload).map_err(|_| "a stream event is not JSON")
        };
        match kind {
            Some("exception") => {
                let payload: Value = payload().unwrap_or_default();
                let message = payload.get("message").or_else(|| payload.get("Message"));
                Ok(json!({ "error": { "type": exception, "message": message } }))
            }
            Some("error") => Ok(json!({ "error": { "type": code, "message": message } })),
            _ => Ok(json!({ event.unwrap_or_default(): payload()? })),
        }
    }

    /// The values of the headers of these names, where they are strings.
    fn named<const N: usize>(&self, names: [&str; N]) -> [Option<&str>; N] {
        let mut values = [None; N];
        let mut rest = self.headers;
        while let Some((name, value)) = header(&mut rest) {
            if let Some(at) = names.iter().position(|it| it.as_bytes() == name) {
                values[at] = value.and_then(|value| str::from_utf8(value).ok());
            }
        }
        values
    }
}

/// Takes the next header: its name, and its value if that is a string.
fn header<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let length = take(rest, 1)?[0];
    let name = take(rest, length.into())?;
    let kind = take(rest, 1)?[0];
    let length = match kind {
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        5 | 8 => 8,
        6 | STRING => match take(rest, 2)? {
            [high, low] => u16::from_be_bytes([*high, *low]).into(),
            _ => return None,
        },
        9 => 16,
        _ => return None,
    };
    let value = take(rest, length)?;
    Some((name, (kind == STRING).then_some(value)))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

/// The bytes that a `chunk` event of InvokeModel holds.
pub(super) fn chunk(event: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(event.get("bytes")?.as_str()?).ok()
}

#[cfg(test)]
mod tests;
