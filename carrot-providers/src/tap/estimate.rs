//! About how many tokens a text is, where nobody tells: for budgets, which must not take such a call for free.

use bytes::Bytes;

/// So many bytes of text are counted as one token.
const BYTES: usize = 4;

/// A string that is longer than this and has no space in it is data, such as an image.
const LONGEST_WORD: usize = 512;

/// Under these names events have a part of the answer.
const TEXTS: [&[u8]; 10] = [
    b"content",
    b"text",
    b"delta",
    b"thinking",
    b"partial_json",
    b"arguments",
    b"reasoning_content",
    b"reasoning",
    b"refusal",
    b"response",
];

/// About how many tokens were asked: the strings of a request, names left out.
pub(super) fn of_request(request: &[u8]) -> u64 {
    let mut bytes = 0;
    each_string(request, |_, text| {
        if text.len() <= LONGEST_WORD || text.contains(&b' ') {
            bytes += text.len();
        }
    });
    tokens(bytes)
}

/// About how many tokens came in the events of a stream, as far as it came.
pub(super) fn of_answer<'a>(pieces: impl IntoIterator<Item = &'a Bytes>) -> u64 {
    let mut bytes = 0;
    for piece in pieces {
        each_string(piece, |name, text| {
            if TEXTS.contains(&name) {
                bytes += text.len();
            }
        });
    }
    tokens(bytes)
}

fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES) as u64
}

/// Goes through the strings in JSON, or in what has JSON in it, with the name that stands last before each.
fn each_string<'a>(json: &'a [u8], mut take: impl FnMut(&'a [u8], &'a [u8])) {
    let (mut name, mut rest) = (&b""[..], json);
    while let Some(at) = rest.iter().position(|it| *it == b'"') {
        rest = &rest[at + 1..];
        let length = length(rest);
        let text = &rest[..length];
        rest = rest.get(length + 1..).unwrap_or_default();
        match rest.trim_ascii_start().first() {
            Some(b':') => name = text,
            _ => take(name, text),
        }
    }
}

/// How far it is to the quote that ends a string.
fn length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_by_its_strings() {
        let count = |json: &str| of_request(json.as_bytes());
        assert_eq!(
            count(r#"{"model":"abcd","n":1000,"messages":[{"content":"12345678"}]}"#),
            3
        );
        assert_eq!(count(r#"{"content":"a \" b"}"#), 2, "escapes belong to it");
        let image = "x".repeat(100_000);
        assert_eq!(count(&format!(r#"{{"data":"{image}","text":"1234"}}"#)), 1);
        let prose = "word ".repeat(1_000);
        assert_eq!(count(&format!(r#"["{prose}"]"#)), 1_250);
        assert_eq!(count(r#"{"cut":"1234"#), 1);
        assert_eq!((count(""), count(r#""\"#)), (0, 1));
    }

    #[test]
    fn a_stream_counts_by_its_texts() {
        let count = |pieces: &[&'static str]| {
            let pieces: Vec<_> = pieces
                .iter()
                .map(|it| Bytes::from_static(it.as_bytes()))
                .collect();
            of_answer(&pieces)
        };
        let chat =
            "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"delta\":{\"content\":\"1234\"}}]}\n\n";
        assert_eq!(count(&[chat, chat, "data: [DONE]\n\n"]), 2);
        let messages = "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"12345678\"}}";
        assert_eq!(count(&[messages]), 2);
        assert_eq!(
            count(&["{\"model\":\"m\",\"response\":\"1234\",\"done\":false}\n"]),
            1
        );
        assert_eq!(count(&[": ping\n\n", "data: {\"usage\":null}\n\n"]), 0);
    }
}
