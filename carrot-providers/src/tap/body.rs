use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{Call, in_words};

/// A body whose pieces are seen as they pass, and that is otherwise the body it wraps.
pub struct TapBody<B: Body> {
    inner: B,
    call: Option<Call>,
    kind: fn(&B::Error) -> &'static str,
}

impl<B: Body<Data = Bytes>> TapBody<B> {
    /// Taps `inner` for a call whose answer's head has been seen. `kind` names a transport error.
    pub fn new(inner: B, call: Call, kind: fn(&B::Error) -> &'static str) -> TapBody<B> {
        let mut body = TapBody {
            inner,
            call: Some(call),
            kind,
        };
        body.look_for_end();
        body
    }

    /// Clients do not poll a body of known length past its last byte.
    fn look_for_end(&mut self) {
        if self.inner.is_end_stream()
            && let Some(call) = self.call.take()
        {
            call.ended();
        }
    }
}

impl<B> Body for TapBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + 'static,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(piece), Some(call)) = (frame.data_ref(), &mut this.call) {
                    call.piece(piece);
                }
                this.look_for_end();
            }
            Some(Err(error)) => {
                if let Some(call) = this.call.take() {
                    call.failed((this.kind)(error), &in_words(error));
                }
            }
            None => {
                if let Some(call) = this.call.take() {
                    call.ended();
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
