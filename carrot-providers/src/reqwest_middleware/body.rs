use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use reqwest::Body;

use super::slot::Attempt;
use crate::reqwest::described;

/// The body of an attempt's answer, seen as it passes.
pub(super) struct AttemptBody {
    inner: Body,
    attempt: Attempt,
    status: u16,
}

impl AttemptBody {
    pub(super) fn new(inner: Body, attempt: Attempt, status: u16) -> AttemptBody {
        let body = AttemptBody {
            inner,
            attempt,
            status,
        };
        body.look_for_end();
        body
    }

    /// Clients do not poll a body of known length past its last byte.
    fn look_for_end(&self) {
        if self.inner.is_end_stream() {
            self.end();
        }
    }

    fn end(&self) {
        if let Some(call) = self.attempt.take() {
            call.ended();
        }
    }
}

impl http_body::Body for AttemptBody {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    this.attempt.tell(|call| call.piece(piece));
                }
                this.look_for_end();
            }
            Some(Err(error)) => {
                if let Some(call) = this.attempt.take() {
                    let (kind, message) = described(error, None);
                    call.failed(kind, &message);
                }
            }
            None => this.end(),
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

impl Drop for AttemptBody {
    fn drop(&mut self) {
        if self.status >= 400 {
            // Dropped by a retry, or by a user who has seen enough: that shows when the slot goes.
            self.attempt.refused(self.status);
        } else {
            drop(self.attempt.take());
        }
    }
}
