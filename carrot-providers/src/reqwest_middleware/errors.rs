use ::reqwest::Url;
use ::reqwest_middleware::Error;

use crate::reqwest;

/// Kind and message of what a middleware stack gave instead of an answer from `url`.
pub(super) fn described(error: &Error, url: &Url) -> (&'static str, String) {
    match error {
        Error::Reqwest(error) => reqwest::described(error, None),
        Error::Middleware(error) => {
            let (kind, message) = reqwest::described(error.as_ref(), Some(url.as_str()));
            // A middleware above others wraps their errors, each in a way of its own.
            let inner = error.chain().find_map(|cause| match cause.downcast_ref() {
                Some(Error::Reqwest(error)) => Some(error),
                _ => None,
            });
            (inner.map_or(kind, reqwest::transport), message)
        }
    }
}
