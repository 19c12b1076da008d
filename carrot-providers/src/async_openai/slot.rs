use std::sync::{Arc, Mutex, PoisonError};

use ::async_openai::error::OpenAIError;
use ::async_openai::middleware::HttpRequestFactory;
use carrot_runtime::{Carried, carry};
use reqwest::{Request, Url};

use crate::WrapOptions;
use crate::reqwest::begin;
use crate::tap::{Answer, Call, Door, Refused};

/// Where a call is while its request is on the way: shared by the request factory, which sees each
/// attempt, and by whoever waits for the answer.
#[derive(Clone)]
pub(super) struct Slot(Arc<Mutex<State>>);

pub(super) enum State {
    /// No request has been built yet: that may happen in a task that knows nothing of the place of the call.
    New(WrapOptions, Carried),
    /// It is being recorded.
    Open(Call),
    /// It is not sent: this is the answer.
    Answered(Box<(Answer, Url)>),
    /// It is not sent, and fails.
    Refused(Refused),
    /// It is none of ours, or the answer has taken it.
    Passed,
}

impl Slot {
    pub(super) fn new(options: WrapOptions) -> Slot {
        Slot(Arc::new(Mutex::new(State::New(options, carry()))))
    }

    /// A factory whose requests are seen when they are built, which every attempt does exactly once.
    /// Building one here instead would build it twice, and multipart bodies cannot stand that.
    pub(super) fn tapped(&self, factory: HttpRequestFactory) -> HttpRequestFactory {
        let slot = self.clone();
        HttpRequestFactory::new(move || {
            let (slot, factory) = (slot.clone(), factory.clone());
            async move {
                let mut request = factory.build().await?;
                slot.attempt(&mut request)?;
                Ok(request)
            }
        })
    }

    fn attempt(&self, request: &mut Request) -> Result<(), OpenAIError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::New(options, place) = &*state {
            *state = match place.run(|| begin(options, request)) {
                Door::Pass => State::Passed,
                Door::Send(call) => State::Open(call),
                Door::Answer(answer) => State::Answered(Box::new((answer, request.url().clone()))),
                Door::Refuse(refused) => State::Refused(refused),
            };
        }
        match &mut *state {
            State::Open(call) => call.attempt(),
            // An error is the only way past the layers that would send the request; `settled` has the answer instead of it.
            State::Answered(..) => {
                return Err(OpenAIError::Boxed("answered from a recording".into()));
            }
            State::Refused(refused) => return Err(OpenAIError::Boxed(refused.clone().into())),
            State::New(..) | State::Passed => {}
        }
        Ok(())
    }

    /// Tells the call something, if it is recorded.
    pub(super) fn tell(&self, news: impl FnOnce(&mut Call)) {
        if let State::Open(call) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            news(call);
        }
    }

    /// Takes out what the call has come to.
    pub(super) fn take(&self) -> State {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *state, State::Passed)
    }
}
