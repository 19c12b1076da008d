//! Answers that are errors, as misanthropic tells of them.

use ::misanthropic::client::{AnthropicError, Error};
use http::HeaderMap;
use http::header::RETRY_AFTER;
use serde::Deserialize;

use crate::tap::Refused;

/// The longest body of no known form that an error holds, in bytes.
const MAX_BODY: usize = 2048;

/// An error object in its envelope.
#[derive(Deserialize)]
struct Envelope {
    error: AnthropicError,
}

/// The `Retry-After` header, in seconds.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// The error that an answer with this status is.
pub(super) fn of_answer(status: u16, seconds: Option<u64>, body: &str) -> Error {
    let Ok(Envelope { mut error }) = serde_json::from_str(body) else {
        return Error::NonJsonResponse {
            status,
            body: bounded(body),
        };
    };
    match &mut error {
        AnthropicError::RateLimit { retry_after, .. }
        | AnthropicError::Overloaded { retry_after, .. } => *retry_after = seconds,
        AnthropicError::Unknown {
            code: code @ None, ..
        } => *code = status.try_into().ok(),
        _ => {}
    }
    Error::Anthropic(error)
}

/// The error of a call that was not sent, of the kind that is made without an answer.
pub(super) fn of_refusal(refused: &Refused) -> Error {
    Error::Anthropic(AnthropicError::Unknown {
        code: None,
        message: refused.to_string(),
    })
}

fn bounded(body: &str) -> String {
    let kept = &body[..body.floor_char_boundary(MAX_BODY)];
    match body.len() - kept.len() {
        0 => kept.to_owned(),
        more => format!("{kept}... [{more} more bytes]"),
    }
}
