use reqwest::Url;

use crate::tap::in_words;

/// Kind and message of an error of reqwest.
pub(crate) fn described(error: &reqwest::Error) -> (&'static str, String) {
    let words = in_words(error);
    let words = match error.url() {
        Some(url) => without_query(words, url),
        None => words,
    };
    (transport(error), words)
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

/// Words that name `url`, with its query left out: it may hold a key.
pub(crate) fn without_query(words: String, url: &Url) -> String {
    if url.query().is_none() {
        return words;
    }
    let mut bare = url.clone();
    bare.set_query(None);
    words.replace(url.as_str(), bare.as_str())
}
