use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName};

/// Headers that concern a connection and not the message (RFC 9110, section 7.6.1).
fn of_connections() -> [HeaderName; 8] {
    [
        CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRANSFER_ENCODING,
        UPGRADE,
    ]
}

/// Takes out what must not be passed on.
pub(super) fn drop_hops(headers: &mut HeaderMap) {
    let wants_trailers = headers
        .get_all(TE)
        .iter()
        .any(|it| it.as_bytes().eq_ignore_ascii_case(b"trailers"));
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .filter_map(|it| it.trim().parse().ok())
        .collect();
    for name in named.into_iter().chain(of_connections()) {
        headers.remove(name);
    }
    if wants_trailers {
        headers.insert(TE, http::HeaderValue::from_static("trailers"));
    }
}

/// Takes out of a request what the relay says anew: where it goes, and how long it is.
pub(super) fn drop_hops_of_request(headers: &mut HeaderMap) {
    drop_hops(headers);
    for name in [HOST, CONTENT_LENGTH, EXPECT] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_the_connection_is_dropped_and_all_else_is_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "127.0.0.1:1"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("te", "Trailers"),
            ("transfer-encoding", "chunked"),
            ("authorization", "Bearer k"),
            ("x-twice", "a"),
            ("x-twice", "b"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        drop_hops_of_request(&mut headers);
        let mut left: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        left.sort_unstable();
        let expected = [
            ("authorization", "Bearer k"),
            ("te", "trailers"),
            ("x-twice", "a"),
            ("x-twice", "b"),
        ];
        assert_eq!(left, expected);
    }
}
