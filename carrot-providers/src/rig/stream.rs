use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use rig_core::http_client::{BoxedStream, Result};

use super::call::Traced;

/// A body whose pieces are seen as they pass.
pub(super) struct TapStream {
    inner: BoxedStream,
    call: Option<Traced>,
}

impl TapStream {
    pub(super) fn new(inner: BoxedStream, call: Traced) -> TapStream {
        TapStream {
            inner,
            call: Some(call),
        }
    }
}

impl Stream for TapStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let item = ready!(self.inner.as_mut().poll_next(cx));
        match &item {
            Some(Ok(piece)) => {
                if let Some(call) = &mut self.call {
                    call.piece(piece);
                }
            }
            Some(Err(error)) => {
                if let Some(call) = self.call.take() {
                    call.failed(error);
                }
            }
            None => {
                if let Some(call) = self.call.take() {
                    call.ended();
                }
            }
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}
