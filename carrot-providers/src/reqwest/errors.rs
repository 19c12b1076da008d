use std::error::Error;
use std::{io, iter};

use reqwest::Url;

use crate::tap::in_words;

/// Kind and message of an error of reqwest, or of one that was caused by such, of a request to `url`.
pub(crate) fn described(
    error: &(dyn Error + 'static),
    url: Option<&str>,
) -> (&'static str, String) {
    let inner = causes(error).find_map(<dyn Error>::downcast_ref::<reqwest::Error>);
    let kind = match inner {
        Some(error) => transport(error),
        None if causes(error).any(<dyn Error>::is::<io::Error>) => "transport",
        None => "client",
    };
    let url = inner.and_then(reqwest::Error::url).map(Url::as_str).or(url);
    (kind, without_query(in_words(error), url))
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

/// An error and what caused it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

/// Words that name `url`, with its query left out: it may hold a key.
fn without_query(words: String, url: Option<&str>) -> String {
    match url.and_then(|url| Some((url, url.split_once('?')?.0))) {
        Some((url, bare)) => words.replace(url, bare),
        None => words,
    }
}
