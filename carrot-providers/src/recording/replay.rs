use std::sync::{Arc, Mutex, PoisonError};

use carrot_runtime::{InTrace, WithAttached, attach, warn_once};
use carrot_wire::recording::{End, RecordedAnswer, RecordedCall, RecordedRequest, Unmatched};

use super::Watch;

/// Answers model calls from a [`Recording`](super::Recording).
///
/// A call is known by its method, path, query and body, where JSON is compared by its values. Each recorded call answers once, so the same
/// question gets its answers in the order in which they were given. One that none fits is refused, with the client's own
/// kind of error, unless [`or_send`](Replay::or_send) was said.
#[derive(Debug, Clone)]
#[must_use = "it answers what is done in `run` and `scope`"]
pub struct Replay {
    calls: Vec<RecordedCall>,
    or_send: bool,
}

impl Replay {
    pub(super) fn of(calls: Vec<RecordedCall>) -> Replay {
        Replay {
            calls,
            or_send: false,
        }
    }

    /// Sends what no recorded call fits, with a warning.
    pub fn or_send(mut self) -> Replay {
        self.or_send = true;
        self
    }

    /// Runs `f`, with its model calls answered from the recording.
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.attached().run(f)
    }

    /// Runs a future, with its model calls answered from the recording, wherever it is polled.
    pub fn scope<F: Future>(self, future: F) -> InTrace<F> {
        self.attached().scope(future)
    }

    fn attached(self) -> WithAttached {
        let replaying = Arc::new(Replaying {
            left: Mutex::new(self.calls.into_iter().map(Some).collect()),
            or_send: self.or_send,
        });
        attach(move |above: Option<Arc<Watch>>| Watch {
            replay: Some(replaying.clone()),
            ..above.map_or_else(Watch::default, Arc::unwrap_or_clone)
        })
    }
}

/// A replay under way.
#[derive(Debug)]
pub(crate) struct Replaying {
    /// In their order; those that have answered are gone.
    left: Mutex<Vec<Option<RecordedCall>>>,
    or_send: bool,
}

impl Replaying {
    /// The answer to a request; none if it is to be sent.
    pub(crate) fn answer(
        &self,
        asked: &RecordedRequest,
    ) -> Result<Option<RecordedAnswer>, Unmatched> {
        // A hook may have written anything into what was recorded. It is the user's, so nothing is locked while it runs.
        let call = self.take(asked).or_else(|| self.take(&as_recorded(asked)));
        if let Some(call) = call {
            return Ok(Some(call.answer));
        }
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = left.iter().flatten().map(|call| &call.request);
        let unmatched = Unmatched::among(requests, asked);
        if self.or_send {
            warn_once("replay", &format!("sent all the same: {unmatched}"));
            return Ok(None);
        }
        Err(unmatched)
    }

    /// The recorded call that this is. One that was dropped before its answer came says nothing (the loser of a hedge, a call
    /// that was given up), and so comes after the others.
    fn take(&self, asked: &RecordedRequest) -> Option<RecordedCall> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let fits =
            |call: &Option<RecordedCall>| call.as_ref().is_some_and(|it| it.request.is(asked));
        let says = |call: &Option<RecordedCall>| {
            call.as_ref()
                .is_some_and(|it| it.answer.status.is_some() || it.answer.end != End::Left)
        };
        let at = left.iter().position(|it| says(it) && fits(it));
        let at = at.or_else(|| left.iter().position(fits))?;
        left.get_mut(at)?.take()
    }
}

fn as_recorded(asked: &RecordedRequest) -> RecordedRequest {
    let call = RecordedCall {
        request: asked.clone(),
        answer: RecordedAnswer::default(),
    };
    carrot_runtime::redacted(call).request
}
