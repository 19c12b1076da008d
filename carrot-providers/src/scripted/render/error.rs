//! Errors in the words of the dialects.

use serde_json::{Value, json};

use super::super::request::Request;
use super::super::route::{Dialect, Route};
use super::frame;

/// The body of an answer with an error status.
pub(super) fn body(request: &Request, status: u16, message: &str) -> Value {
    let body = match request.route.dialect() {
        Dialect::OpenAi => {
            let kind = match status {
                429 => "rate_limit_error",
                400..=499 => "invalid_request_error",
                _ => "server_error",
            };
            json!({ "error": { "message": message, "type": kind, "param": null, "code": null } })
        }
        Dialect::Anthropic => {
            let kind = match status {
                400 => "invalid_request_error",
                401 => "authentication_error",
                403 => "permission_error",
                404 => "not_found_error",
                413 => "request_too_large",
                429 => "rate_limit_error",
                529 => "overloaded_error",
                _ => "api_error",
            };
            json!({ "type": "error", "error": { "type": kind, "message": message } })
        }
        Dialect::Gemini => {
            let name = match status {
                400 => "INVALID_ARGUMENT",
                401 => "UNAUTHENTICATED",
                403 => "PERMISSION_DENIED",
                404 => "NOT_FOUND",
                429 => "RESOURCE_EXHAUSTED",
                503 => "UNAVAILABLE",
                504 => "DEADLINE_EXCEEDED",
                _ => "INTERNAL",
            };
            json!({ "error": { "code": status, "message": message, "status": name } })
        }
        Dialect::Ollama => json!({ "error": message }),
    };
    if request.route == Route::StreamGenerateContent && !request.wants_events() {
        // What would have been an array is one.
        return json!([body]);
    }
    body
}

/// The last piece of a stream that has sent so many before it.
pub(super) fn in_stream(request: &Request, after: usize, message: &str) -> String {
    match request.route {
        Route::Responses => {
            let error = json!({ "type": "error", "sequence_number": after, "code": "server_error", "message": message, "param": null });
            frame::event("error", &error)
        }
        Route::Messages => frame::event("error", &body(request, 529, message)),
        Route::Interactions => {
            let error = json!({ "event_type": "error", "error": { "code": "internal", "message": message } });
            frame::event("error", &error)
        }
        Route::StreamGenerateContent if !request.wants_events() => {
            let opening = if after == 0 { "[" } else { ",\r\n" };
            format!("{opening}{}\n]", body(request, 500, message)[0])
        }
        route if route.dialect() == Dialect::Ollama => frame::line(&body(request, 500, message)),
        _ => frame::data(&body(request, 500, message)),
    }
}
