use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::Method;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::tap::LIMIT;

/// The body of a request on its way.
pub(super) enum Outgoing {
    /// There is none.
    Empty,
    /// A model call's, taken in to be seen.
    Whole(Bytes),
    /// Any other, or one that is too long to be taken in: it passes as it comes.
    Passing(Passing),
}

impl Outgoing {
    /// Takes the body in if it is to be seen.
    pub(super) async fn of(
        body: Incoming,
        method: &Method,
        is_seen: bool,
    ) -> Result<Outgoing, hyper::Error> {
        if body.is_end_stream() {
            // These say that there is nothing; others say nothing.
            let says_length = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
            return Ok(match says_length {
                true => Outgoing::Whole(Bytes::new()),
                false => Outgoing::Empty,
            });
        }
        let mut rest = body;
        let mut taken = BytesMut::new();
        while is_seen && taken.len() <= LIMIT {
            match rest.frame().await {
                None => return Ok(Outgoing::Whole(taken.freeze())),
                Some(frame) => {
                    if let Some(data) = frame?.data_ref() {
                        taken.extend_from_slice(data);
                    }
                }
            }
        }
        Ok(Outgoing::Passing(Passing {
            first: taken.freeze(),
            rest,
        }))
    }

    pub(super) fn seen(&self) -> Option<Bytes> {
        match self {
            Outgoing::Whole(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    pub(super) fn into_body(self) -> Option<reqwest::Body> {
        match self {
            Outgoing::Empty => None,
            Outgoing::Whole(bytes) => Some(bytes.into()),
            Outgoing::Passing(passing) => Some(reqwest::Body::wrap(passing)),
        }
    }
}

/// A body whose beginning has been taken in.
pub(super) struct Passing {
    first: Bytes,
    rest: Incoming,
}

impl Body for Passing {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if !self.first.is_empty() {
            let first = std::mem::take(&mut self.first);
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        Pin::new(&mut self.rest).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.len() as u64;
        match self.rest.size_hint().exact() {
            Some(rest) => SizeHint::with_exact(first + rest),
            None => SizeHint::default(),
        }
    }
}
