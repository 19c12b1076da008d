use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Extensions;
use reqwest::Request;

use crate::tap::Call;

/// A call while its attempts are made and its answer is read. Shared by the request's extensions, in
/// which the next attempt finds it, and by the body of the answer. When the last of them goes, the
/// call ends with what is known of it.
#[derive(Clone)]
pub(super) struct Slot(Arc<Mutex<State>>);

struct State {
    call: Option<Call>,
    request: Option<Bytes>,
    /// How many attempts were made. An older one has nothing more to say.
    attempts: u32,
    /// An attempt is on its way.
    sending: bool,
    /// How the last attempt failed. It may still be followed by another.
    failure: Option<(String, String)>,
}

/// One attempt of the call in a slot.
pub(super) struct Attempt {
    slot: Slot,
    number: u32,
}

impl Slot {
    /// A slot for a call whose request has this body.
    pub(super) fn new(call: Call, request: Option<Bytes>) -> Slot {
        Slot(Arc::new(Mutex::new(State {
            call: Some(call),
            request,
            attempts: 0,
            sending: false,
            failure: None,
        })))
    }

    /// The slot of the call that these extensions travel with, unless it has ended.
    pub(super) fn of(extensions: &Extensions) -> Option<Slot> {
        let slot = extensions.get::<Slot>()?;
        slot.state().call.as_ref()?;
        Some(slot.clone())
    }

    /// Whether an attempt is on its way.
    pub(super) fn is_sending(&self) -> bool {
        self.state().sending
    }

    /// Whether this request has the body of the one that was sent before.
    pub(super) fn is_of(&self, request: &Request) -> bool {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        self.state().request.as_deref() == body
    }

    /// Begins an attempt.
    pub(super) fn attempt(self) -> Attempt {
        let mut state = self.state();
        state.attempts += 1;
        state.sending = true;
        state.failure = None;
        let number = state.attempts;
        if let Some(call) = &mut state.call {
            call.attempt();
        }
        drop(state);
        Attempt { slot: self, number }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// Nothing came but an error.
    pub(super) fn failed(&self, (kind, message): (&'static str, String)) {
        self.current(|state| {
            state.failure = Some((kind.to_owned(), message));
            if let Some(call) = &mut state.call {
                call.attempt_failed(kind);
            }
        });
    }

    /// The attempt was answered with a status that another attempt may follow, and nobody read on.
    pub(super) fn refused(&self, status: u16) {
        self.current(|state| {
            state.failure = Some((format!("http_{status}"), format!("HTTP {status}")));
        });
    }

    /// Tells the call something.
    pub(super) fn tell(&self, news: impl FnOnce(&mut Call)) {
        self.current(|state| state.call.as_mut().map(news));
    }

    /// Takes the call out, to end it.
    pub(super) fn take(&self) -> Option<Call> {
        self.current(|state| state.call.take()).flatten()
    }

    /// The request is no longer on its way.
    pub(super) fn sent(&self) {
        self.current(|state| state.sending = false);
    }

    fn current<T>(&self, act: impl FnOnce(&mut State) -> T) -> Option<T> {
        let mut state = self.slot.state();
        (state.attempts == self.number).then(|| act(&mut state))
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let (Some(call), Some((kind, message))) = (self.call.take(), self.failure.take()) {
            call.failed(&kind, &message);
        }
    }
}
