//! The dashboard's built files, inside the program.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use twox_hash::XxHash3_64;

/// A file, with a tag that changes when it does: its name is always the same.
struct Asset {
    bytes: &'static [u8],
    mime: &'static str,
    tag: String,
}

impl Asset {
    fn new(bytes: &'static [u8], mime: &'static str) -> Asset {
        let tag = format!("\"{:016x}\"", XxHash3_64::oneshot(bytes));
        Asset { bytes, mime, tag }
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let known = request
            .get(IF_NONE_MATCH)
            .and_then(|tags| tags.to_str().ok());
        let is_known = known.is_some_and(|tags| {
            tags.split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|tag| tag == "*" || tag == self.tag)
        });
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.bytes.into_response()
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.mime));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(ETAG, tag);
        }
        response
    }
}

macro_rules! assets {
    ($($(#[$doc:meta])* $handler:ident: $file:literal, $mime:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) async fn $handler(request: HeaderMap) -> Response {
            static ASSET: LazyLock<Asset> =
                LazyLock::new(|| Asset::new(include_bytes!(concat!("../ui/dist/", $file)), $mime));
            ASSET.answer(&request)
        }
    )*};
}

assets! {
    /// The page; its script finds out which one it is.
    index: "index.html", "text/html; charset=utf-8";
    /// The program.
    script: "app.js", "text/javascript; charset=utf-8";
    /// Its looks.
    style: "app.css", "text/css; charset=utf-8";
    /// The icon.
    icon: "favicon.svg", "image/svg+xml";
}
