//! What a reader or sender is told when a request fails: `{"error": "…"}`.

use axum::http::StatusCode;
use axum::http::header::{ACCEPT_ENCODING, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use crate::store::StoreError;

/// A status and one sentence that names the thing and the fix.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    accepted: Option<&'static str>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: String) -> ApiError {
        ApiError {
            status,
            message,
            accepted: None,
        }
    }

    /// Says in which encodings a body would have been taken.
    pub(crate) fn accepting(mut self, encodings: &'static str) -> ApiError {
        self.accepted = Some(encodings);
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// A response that says it in another form than JSON's, with the headers that belong to it.
    pub(crate) fn with_body(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(encodings) = self.accepted {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        }
        response
    }

    /// A mistake of ours.
    pub(crate) fn internal() -> ApiError {
        let message = "the collector made a mistake; its log may say more".to_owned();
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let status = match error {
            StoreError::Overloaded | StoreError::Closed => StatusCode::SERVICE_UNAVAILABLE,
            StoreError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        ApiError::new(status, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({"error": self.message});
        self.with_body(super::json(self.status, &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_too_soon_is_told_when_to_come_again() {
        let response = ApiError::from(StoreError::Overloaded).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        let response = ApiError::from(StoreError::Failed("disk".to_owned())).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!response.headers().contains_key(RETRY_AFTER));
    }
}
