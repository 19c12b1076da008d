//! What a failed call is called in its span.

use std::any::Any;
use std::fmt::Display;

use ::async_openai::error::OpenAIError;
use tower::BoxError;

use crate::reqwest;
use crate::tap::{bounded, in_words};

/// Kind and message of an error that a tower stack gave instead of an answer.
pub(super) fn described<E: Display + 'static>(error: &E) -> (String, String) {
    let any = error as &dyn Any;
    let boxed = any.downcast_ref::<BoxError>();
    let openai = any
        .downcast_ref::<OpenAIError>()
        .or_else(|| boxed.and_then(|it| it.downcast_ref::<OpenAIError>()));
    match openai {
        // The retry layer has consumed the answer of a 429 and kept its words.
        Some(OpenAIError::ApiError(error)) => {
            let kind = error.api_error.r#type.clone().filter(|it| !it.is_empty());
            let kind = kind.unwrap_or_else(|| format!("http_{}", error.status_code.as_u16()));
            (bounded(kind), bounded(error.api_error.message.clone()))
        }
        Some(OpenAIError::Reqwest(error)) => {
            let (kind, message) = reqwest::described(error);
            (kind.to_owned(), message)
        }
        Some(error) => ("client".to_owned(), in_words(error)),
        None => (
            "client".to_owned(),
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
