use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use bytes::Bytes;

use super::body::ReplayedBody;
use crate::tap::{Answer, Call, Cut, Door, Refused};

/// Where a call is, through all its attempts: shared by the interceptor and by the answer's body.
#[derive(Debug, Clone)]
pub(super) struct Slot(Arc<Mutex<State>>);

impl Storable for Slot {
    type Storer = StoreReplace<Slot>;
}

#[derive(Debug)]
pub(super) enum State {
    /// It is none of ours, or has ended.
    Passed,
    /// It is sent, and recorded.
    Sent(Sent),
    /// It is answered from a recording.
    Replayed(Replayed),
    /// It is not sent at all.
    Refused(Refused),
}

impl Slot {
    /// `deadline` is when the client gives the whole call up.
    pub(super) fn new(door: Door, deadline: Option<Instant>) -> Slot {
        let state = match door {
            Door::Pass => State::Passed,
            Door::Send(call) => State::Sent(Sent {
                call: Some(call),
                deadline,
                is_attempting: false,
                has_body: false,
                is_streaming: false,
            }),
            Door::Answer(answer) => State::Replayed(Replayed {
                answer,
                pieces: Vec::new(),
            }),
            Door::Refuse(refused) => State::Refused(refused),
        };
        Slot(Arc::new(Mutex::new(state)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the call, if it is sent.
    pub(super) fn with_sent(&self, news: impl FnOnce(&mut Sent)) {
        if let State::Sent(sent) = &mut *self.lock() {
            news(sent);
        }
    }

    /// Why a request that is held back cannot be answered: its HTTP client is not the one that would.
    pub(super) fn refuse(&self) -> Refused {
        const WHY: &str = "the HTTP client of this call's config_override would send it: a call that is replayed needs the \
                           wrapped client's own";
        let mut state = self.lock();
        if let State::Refused(refused) = &*state {
            return refused.clone();
        }
        let refused = match std::mem::replace(&mut *state, State::Passed) {
            State::Replayed(replayed) => replayed.answer.refused(WHY),
            _ => Refused::new("recording", WHY.to_owned()),
        };
        *state = State::Refused(refused.clone());
        refused
    }

    /// Answers a request that is held back. Every attempt gets the same answer.
    pub(super) fn answer(&self) -> Result<HttpResponse, ConnectorError> {
        let (status, headers) = match &*self.lock() {
            State::Replayed(replayed) => {
                let answer = &replayed.answer;
                (answer.status(), answer.headers().clone())
            }
            State::Refused(refused) => {
                return Err(ConnectorError::other(refused.clone().into(), None));
            }
            State::Passed | State::Sent(_) => {
                return Err(ConnectorError::other(
                    "the call is not recorded".into(),
                    None,
                ));
            }
        };
        let body = SdkBody::from_body_1_x(ReplayedBody::new(self.clone()));
        let mut response = http::Response::new(body);
        let failed =
            |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
        *response.status_mut() =
            http::StatusCode::from_u16(status).map_err(|error| failed(error.into()))?;
        *response.headers_mut() = headers;
        HttpResponse::try_from(response).map_err(|error| failed(error.into()))
    }
}

/// A call on its way.
#[derive(Debug)]
pub(super) struct Sent {
    /// Until it has ended.
    pub(super) call: Option<Call>,
    deadline: Option<Instant>,
    /// Whether an attempt has begun of which the end was not seen.
    is_attempting: bool,
    /// Whether the current answer's body has come to its end.
    has_body: bool,
    /// Whether the operation is over, and the body in the hands of the user.
    is_streaming: bool,
}

impl Sent {
    pub(super) fn attempt(&mut self) {
        let was_attempting = std::mem::replace(&mut self.is_attempting, true);
        self.has_body = false;
        if let Some(call) = &mut self.call {
            if was_attempting {
                // An attempt that takes too long is dropped as it is.
                call.attempt_failed("timeout");
            }
            call.attempt();
        }
    }

    pub(super) fn attempt_over(&mut self, lost: Option<&'static str>) {
        self.is_attempting = false;
        if let (Some(call), Some(kind)) = (&mut self.call, lost) {
            call.attempt_failed(kind);
        }
    }

    pub(super) fn piece(&mut self, piece: &Bytes) {
        if let Some(call) = &mut self.call {
            call.piece(piece);
        }
    }

    /// The body came to its end. The call has then, too, unless it may be tried again.
    pub(super) fn body_ended(&mut self) {
        self.has_body = true;
        if self.is_streaming {
            self.ended();
        }
    }

    pub(super) fn body_failed(&mut self, kind: &'static str, message: &str) {
        if self.is_streaming {
            self.failed(kind, message);
        }
    }

    /// The operation went well: the call is over when its body is.
    pub(super) fn succeeded(&mut self) {
        self.is_streaming = true;
        if self.has_body {
            self.ended();
        }
    }

    pub(super) fn ended(&mut self) {
        if let Some(call) = self.call.take() {
            call.ended();
        }
    }

    pub(super) fn failed(&mut self, kind: &str, message: &str) {
        match self.call.take() {
            Some(call) if self.has_body => call.useless(kind, message),
            Some(call) => call.failed(kind, message),
            None => {}
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        // A client that runs out of time drops the call, as a user does who loses patience.
        let is_late = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        if is_late && !self.is_streaming {
            self.failed("timeout", "the operation took longer than its timeout");
        }
    }
}

/// A recorded answer, and what was read of it, for attempts that are made again.
#[derive(Debug)]
pub(super) struct Replayed {
    answer: Answer,
    pieces: Vec<Option<Result<Bytes, Cut>>>,
}

impl Replayed {
    /// The piece at this place; none behind the last.
    pub(super) fn piece(&mut self, at: usize) -> Option<Result<Bytes, Cut>> {
        match self.pieces.get(at) {
            Some(piece) => piece.clone(),
            None => {
                let piece = self.answer.next_piece();
                self.pieces.push(piece.clone());
                piece
            }
        }
    }
}
