//! What the adapters share of clients that send by reqwest 0.12.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::Body as _;
use reqwest_0_12::{Body, Client, Request, RequestBuilder, Response, ResponseBuilderExt, Url};

use crate::WrapOptions;
use crate::tap::{Asked, Call, Door, Refused, TapBody, in_words};

/// Why there is no answer.
pub(crate) enum Unanswered {
    Refused(Refused),
    Failed(reqwest_0_12::Error),
}

impl From<reqwest_0_12::Error> for Unanswered {
    fn from(error: reqwest_0_12::Error) -> Unanswered {
        Unanswered::Failed(error)
    }
}

/// Sends a request as `request.send()` would, and records it if it is a model call. A call from a
/// recording is not sent, but answered.
pub(crate) async fn send(
    options: &WrapOptions,
    request: RequestBuilder,
) -> Result<Response, Unanswered> {
    let (client, request) = request.build_split();
    let mut request = request?;
    match begin(options, &mut request) {
        Door::Pass => Ok(client.execute(request).await?),
        Door::Send(call) => Ok(sent(&client, request, call).await?),
        Door::Answer(answer) => {
            let url = request.url().clone();
            Ok(with_url(answer.into_response().map(Body::wrap), url))
        }
        Door::Refuse(refused) => Err(Unanswered::Refused(refused)),
    }
}

async fn sent(
    client: &Client,
    request: Request,
    mut call: Call,
) -> Result<Response, reqwest_0_12::Error> {
    call.attempt();
    match client.execute(request).await {
        Ok(response) => Ok(tapped(response, call)),
        Err(error) => {
            call.failed(transport(&error), &without_query(&error));
            Err(error)
        }
    }
}

/// Begins the call that a request is.
fn begin(options: &WrapOptions, request: &mut Request) -> Door {
    let mut body = request.body_mut().take();
    let url = request.url();
    let asked = Asked {
        method: request.method().as_str(),
        url: url.as_str(),
        host: url.host_str().unwrap_or_default(),
        path: url.path(),
        headers: request.headers(),
    };
    let door = Call::begin(options, &asked, || shared(&mut body));
    *request.body_mut() = body;
    door
}

/// The bytes of a body, which stays as it is, without a copy of them. One that is a stream is not seen.
fn shared(body: &mut Option<Body>) -> Option<Bytes> {
    let body = body.as_mut()?;
    if body.as_bytes()?.is_empty() {
        return Some(Bytes::new());
    }
    // What is in memory comes in one frame, at once.
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut *body).poll_frame(&mut context) else {
        return None;
    };
    let bytes = frame.into_data().ok()?;
    *body = Body::from(bytes.clone());
    Some(bytes)
}

/// The same response, its body tapped.
fn tapped(response: Response, mut call: Call) -> Response {
    call.answered(response.status().as_u16(), response.headers());
    let url = response.url().clone();
    let response = http::Response::<Body>::from(response)
        .map(|body| Body::wrap(TapBody::new(body, call, transport)));
    with_url(response, url)
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

/// A refusal as an error of reqwest, which none but reqwest can make: the reason is its source.
#[cfg(feature = "misanthropic")]
pub(crate) async fn as_error(refused: Refused) -> reqwest_0_12::Error {
    let nothing = futures_util::stream::once(async { Err::<Bytes, _>(refused) });
    let response = http::Response::new(Body::wrap_stream(nothing));
    let answer = Response::from(response).bytes().await;
    answer.expect_err("this body fails")
}

/// The kind of a transport error.
fn transport(error: &reqwest_0_12::Error) -> &'static str {
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

/// The error in words, with the query of its URL left out: it may hold a key.
fn without_query(error: &reqwest_0_12::Error) -> String {
    let words = in_words(error as &(dyn Error + 'static));
    match error.url() {
        Some(url) if url.query().is_some() => {
            let mut bare = url.clone();
            bare.set_query(None);
            words.replace(url.as_str(), bare.as_str())
        }
        _ => words,
    }
}
