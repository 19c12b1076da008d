use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;

type BoxError = Box<dyn Error + Send + Sync>;

/// The body of an answer on its way to the client.
///
/// The server drops what it has not sent yet when a body breaks. So an error waits for one turn, in which the
/// pieces before it are sent: the client is to get all that came.
pub(super) struct Flushed {
    inner: UnsyncBoxBody<Bytes, BoxError>,
    error: Option<BoxError>,
}

impl Flushed {
    pub(super) fn new<B>(inner: B) -> Flushed
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Flushed {
            inner: inner.map_err(Into::into).boxed_unsync(),
            error: None,
        }
    }
}

impl Body for Flushed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Err(error))) => {
                self.error = Some(error);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.error.is_none() && self.inner.is_end_stream()
    }

    /// Unknown, so that the server says a length only where the upstream's headers say it.
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
