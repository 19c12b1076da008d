use reqwest::{Response, ResponseBuilderExt};

use super::transport;
use crate::tap::{Call, TapBody};

/// The same response, its body tapped.
pub(crate) fn tapped(response: Response, mut call: Call) -> Response {
    call.answered(response.status().as_u16(), response.headers());
    let url = response.url().clone();
    let (mut parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
    // On the way through `http` a response loses its URL, which travels as an extension.
    if let Ok(marker) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(marker.into_parts().0.extensions);
    }
    let body = reqwest::Body::wrap(TapBody::new(body, call, transport));
    http::Response::from_parts(parts, body).into()
}
