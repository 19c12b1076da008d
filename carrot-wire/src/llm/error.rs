//! What servers say when something went wrong.

use bytes::Bytes;
use serde_json::Value;

use super::form::{Event, each_event, joined};
use super::{CallError, LlmCall};

/// The longest error message kept, in characters.
const MAX_MESSAGE: usize = 1_000;

/// The error of an answer with an error status: from JSON, from the events of a stream, from short
/// plain text, else from the status.
pub(super) fn error_answer(status: u16, body: &[Bytes], content_type: Option<&str>) -> CallError {
    let fallback = || format!("http_{status}");
    let named = |error: CallError| CallError {
        kind: if error.kind.is_empty() {
            fallback()
        } else {
            error.kind
        },
        ..error
    };
    let bytes = joined(body);
    if let Ok(mut json) = serde_json::from_slice::<Value>(&bytes) {
        // Gemini's streams are arrays, of which an error is the only element.
        if let Some(first) = json.get_mut(0) {
            json = first.take();
        }
        if let Some(error) = in_band_error(&json) {
            return named(error);
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
    let mut streamed = None;
    each_event(body, |event| {
        if let Event::Text(text) = event
            && streamed.is_none()
            && let Ok(json) = serde_json::from_str(text)
        {
            streamed = in_band_error(&json);
        }
    });
    if let Some(error) = streamed {
        return named(error);
    }
    let text = String::from_utf8_lossy(&bytes);
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
    let kind = ["type", "code", "status"].into_iter().find_map(text);
    let message = match error {
        Value::String(message) => message.clone(),
        _ => text("message").map_or_else(|| error.to_string(), str::to_owned),
    };
    Some(CallError {
        kind: bounded(kind.unwrap_or_default()),
        message: bounded(&message),
    })
}

/// Takes the `error` of an answer that has a good status, or of a stream event.
pub(super) fn take_error(call: &mut LlmCall, json: &Value) {
    if let Some(mut error) = in_band_error(json) {
        if error.kind.is_empty() {
            error.kind = "error".to_owned();
        }
        call.error = Some(error);
    }
}

fn bounded(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
