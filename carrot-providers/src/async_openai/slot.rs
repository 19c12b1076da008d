use std::sync::{Arc, Mutex, PoisonError};

use ::async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use reqwest::Request;

use crate::WrapOptions;
use crate::tap::Call;

/// Where a call is while its request is on the way: shared by the request factory, which sees each
/// attempt, and by whoever waits for the answer.
#[derive(Clone)]
pub(super) struct Slot(Arc<Mutex<State>>);

enum State {
    /// No request has been built yet.
    New(WrapOptions),
    /// It is being recorded.
    Open(Call),
    /// It is none of ours, or the answer has taken it.
    Passed,
}

impl Slot {
    pub(super) fn new(options: WrapOptions) -> Slot {
        Slot(Arc::new(Mutex::new(State::New(options))))
    }

    /// A factory whose requests are seen when they are built, which every attempt does exactly once.
    /// Building one here instead would build it twice, and multipart bodies cannot stand that.
    pub(super) fn tapped(&self, factory: HttpRequestFactory) -> HttpRequestFactory {
        let slot = self.clone();
        HttpRequestFactory::new(move || {
            let (slot, factory) = (slot.clone(), factory.clone());
            async move {
                let request = factory.build().await?;
                slot.attempt(&request);
                Ok(request)
            }
        })
    }

    fn attempt(&self, request: &Request) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::New(options) = &*state {
            *state = open(options, request).map_or(State::Passed, State::Open);
        }
        if let State::Open(call) = &mut *state {
            call.attempt();
        }
    }

    /// Tells the call something, if it is recorded.
    pub(super) fn tell(&self, news: impl FnOnce(&mut Call)) {
        if let State::Open(call) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            news(call);
        }
    }

    /// Takes the call out, if it is recorded.
    pub(super) fn take(&self) -> Option<Call> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Passed) {
            State::Open(call) => Some(call),
            _ => None,
        }
    }
}

fn open(options: &WrapOptions, request: &Request) -> Option<Call> {
    let url = request.url();
    let target = (
        request.method().as_str(),
        url.host_str().unwrap_or_default(),
        url.path(),
    );
    Call::open(options, target, || {
        Some(Bytes::copy_from_slice(request.body()?.as_bytes()?))
    })
}
