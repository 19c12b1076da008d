//! What a failed call is called in its span.

use std::io;

use ::ureq::Error;
use carrot_wire::recording::without_secrets;
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
    let words = match error {
        // A redirect may lead there, with a query of its own.
        Error::RequireHttpsOnly(url) => words.replace(url, &shown(url)),
        _ => words,
    };
    (kind(error), words)
}

/// A URL without its credentials and its query.
fn shown(url: &str) -> String {
    without_secrets(url.split('?').next().unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_a_url_is_told() {
        let url = "http://me:s3cret@host/v1/x?sig=s3cret";
        let asked = Uri::from_static("https://host/v1/chat/completions");
        let (_, words) = described(&Error::RequireHttpsOnly(url.to_owned()), &asked);
        assert_eq!(words, "configured for https only: http://host/v1/x");
    }
}
