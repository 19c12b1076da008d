//! What a failed call is called in its span.

use std::any::Any;
use std::fmt::Display;

use ::async_openai::error::OpenAIError;
use bytes::Bytes;
use tower::BoxError;

use crate::reqwest;
use crate::tap::{bounded, in_words};

/// What an error says that a tower stack gave instead of an answer.
pub(super) enum Failure {
    /// There was an answer: its status, and a body that says the same.
    Answered(u16, Bytes),
    /// There was none, for a reason of this kind.
    Broken(&'static str, String),
}

pub(super) fn described<E: Display + 'static>(error: &E) -> Failure {
    let any = error as &dyn Any;
    let boxed = any.downcast_ref::<BoxError>();
    let openai = any
        .downcast_ref::<OpenAIError>()
        .or_else(|| boxed.and_then(|it| it.downcast_ref::<OpenAIError>()));
    match openai {
        // The retry layer has consumed the answer of a 429 and kept its words.
        Some(OpenAIError::ApiError(error)) => {
            let body = serde_json::json!({ "error": error.api_error });
            Failure::Answered(error.status_code.as_u16(), body.to_string().into())
        }
        Some(OpenAIError::Reqwest(error)) => {
            let (kind, message) = reqwest::described(error, None);
            Failure::Broken(kind, message)
        }
        Some(error) => Failure::Broken("client", in_words(error)),
        None => Failure::Broken(
            "client",
            boxed.map_or_else(|| bounded(error.to_string()), |it| in_words(it.as_ref())),
        ),
    }
}

/// The kind of a failed attempt.
pub(super) fn kind_of(error: &OpenAIError) -> &'static str {
    match error {
        OpenAIError::Reqwest(error) => reqwest::transport(error),
        _ => "client",
    }
}
