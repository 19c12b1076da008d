//! Request bodies, bounded.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt;

use crate::api::ApiError;

/// A body that was refused is still taken off the wire for this long: a client that sends all of it
/// before it listens would otherwise see a broken connection, and not the reason.
const DRAIN: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let encoding = headers.get(CONTENT_ENCODING).map(|value| value.as_bytes());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compressed bodies are not taken: send plain JSON, without Content-Encoding".to_owned(),
        ));
    }
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let length: usize = length.unwrap_or(0);
    if length > limit {
        // A client that waits for leave to send gets the answer first.
        if !headers.contains_key(EXPECT) {
            drain(body);
        }
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(length);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            let reason = "the request ended before its body did".to_owned();
            ApiError::new(StatusCode::BAD_REQUEST, reason)
        })?;
        if bytes.len() + chunk.len() > limit {
            drain(Body::from_stream(stream));
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

fn too_large(limit: usize) -> ApiError {
    let message = format!(
        "the body is larger than {} MiB ({limit} bytes): send it in several requests",
        limit >> 20
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// Reads the rest and forgets it, behind the answer.
fn drain(body: Body) {
    tokio::spawn(tokio::time::timeout(DRAIN, async move {
        let mut stream = body.into_data_stream();
        while let Some(Ok(_)) = stream.next().await {}
    }));
}
