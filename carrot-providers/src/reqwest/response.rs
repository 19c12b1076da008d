use reqwest::{Response, ResponseBuilderExt, Url};

use super::transport;
use crate::tap::{Answer, Call, TapBody};

/// The same response, its body tapped.
pub(crate) fn tapped(response: Response, mut call: Call) -> Response {
    call.answered(response.status().as_u16(), response.headers());
    let url = response.url().clone();
    let response = http::Response::<reqwest::Body>::from(response)
        .map(|body| reqwest::Body::wrap(TapBody::new(body, call, transport)));
    with_url(response, url)
}

/// A recorded answer as the response to a request to `url`.
pub(crate) fn replayed(answer: Answer, url: Url) -> Response {
    with_url(answer.into_response().map(reqwest::Body::wrap), url)
}

/// On the way through `http` a response loses its URL, which travels as an extension.
fn with_url(mut response: http::Response<reqwest::Body>, url: Url) -> Response {
    if let Ok(marker) = http::Response::builder().url(url).body(()) {
        response
            .extensions_mut()
            .extend(marker.into_parts().0.extensions);
    }
    response.into()
}
