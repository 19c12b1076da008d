//! Where calls are written as they pass.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use carrot_wire::recording::{
    End, Piece, RecordedAnswer, RecordedCall, RecordedRequest, is_secret_header, without_secrets,
};
use http::HeaderMap;

use crate::tap::{Asked, LIMIT, SMALL};

/// A request as it is written down.
pub(crate) fn request_of(asked: &Asked<'_>, body: Option<&Bytes>) -> RecordedRequest {
    RecordedRequest {
        method: asked.method.to_owned(),
        url: without_secrets(asked.url),
        headers: shown(asked.headers),
        body: carrot_wire::recording::Body::of(body.map(|it| &**it)),
    }
}

/// The calls of a recording, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Tape(Mutex<Vec<Track>>);

impl Tape {
    pub(crate) fn add(&self, track: Track) {
        locked(&self.0).push(track);
    }

    /// What has passed until now.
    pub(crate) fn calls(&self) -> Vec<RecordedCall> {
        locked(&self.0).iter().map(Track::call).collect()
    }
}

/// One call as it passes, shared by the call and the tape: a client may leave an answer that it has read to its end in a task of its
/// own, so the tape does not wait for the call.
#[derive(Debug, Clone)]
pub(crate) struct Track(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    sent: Instant,
    room: usize,
    call: RecordedCall,
}

impl Track {
    pub(crate) fn new(asked: &Asked<'_>, body: Option<&Bytes>) -> Track {
        Track(Arc::new(Mutex::new(State {
            sent: Instant::now(),
            room: LIMIT,
            call: RecordedCall {
                request: request_of(asked, body),
                answer: RecordedAnswer::default(),
            },
        })))
    }

    /// The request is sent, for the first time or again: what came before is forgotten.
    pub(crate) fn attempt(&self) {
        let mut state = locked(&self.0);
        state.sent = Instant::now();
        state.room = LIMIT;
        state.call.answer = RecordedAnswer::default();
    }

    pub(crate) fn answered(&self, status: u16, headers: &HeaderMap) {
        let mut state = locked(&self.0);
        state.room = LIMIT;
        state.call.answer = RecordedAnswer {
            status: Some(status),
            headers: shown(headers),
            ..RecordedAnswer::default()
        };
    }

    pub(crate) fn piece(&self, piece: &Bytes) {
        let mut state = locked(&self.0);
        let at_us = u64::try_from(state.sent.elapsed().as_micros()).unwrap_or(u64::MAX);
        let cost = piece.len() + size_of::<Piece>();
        // What is longer than that is answered as far as it was kept, and then breaks.
        state.room = match state.room.checked_sub(cost) {
            Some(room) => room,
            None => {
                return state.call.answer.end = End::Broken("the recording is cut here".to_owned());
            }
        };
        // By reference a small one would hold the whole buffer that it was read into.
        let bytes = match piece.len() {
            ..SMALL => Bytes::copy_from_slice(piece),
            _ => piece.clone(),
        };
        state.call.answer.pieces.push(Piece { at_us, bytes });
    }

    pub(crate) fn ended(&self, end: End) {
        let mut state = locked(&self.0);
        if state.call.answer.end == End::Left {
            state.call.answer.end = end;
        }
    }

    /// The call, which counts as whole where its answer is, even if nobody read on after its last event.
    pub(crate) fn call(&self) -> RecordedCall {
        let state = locked(&self.0);
        let mut call = state.call.clone();
        if call.answer.end == End::Left && call.read().is_some_and(|it| it.complete) {
            call.answer.end = End::Whole;
        }
        call
    }
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers
        .iter()
        .filter(|(name, value)| !value.is_sensitive() && !is_secret_header(name.as_str()));
    shown
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
