//! What a failed call is told as.

use std::error::Error as _;

use ::genai::{BoxError, Error, webc};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::request::bytes;
use crate::reqwest;
use crate::tap::{Call, in_words};

/// Ends a call with the error that the user is given.
pub(super) fn end(mut call: Call, error: &Error) {
    match error {
        Error::WebModelCall { webc_error, .. } | Error::WebAdapterCall { webc_error, .. } => {
            end_web(call, webc_error);
        }
        Error::HttpError {
            status,
            body,
            headers,
            ..
        } => {
            end_with(call, status.as_u16(), headers, body.clone().into());
        }
        Error::WebStream { error: inner, .. } => end_stream(call, inner, error),
        Error::ChatResponseGeneration { response_body, .. } => {
            head(&mut call, "application/json");
            call.piece(&bytes(response_body));
            call.ended();
        }
        _ => call.failed("client", &in_words(error)),
    }
}

/// Whether an error says that a frame was not understood, which the frames tell themselves.
pub(super) fn is_of_a_frame(error: &Error) -> bool {
    matches!(
        error,
        Error::StreamParse { .. } | Error::ChatResponse { .. }
    )
}

fn end_web(call: Call, error: &webc::Error) {
    match error {
        webc::Error::ResponseFailedStatus {
            status,
            body,
            headers,
        } => {
            end_with(call, status.as_u16(), headers, body.clone().into());
        }
        webc::Error::ResponseFailedNotJson { content_type, body } => {
            end_with(call, 200, &headers(content_type), body.clone().into());
        }
        webc::Error::ResponseFailedInvalidJson { body, .. } => {
            end_with(call, 200, &headers("application/json"), body.clone().into());
        }
        webc::Error::Reqwest(error) => {
            let (kind, message) = reqwest::described(error, None);
            call.failed(kind, &message);
        }
        error => call.failed("client", &in_words(error)),
    }
}

fn end_stream(call: Call, inner: &BoxError, outer: &Error) {
    if let Some(error) = inner.downcast_ref::<Error>() {
        return end(call, error);
    }
    if let Some(error) = inner.downcast_ref::<::reqwest::Error>() {
        let (kind, message) = reqwest::described(error, None);
        return call.failed(kind, &message);
    }
    let kind = match inner.is::<webc::StreamTimeout>() {
        true => "timeout",
        false => "transport",
    };
    let words = outer.source().map_or_else(|| in_words(&**inner), in_words);
    call.failed(kind, &words);
}

fn end_with(mut call: Call, status: u16, headers: &HeaderMap, body: Bytes) {
    call.answered(status, headers);
    call.piece(&body);
    call.ended();
}

/// The head of an answer whose headers do not show, but for this one.
pub(super) fn head(call: &mut Call, content_type: &str) {
    let shown = [(CONTENT_TYPE.as_str(), content_type)];
    call.answered_in_texts(200, || shown.into_iter(), || headers(content_type));
}

fn headers(content_type: &str) -> HeaderMap {
    let value = HeaderValue::from_str(content_type);
    value
        .map(|value| HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        .unwrap_or_default()
}
