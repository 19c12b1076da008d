use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::Body as _;
use reqwest::{Body, Request};

use crate::tap::Asked;
#[cfg(feature = "async-openai")]
use crate::{
    WrapOptions,
    tap::{Call, Door},
};

/// Begins the call that a request is.
#[cfg(feature = "async-openai")]
pub(crate) fn begin(options: &WrapOptions, request: &mut Request) -> Door {
    let mut body = request.body_mut().take();
    let door = Call::begin(options, &asked(request), || shared(&mut body));
    *request.body_mut() = body;
    door
}

/// What a request asks for.
pub(crate) fn asked(request: &Request) -> Asked<'_> {
    let url = request.url();
    Asked {
        method: request.method().as_str(),
        url: url.as_str(),
        host: url.host_str().unwrap_or_default(),
        path: url.path(),
        headers: request.headers(),
    }
}

/// The bytes of a body, which stays as it is, without a copy of them. One that is a stream is not seen.
pub(crate) fn shared(body: &mut Option<Body>) -> Option<Bytes> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shared_and_the_body_stays() {
        let mut body = Some(Body::from("abc".to_owned()));
        let place = |body: &Option<Body>| body.as_ref().unwrap().as_bytes().unwrap().as_ptr();
        let before = place(&body);
        let bytes = shared(&mut body).unwrap();
        assert_eq!(bytes, "abc");
        assert_eq!(bytes.as_ptr(), before, "not copied");
        assert_eq!(body.as_ref().unwrap().as_bytes(), Some(&b"abc"[..]));
        assert_eq!(place(&body), before);

        let mut empty = Some(Body::from(""));
        assert_eq!(shared(&mut empty).unwrap(), "");
        assert_eq!(empty.unwrap().as_bytes(), Some(&b""[..]));
        assert!(shared(&mut None).is_none());
    }

    #[tokio::test]
    async fn a_stream_is_left_alone() {
        let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("abc")]);
        let mut body = Some(Body::wrap_stream(pieces));
        assert!(shared(&mut body).is_none());
        let response = reqwest::Response::from(http::Response::new(body.unwrap()));
        assert_eq!(response.text().await.unwrap(), "abc");
    }
}
