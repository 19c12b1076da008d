use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use carrot_wire::recording::{End, Piece, RecordedAnswer};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};

use super::Call;
#[cfg(feature = "bedrock")]
use super::Refused;

/// An answer from a recording. Reading it tells its call, as a live one would.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    headers: HeaderMap,
    pieces: VecDeque<Piece>,
    end: End,
    call: Option<Call>,
    /// What `Read` was given no room for.
    rest: Bytes,
}

/// The recorded connection broke here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut(String);

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replayed: {}", self.0)
    }
}

impl Error for Cut {}

impl Answer {
    pub(crate) fn new(mut call: Call, status: u16, recorded: RecordedAnswer) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in &recorded.headers {
            let name = HeaderName::try_from(name);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        call.attempt();
        call.answered(status, &headers);
        let mut answer = Answer {
            status,
            headers,
            pieces: recorded.pieces.into(),
            end: recorded.end,
            call: Some(call),
            rest: Bytes::new(),
        };
        answer.look_for_end();
        answer
    }

    /// The same answer once more, for a client that tries again. The call does not hear of it.
    #[cfg(feature = "reqwest-middleware")]
    pub(crate) fn again(&self) -> Answer {
        Answer {
            status: self.status,
            headers: self.headers.clone(),
            pieces: self.pieces.clone(),
            end: self.end.clone(),
            call: None,
            rest: Bytes::new(),
        }
    }

    /// Gives it up: the client has no way to take it.
    #[cfg(feature = "bedrock")]
    pub(crate) fn refused(mut self, why: &str) -> Refused {
        if let Some(call) = self.call.take() {
            call.failed("recording", why);
        }
        Refused::new("recording", why.to_owned())
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers, but for those that hold secrets.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The next piece of the body as it came when it was recorded; none after the last.
    pub fn next_piece(&mut self) -> Option<Result<Bytes, Cut>> {
        if let Some(piece) = self.pieces.pop_front() {
            if let Some(call) = &mut self.call {
                call.piece(&piece.bytes);
            }
            self.look_for_end();
            return Some(Ok(piece.bytes));
        }
        let words = match std::mem::replace(&mut self.end, End::Whole) {
            End::Whole => return None,
            End::Broken(words) => words,
            End::Left => "the recording ends here".to_owned(),
        };
        if let Some(call) = self.call.take() {
            call.failed("transport", &words);
        }
        // Once: there are clients that read on after an error.
        Some(Err(Cut(words)))
    }

    /// Clients do not ask for more than a length that was announced.
    fn look_for_end(&mut self) {
        if self.is_over()
            && let Some(call) = self.call.take()
        {
            call.ended();
        }
    }

    fn is_over(&self) -> bool {
        self.pieces.is_empty() && self.end == End::Whole
    }

    /// As a response, whose body comes in the recorded pieces.
    pub fn into_response(self) -> Response<AnswerBody> {
        let mut response = Response::new(());
        if let Ok(status) = http::StatusCode::from_u16(self.status) {
            *response.status_mut() = status;
        }
        *response.headers_mut() = self.headers.clone();
        response.map(|()| AnswerBody(self))
    }
}

impl io::Read for Answer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.next_piece() {
                Some(Ok(piece)) => self.rest = piece,
                Some(Err(cut)) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, cut)),
                None => return Ok(0),
            }
        }
        let length = self.rest.len().min(buffer.len());
        self.rest.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// The body of an [`Answer`].
#[derive(Debug)]
pub struct AnswerBody(Answer);

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        Poll::Ready(self.0.next_piece().map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        let announced = self.0.headers.contains_key(http::header::CONTENT_LENGTH);
        let left: usize = self.0.pieces.iter().map(|piece| piece.bytes.len()).sum();
        match self.0.end {
            End::Whole if announced => SizeHint::with_exact(left as u64),
            _ => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::tap::{Asked, Door};

    fn answer(end: End, headers: &[(&str, &str)]) -> Answer {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let recorded = RecordedAnswer {
            status: Some(200),
            headers: headers.iter().map(owned).collect(),
            pieces: ["ab", "c"]
                .map(|text| Piece {
                    at_us: 0,
                    bytes: text.into(),
                })
                .into(),
            end,
        };
        let headers = HeaderMap::new();
        let asked = Asked::chat(&headers);
        let mut door = None;
        carrot_runtime::testing::capture(|| {
            door = Some(Call::begin(&crate::wrapper(), &asked, || None));
        });
        let Some(Door::Send(call)) = door else {
            panic!("a call")
        };
        Answer::new(call, 200, recorded)
    }

    #[test]
    fn a_connection_breaks_once() {
        let mut cut = answer(End::Broken("reset".into()), &[]);
        assert_eq!(cut.next_piece().unwrap().unwrap(), "ab");
        assert_eq!(cut.next_piece().unwrap().unwrap(), "c");
        let error = cut.next_piece().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "replayed: reset");
        assert!(cut.next_piece().is_none());
    }

    #[test]
    fn a_reader_gets_all_in_pieces_of_any_size() {
        let mut answer = answer(End::Whole, &[]);
        let mut byte = [0; 1];
        let mut read = Vec::new();
        while answer.read(&mut byte).unwrap() == 1 {
            read.push(byte[0]);
        }
        assert_eq!(read, b"abc");
    }

    #[test]
    fn a_length_is_known_where_it_was_announced() {
        let length = |headers: &[(&str, &str)]| {
            let response = answer(End::Whole, headers).into_response();
            response.body().size_hint().exact()
        };
        assert_eq!(length(&[("content-length", "3")]), Some(3));
        assert_eq!(length(&[("transfer-encoding", "chunked")]), None);
    }
}
