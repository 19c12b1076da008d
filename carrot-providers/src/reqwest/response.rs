use bytes::Bytes;
use reqwest::{Body, Response, ResponseBuilderExt, Url};

use crate::tap::Answer;
#[cfg(feature = "async-openai")]
use crate::tap::{Call, TapBody};

/// The same response, its body tapped. A call that saw each attempt has seen its head already.
#[cfg(feature = "async-openai")]
pub(crate) fn tapped(response: Response, mut call: Call) -> Response {
    if !call.is_answered() {
        call.answered(response.status().as_u16(), response.headers());
    }
    rebuilt(response, |body| TapBody::new(body, call, super::transport))
}

/// The same response, its body replaced.
pub(crate) fn rebuilt<B>(response: Response, body: impl FnOnce(Body) -> B) -> Response
where
    B: http_body::Body<Data = Bytes, Error = reqwest::Error> + Send + Sync + 'static,
{
    let url = response.url().clone();
    let response = http::Response::<Body>::from(response);
    with_url(response.map(|inner| Body::wrap(body(inner))), url)
}

/// A recorded answer as the response to a request to `url`.
pub(crate) fn replayed(answer: Answer, url: Url) -> Response {
    with_url(answer.into_response().map(Body::wrap), url)
}

/// On the way through `http` a response loses its URL, which travels as an extension.
fn with_url(mut response: http::Response<Body>, url: Url) -> Response {
    if let Ok(marker) = http::Response::builder().url(url).body(()) {
        response
            .extensions_mut()
            .extend(marker.into_parts().0.extensions);
    }
    response.into()
}
