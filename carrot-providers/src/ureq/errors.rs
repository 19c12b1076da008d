//! What a failed call is called in its span.

use std::io;

use ::ureq::Error;
use http::Uri;

use crate::tap::in_words;

/// Kind and message of an error that ureq gave instead of an answer. The query is left out of the
/// message: it may hold a key.
pub(super) fn described(error: &Error, uri: &Uri) -> (&'static str, String) {
    let words = in_words(error);
    let words = match uri.query() {
        Some(query) if !query.is_empty() => words.replace(&format!("?{query}"), ""),
        _ => words,
    };
    (kind(error), words)
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Timeout(_) => "timeout",
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::ConnectProxyFailed(_)
        | Error::Tls(_)
        | Error::TlsRequired => "connect",
        Error::Io(error) => kind_of_io(error),
        Error::Protocol(_) => "transport",
        _ => "client",
    }
}

/// The kind of an error within an answer, or of the socket.
pub(super) fn kind_of_io(error: &io::Error) -> &'static str {
    if let Some(error) = error.get_ref().and_then(|it| it.downcast_ref::<Error>()) {
        return kind(error);
    }
    match error.kind() {
        io::ErrorKind::TimedOut => "timeout",
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => "connect",
        _ => "transport",
    }
}
