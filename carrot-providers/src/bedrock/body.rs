use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::slot::{Slot, State};
use crate::tap::{Cut, in_words};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer's body, seen as it passes. Whether its end is the end of the call too the slot knows: an
/// answer may be tried again.
pub(super) struct TappedBody {
    inner: SdkBody,
    slot: Slot,
}

impl TappedBody {
    pub(super) fn new(inner: SdkBody, slot: Slot) -> TappedBody {
        let body = TappedBody { inner, slot };
        body.look_for_end();
        body
    }

    fn look_for_end(&self) {
        if Body::is_end_stream(&self.inner) {
            self.slot.with_sent(|sent| sent.body_ended());
        }
    }
}

impl Body for TappedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    this.slot.with_sent(|sent| sent.piece(piece));
                }
                this.look_for_end();
            }
            Some(Err(error)) => {
                let words = in_words(error.as_ref());
                this.slot
                    .with_sent(|sent| sent.body_failed("transport", &words));
            }
            None => this.slot.with_sent(|sent| sent.body_ended()),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(&self.inner)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.inner)
    }
}

/// The body of a recorded answer.
pub(super) struct ReplayedBody {
    slot: Slot,
    at: usize,
}

impl ReplayedBody {
    pub(super) fn new(slot: Slot) -> ReplayedBody {
        ReplayedBody { slot, at: 0 }
    }
}

impl Body for ReplayedBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = self.get_mut();
        let piece = match &mut *this.slot.lock() {
            State::Replayed(replayed) => replayed.piece(this.at),
            _ => None,
        };
        this.at += 1;
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }
}
