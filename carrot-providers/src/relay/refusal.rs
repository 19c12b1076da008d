use bytes::Bytes;
use carrot_wire::llm::Dialect;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

/// An answer of the relay's own: an error in the form that clients of the dialect understand. Clients of
/// OpenAI and Anthropic find each what they look for.
pub(super) fn refusal(
    dialect: Option<Dialect>,
    status: StatusCode,
    kind: &str,
    message: &str,
) -> Response<Full<Bytes>> {
    let body = body(dialect, status, kind, message).to_string();
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

fn body(dialect: Option<Dialect>, status: StatusCode, kind: &str, message: &str) -> Value {
    match dialect {
        Some(Dialect::Ollama) => json!({ "error": message }),
        Some(Dialect::Gemini) => {
            // By the names of Google's RPC codes.
            let named = match status {
                StatusCode::FORBIDDEN => "PERMISSION_DENIED",
                StatusCode::NOT_FOUND => "NOT_FOUND",
                StatusCode::BAD_GATEWAY => "UNAVAILABLE",
                _ => "INVALID_ARGUMENT",
            };
            let status = status.as_u16();
            json!({ "error": { "code": status, "message": message, "status": named } })
        }
        _ => json!({
            "type": "error",
            "error": { "message": message, "type": kind, "param": null, "code": kind },
        }),
    }
}
