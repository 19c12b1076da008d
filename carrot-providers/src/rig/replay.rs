//! Answers from a recording, as rig's own HTTP clients would give them.
#![expect(
    clippy::result_large_err,
    reason = "rig's error is the size that it is"
)]

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use rig_core::http_client::{
    BoxedStream, Error, LazyBody, Response, Result, StatusCode, StreamingResponse,
};

use crate::tap::Answer;

/// An answer whose body is asked for as a whole.
pub(super) fn whole<U: From<Bytes> + Send + 'static>(
    answer: Answer,
) -> Result<Response<LazyBody<U>>> {
    let (response, answer) = head(answer)?;
    Ok(response.map(|()| Box::pin(async move { body(answer).map(U::from) }) as _))
}

/// An answer whose body is read piece by piece.
pub(super) fn streamed(answer: Answer) -> Result<StreamingResponse> {
    let (response, answer) = head(answer)?;
    Ok(response.map(|()| Box::pin(Pieces(answer)) as BoxedStream))
}

/// An answer's head. An error status is an error, as it is for rig's clients.
fn head(answer: Answer) -> Result<(Response<()>, Answer)> {
    let status =
        StatusCode::from_u16(answer.status()).map_err(|error| Error::Protocol(error.into()))?;
    let headers = answer.headers().clone();
    if !status.is_success() {
        let body = body(answer).unwrap_or_else(|error| {
            Bytes::from(format!("failed to read error response body: {error}"))
        });
        let body = String::from_utf8_lossy(&body).into_owned();
        return Err(Error::non_success_with_details(status, headers, body));
    }
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok((response, answer))
}

fn body(mut answer: Answer) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(piece) = answer.next_piece() {
        body.extend_from_slice(&piece.map_err(Error::instance)?);
    }
    Ok(body.freeze())
}

struct Pieces(Answer);

impl Stream for Pieces {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let piece = self.0.next_piece();
        Poll::Ready(piece.map(|piece| piece.map_err(Error::instance)))
    }
}
