use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The headers of an answer that are text, one after the other in memory of their own.
///
/// A `HeaderMap` that is kept holds the buffer that its connection read into, which that cannot use again then; and a copy of
/// one allocates for many a value.
#[derive(Debug, Default)]
pub(super) struct Head {
    text: String,
    /// Where each name ends, and its value.
    ends: Vec<(usize, usize)>,
    is_stream: bool,
}

impl Head {
    pub(super) fn of(headers: &HeaderMap) -> Head {
        let texts = || {
            let all = headers.iter();
            all.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        };
        let content_type = headers.get(CONTENT_TYPE);
        Head {
            is_stream: content_type.is_some_and(|it| is_stream(it.as_bytes())),
            ..Head::of_texts(texts)
        }
    }

    /// Of headers that are text, with names in lower case.
    pub(super) fn of_texts<'a, I: Iterator<Item = (&'a str, &'a str)>>(
        texts: impl Fn() -> I,
    ) -> Head {
        let lengths = texts().map(|(name, value)| name.len() + value.len());
        let (count, length) = lengths.fold((0, 0), |(count, sum), it| (count + 1, sum + it));
        let mut head = Head {
            text: String::with_capacity(length),
            ends: Vec::with_capacity(count),
            is_stream: false,
        };
        for (name, value) in texts() {
            head.text.push_str(name);
            let end = head.text.len();
            head.text.push_str(value);
            head.ends.push((end, head.text.len()));
            head.is_stream |= name == CONTENT_TYPE.as_str() && is_stream(value.as_bytes());
        }
        head
    }

    /// Names and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().filter_map(move |&(name, value)| {
            let begin = std::mem::replace(&mut start, value);
            Some((self.text.get(begin..name)?, self.text.get(name..value)?))
        })
    }

    /// Whether the content type is that of a stream: of server-sent events, of lines, or of AWS's events.
    pub(super) fn is_stream(&self) -> bool {
        self.is_stream
    }
}

fn is_stream(content_type: &[u8]) -> bool {
    const KINDS: [&[u8]; 4] = [
        b"text/event-stream",
        b"application/x-ndjson",
        b"application/jsonl",
        b"application/vnd.amazon.eventstream",
    ];
    KINDS.iter().any(|kind| content_type.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn headers_that_are_text_are_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-id", "1"), ("x-empty", ""), ("x-id", "2")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let latin = HeaderValue::from_bytes(b"text/event-stream; x=\xe9").unwrap();
        headers.insert(CONTENT_TYPE, latin);
        let head = Head::of(&headers);
        let kept: Vec<_> = head.iter().collect();
        assert_eq!(kept, [("x-id", "1"), ("x-id", "2"), ("x-empty", "")]);
        assert!(head.is_stream());
        assert!(!Head::default().is_stream());
    }
}
