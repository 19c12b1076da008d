//! The form of an answer's body, and the events in it.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::num::NonZeroUsize;

use bytes::Bytes;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use sse_core::{SseDecoder, SseEvent};

use super::{Dialect, Endpoint, Exchange};

/// The longest single stream event that is understood, in bytes. A longer one is skipped and noted.
/// The responses API repeats the whole answer in its last event, so this is generous.
const MAX_EVENT: NonZeroUsize = NonZeroUsize::new(8 << 20).unwrap();

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON value.
    Whole,
    /// Server-sent events with JSON in them.
    Events,
    /// A JSON value a line.
    Lines,
    /// One JSON array that grows while it is sent.
    Array,
    /// Binary frames with JSON in them, as AWS sends them.
    Frames,
}

impl Form {
    /// By content type and by the first bytes, for some servers send one under the name of the other.
    pub(super) fn of(endpoint: Endpoint, exchange: &Exchange<'_>) -> Form {
        let start = start(exchange.body);
        let is_json = matches!(start.first(), Some(b'{' | b'['));
        let names = |kinds: &[&str]| {
            let named = exchange.content_type().unwrap_or_default().trim_start();
            let named = named.split(';').next().unwrap_or_default().trim_end();
            kinds.iter().any(|kind| named.eq_ignore_ascii_case(kind))
        };
        let starts_event = [&b"data:"[..], b"event:"]
            .iter()
            .any(|it| start.starts_with(it));
        if starts_event || (names(&["text/event-stream"]) && !is_json) {
            return Form::Events;
        }
        if names(&["application/vnd.amazon.eventstream"]) && !is_json {
            return Form::Frames;
        }
        if names(&["application/x-ndjson", "application/jsonl"]) {
            return Form::Lines;
        }
        if endpoint.dialect() == Dialect::Gemini && start.first() == Some(&b'[') {
            return Form::Array;
        }
        Form::Whole
    }
}

/// The first bytes of a body that are no space.
fn start(body: &[Bytes]) -> Vec<u8> {
    let bytes = body.iter().flatten().copied();
    let text = bytes.skip_while(|byte| byte.is_ascii_whitespace());
    text.take(6).collect()
}

/// A body in one piece.
pub(super) fn joined(body: &[Bytes]) -> Cow<'_, [u8]> {
    match body {
        [one] => Cow::Borrowed(one),
        many => Cow::Owned(many.concat()),
    }
}

/// What a stream holds.
pub(super) enum Event<'a> {
    /// The text of one event.
    Text(&'a str),
    /// The words with which OpenAI's streams end.
    Done,
    /// Something that is not understood, and why.
    Lost(&'static str),
}

/// Goes through server-sent events.
pub(super) fn each_event(body: &[Bytes], mut take: impl FnMut(Event<'_>)) {
    let mut decoder = SseDecoder::with_limit(MAX_EVENT);
    for chunk in body {
        let mut rest: &[u8] = chunk;
        while let Some(event) = decoder.next(&mut rest) {
            match event {
                Ok(SseEvent::Message(message)) if message.data == "[DONE]" => take(Event::Done),
                Ok(SseEvent::Message(message)) => take(Event::Text(&message.data)),
                Ok(SseEvent::Retry(_)) => {}
                Err(_) => take(Event::Lost("a stream event is too long")),
            }
        }
    }
}

/// Goes through lines. A last line without an end is passed over if it is no whole JSON value.
pub(super) fn each_line(body: &[Bytes], mut take: impl FnMut(Event<'_>)) {
    let body = joined(body);
    let mut lines = body.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_ascii();
        let is_cut = lines.peek().is_none()
            && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err();
        if line.is_empty() || is_cut {
            continue;
        }
        match str::from_utf8(line) {
            Ok(text) if text.len() <= MAX_EVENT.get() => take(Event::Text(text)),
            Ok(_) => take(Event::Lost("a stream event is too long")),
            Err(_) => take(Event::Lost("a stream event is not JSON")),
        }
    }
}

/// Goes through the elements of a JSON array, as many as there are, and says whether it is whole.
pub(super) fn each_element<'b, T: Deserialize<'b>>(
    body: &'b [u8],
    take: impl FnMut(T),
) -> serde_json::Result<()> {
    struct Elements<T, F>(F, PhantomData<T>);
    impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Elements<T, F> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
            while let Some(element) = elements.next_element()? {
                (self.0)(element);
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    deserializer.deserialize_seq(Elements(take, PhantomData))?;
    deserializer.end()
}
