use std::sync::{Arc, Weak};

use ::reqwest_middleware::{Error, Middleware, Next, Result};
use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response};

use super::body::AttemptBody;
use super::errors::described;
use super::replay::Replayed;
use super::slot::{Attempt, Slot};
use crate::WrapOptions;
use crate::reqwest::{asked, rebuilt, replayed, shared};
use crate::tap::{Call, Door};

/// Records the model calls that pass a stack of middlewares. See [`middleware`](super::middleware).
#[derive(Debug, Clone)]
pub struct TraceMiddleware {
    options: WrapOptions,
}

impl TraceMiddleware {
    pub(super) fn new(options: WrapOptions) -> TraceMiddleware {
        TraceMiddleware { options }
    }
}

#[async_trait]
impl Middleware for TraceMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let slot = match Slot::of(extensions) {
            _ if Within::is_in(extensions) => None,
            // One that is on its way while another of the call is, in extensions that were cloned, is a call of its own.
            Some(slot) if !slot.is_sending() && slot.is_of(&request) => Some(slot),
            _ => {
                if let Some(again) = Replayed::of(extensions, &request) {
                    return Ok(again);
                }
                let (mut sent, mut body) = (request.body_mut().take(), None);
                let door = Call::begin(&self.options, &asked(&request), || {
                    body = shared(&mut sent);
                    body.clone()
                });
                *request.body_mut() = sent;
                match door {
                    Door::Pass => None,
                    Door::Send(call) => {
                        let slot = Slot::new(call, body);
                        extensions.insert(slot.clone());
                        Some(slot)
                    }
                    Door::Answer(answer) => {
                        let answer = Replayed::kept(answer, body, extensions);
                        return Ok(replayed(answer, request.url().clone()));
                    }
                    Door::Refuse(refused) => return Err(Error::middleware(refused)),
                }
            }
        };
        let Some(slot) = slot else {
            return next.run(request, extensions).await;
        };
        let url = request.url().clone();
        let attempt = Sending(Some(slot.attempt()));
        let within = Arc::new(Within);
        extensions.insert(Arc::downgrade(&within));
        let answer = next.run(request, extensions).await;
        drop(within);
        let Some(attempt) = attempt.done() else {
            return answer;
        };
        match answer {
            Ok(response) => Ok(tapped(response, attempt)),
            Err(error) => {
                attempt.failed(described(&error, &url));
                Err(error)
            }
        }
    }
}

/// Travels down with an attempt while it is on its way: a second middleware of ours below sees what the first one sees, and
/// has nothing to record.
struct Within;

impl Within {
    fn is_in(extensions: &Extensions) -> bool {
        let above = extensions.get::<Weak<Within>>();
        above.is_some_and(|it| it.strong_count() > 0)
    }
}

/// An attempt that is on its way, until it is answered or its future is dropped.
struct Sending(Option<Attempt>);

impl Sending {
    fn done(mut self) -> Option<Attempt> {
        let attempt = self.0.take()?;
        attempt.sent();
        Some(attempt)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some(attempt) = &self.0 {
            attempt.sent();
            attempt.tell(|call| call.attempt_failed("dropped"));
        }
    }
}

fn tapped(response: Response, attempt: Attempt) -> Response {
    let status = response.status().as_u16();
    attempt.tell(|call| call.answered(status, response.headers()));
    rebuilt(response, |body| AttemptBody::new(body, attempt, status))
}
