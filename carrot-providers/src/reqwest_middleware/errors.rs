use std::io;

use ::reqwest::Url;
use ::reqwest_middleware::Error;

use crate::reqwest;
use crate::tap::{bounded, in_words};

/// Kind and message of what a middleware stack gave instead of an answer from `url`.
pub(super) fn described(error: &Error, url: &Url) -> (&'static str, String) {
    match error {
        Error::Reqwest(error) => reqwest::described(error),
        Error::Middleware(error) => {
            // Middlewares wrap the errors of those below them, each in a way of its own.
            let inner = error
                .chain()
                .find_map(|cause| match cause.downcast_ref::<Error>() {
                    Some(Error::Reqwest(error)) => Some(error),
                    _ => cause.downcast_ref(),
                });
            let kind = match inner {
                Some(error) => reqwest::transport(error),
                None if error.chain().any(|cause| cause.is::<io::Error>()) => "transport",
                None => "client",
            };
            let words = reqwest::without_query(in_words(error.as_ref()), url);
            (kind, bounded(words))
        }
    }
}
