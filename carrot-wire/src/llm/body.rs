//! What every dialect shares: telling streams from plain bodies, error statuses, and completeness.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use bytes::Bytes;
use serde_json::Value;
use sse_core::{SseDecoder, SseEvent};

use super::{CallError, Dialect, Exchange, LlmCall, openai};

/// The longest single stream event that is understood, in bytes. A longer one is skipped and noted.
/// The responses API repeats the whole answer in its last event, so this is generous.
const MAX_EVENT: NonZeroUsize = NonZeroUsize::new(8 << 20).unwrap();

/// The longest error message kept, in characters.
const MAX_MESSAGE: usize = 1_000;

/// Understands the answers of one endpoint.
pub(super) trait Reader {
    /// Takes a whole answer that was not streamed.
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()>;

    /// Takes one event of a stream and says whether it was the last one by its nature.
    fn event(&mut self, call: &mut LlmCall, event: Value) -> bool;

    /// Whether the stream may end here, for servers that send no last event.
    fn settled(&self) -> bool;

    /// Writes what was gathered into the call.
    fn finish(self: Box<Self>, call: &mut LlmCall);
}

/// Reads the answer of `exchange` into `call`.
pub(super) fn read(call: &mut LlmCall, exchange: &Exchange<'_>) {
    let Some(status) = exchange.status else {
        call.remark("no answer came");
        return;
    };
    if status >= 400 {
        let body = joined(exchange.body);
        call.error = Some(error_answer(status, &body, exchange.content_type()));
        call.complete = exchange.ended;
        return;
    }
    let mut reader = match call.endpoint.dialect() {
        Dialect::OpenAi => openai::reader(call.endpoint),
    };
    if is_stream(exchange) {
        read_stream(call, reader.as_mut(), exchange);
    } else {
        read_whole(call, reader.as_mut(), exchange);
    }
    reader.finish(call);
}

fn read_whole(call: &mut LlmCall, reader: &mut dyn Reader, exchange: &Exchange<'_>) {
    match reader.whole(call, &joined(exchange.body)) {
        Ok(()) => call.complete = true,
        Err(_) if !exchange.ended => call.remark("the answer was cut off"),
        Err(_) => call.remark("the answer is not the JSON that was expected"),
    }
}

fn read_stream(call: &mut LlmCall, reader: &mut dyn Reader, exchange: &Exchange<'_>) {
    let mut decoder = SseDecoder::with_limit(MAX_EVENT);
    let mut last = false;
    let mut understood = true;
    for chunk in exchange.body {
        let mut rest: &[u8] = chunk;
        while let Some(event) = decoder.next(&mut rest) {
            match event {
                Ok(SseEvent::Message(message)) if message.data == "[DONE]" => last = true,
                Ok(SseEvent::Message(message)) => match serde_json::from_str(&message.data) {
                    Ok(event) => last |= reader.event(call, event),
                    Err(_) => {
                        understood = false;
                        call.remark("a stream event is not JSON");
                    }
                },
                Ok(SseEvent::Retry(_)) => {}
                Err(_) => {
                    understood = false;
                    call.remark("a stream event is too long");
                }
            }
        }
    }
    let ended = last || (exchange.ended && reader.settled());
    if !ended {
        call.remark("the stream stopped before its end");
    }
    call.complete = ended && understood;
}

/// By content type, else by its first bytes: some servers stream under a wrong one.
fn is_stream(exchange: &Exchange<'_>) -> bool {
    let named = |kind: &str| {
        let prefix = exchange
            .content_type()
            .and_then(|it| it.trim_start().as_bytes().get(..kind.len()));
        prefix.is_some_and(|it| it.eq_ignore_ascii_case(kind.as_bytes()))
    };
    if named("text/event-stream") {
        return true;
    }
    let start: Vec<u8> = exchange.body.iter().flatten().copied().take(6).collect();
    start.starts_with(b"data:") || start.starts_with(b"event:")
}

fn joined(body: &[Bytes]) -> Cow<'_, [u8]> {
    match body {
        [one] => Cow::Borrowed(one),
        many => Cow::Owned(many.concat()),
    }
}

/// The error of an answer with an error status, from JSON, from short plain text, else from the status.
fn error_answer(status: u16, body: &[u8], content_type: Option<&str>) -> CallError {
    let fallback = || format!("http_{status}");
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        if let Some(error) = in_band_error(&json) {
            return CallError {
                kind: if error.kind.is_empty() {
                    fallback()
                } else {
                    error.kind
                },
                ..error
            };
        }
        let message = ["message", "detail"]
            .iter()
            .find_map(|key| json.get(key)?.as_str());
        if let Some(message) = message {
            return CallError {
                kind: fallback(),
                message: bounded(message),
            };
        }
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let is_text = !text.is_empty() && !text.starts_with('<');
    let message = match content_type {
        _ if is_text => bounded(text),
        Some(kind) if !text.is_empty() => bounded(&format!("HTTP {status} with a body of {kind}")),
        _ => format!("HTTP {status}"),
    };
    CallError {
        kind: fallback(),
        message,
    }
}

/// The `error` of a JSON answer or stream event, if it has one. Its kind is empty where none is given.
pub(super) fn in_band_error(json: &Value) -> Option<CallError> {
    let error = json.get("error").filter(|it| !it.is_null())?;
    let text = |key: &str| {
        error
            .get(key)
            .and_then(Value::as_str)
            .filter(|it| !it.is_empty())
    };
    let kind = text("type").or_else(|| text("code")).unwrap_or_default();
    let message = match error {
        Value::String(message) => message.clone(),
        _ => text("message").map_or_else(|| error.to_string(), str::to_owned),
    };
    Some(CallError {
        kind: bounded(kind),
        message: bounded(&message),
    })
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
