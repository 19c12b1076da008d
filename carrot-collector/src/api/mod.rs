//! What the dashboard, the command line and other readers ask.

mod error;
mod query;

pub(crate) mod list;
pub(crate) mod live;
pub(crate) mod trace;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

pub(crate) use error::ApiError;
pub(crate) use query::read as read_query;

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => ApiError::internal().into_response(),
    }
}
