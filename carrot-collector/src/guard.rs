//! Keeps web pages of strangers away from a collector that asks for no key.
//!
//! A page can make the browser send requests here. Its `Origin` gives it away; and where DNS
//! rebinding makes this machine look like the page's own site, the `Host` does.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::ApiError;

/// The dashboard runs nothing but its own files and talks to nobody but this collector.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// On every answer.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
];

/// Middleware: refuses what does not come from this machine's own programs and pages.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let mut response = match refuse(request.headers()) {
        Some(reason) => ApiError::new(StatusCode::FORBIDDEN, reason).into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refuse(headers: &HeaderMap) -> Option<String> {
    let text = |name| Some(headers.get(name)?.to_str().unwrap_or_default());
    let host = text(HOST).unwrap_or_default();
    if !is_loopback(host) {
        let host: String = host.chars().take(100).collect();
        return Some(format!(
            "the Host header says \"{host}\": call the collector by localhost or a loopback address"
        ));
    }
    let origin = text(ORIGIN)?;
    let site = origin.split_once("://").map_or("", |(_, site)| site);
    (!site.eq_ignore_ascii_case(host)).then(|| {
        let origin: String = origin.chars().take(100).collect();
        format!("requests from pages of another origin (\"{origin}\") are not taken")
    })
}

/// Whether a `Host` names this machine, whatever the port.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split_once(']').map_or("", |(address, _)| address),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    // Browsers resolve names under localhost themselves (RFC 6761, section 6.3).
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        refuse(&headers).is_some()
    }

    #[test]
    fn only_this_machine_is_let_in() {
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:7420",
            "[::1]:7420",
            "a.localhost:1",
            "127.9.9.9",
        ] {
            assert!(!refused(host, None), "{host}");
        }
        for host in [
            "",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com:7420",
            "[::2]:1",
            "0.0.0.0",
            "10.0.0.1",
        ] {
            assert!(refused(host, None), "{host}");
        }
    }

    #[test]
    fn only_our_own_pages_are_let_in() {
        assert!(!refused("localhost:7420", Some("http://localhost:7420")));
        for origin in [
            "http://localhost:7421",
            "http://127.0.0.1:7420",
            "https://example.com",
            "null",
            "",
        ] {
            assert!(refused("localhost:7420", Some(origin)), "{origin}");
        }
    }
}
