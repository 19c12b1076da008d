use std::error::Error;

use crate::tap::in_words;

/// Kind and message of an error of reqwest.
pub(crate) fn described(error: &reqwest::Error) -> (&'static str, String) {
    (transport(error), without_query(error))
}

/// The kind of a transport error.
pub(crate) fn transport(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else if error.is_builder() {
        "client"
    } else {
        "transport"
    }
}

/// The error in words, with the query of its URL left out: it may hold a key.
fn without_query(error: &reqwest::Error) -> String {
    let words = in_words(error as &(dyn Error + 'static));
    match error.url() {
        Some(url) if url.query().is_some() => {
            let mut bare = url.clone();
            bare.set_query(None);
            words.replace(url.as_str(), bare.as_str())
        }
        _ => words,
    }
}
