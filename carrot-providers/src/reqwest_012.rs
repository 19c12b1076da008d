//! What the adapters share of clients that send by reqwest 0.12.

use std::error::Error;

use bytes::Bytes;
use reqwest_0_12::{Body, Client, Request, RequestBuilder, Response, ResponseBuilderExt};

use crate::WrapOptions;
use crate::tap::{Call, TapBody, in_words};

/// Sends a request as `request.send()` would, and records it if it is a model call.
pub(crate) async fn send(
    options: &WrapOptions,
    request: RequestBuilder,
) -> Result<Response, reqwest_0_12::Error> {
    let (client, request) = request.build_split();
    let request = request?;
    match open(options, &request) {
        None => client.execute(request).await,
        Some(call) => sent(&client, request, call).await,
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

fn open(options: &WrapOptions, request: &Request) -> Option<Call> {
    let url = request.url();
    let target = (
        request.method().as_str(),
        url.host_str().unwrap_or_default(),
        url.path(),
    );
    Call::open(options, target, || {
        Some(Bytes::copy_from_slice(request.body()?.as_bytes()?))
    })
}

/// The same response, its body tapped.
fn tapped(response: Response, mut call: Call) -> Response {
    call.answered(response.status().as_u16(), response.headers());
    let url = response.url().clone();
    let (mut parts, body) = http::Response::<Body>::from(response).into_parts();
    // On the way through `http` a response loses its URL, which travels as an extension.
    if let Ok(marker) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(marker.into_parts().0.extensions);
    }
    let body = Body::wrap(TapBody::new(body, call, transport));
    http::Response::from_parts(parts, body).into()
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
