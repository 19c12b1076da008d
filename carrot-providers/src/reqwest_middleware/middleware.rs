use ::reqwest_middleware::{Middleware, Next, Result};
use async_trait::async_trait;
use bytes::Bytes;
use http::Extensions;
use reqwest::{Request, Response};

use super::body::AttemptBody;
use super::errors::described;
use super::slot::{Attempt, Slot};
use crate::WrapOptions;
use crate::reqwest::rebuilt;
use crate::tap::Call;

/// Records the model calls that pass a stack of middlewares. See [`middleware`](super::middleware).
#[derive(Debug, Clone)]
pub struct TraceMiddleware {
    options: WrapOptions,
}

impl TraceMiddleware {
    pub(super) fn new(options: WrapOptions) -> TraceMiddleware {
        TraceMiddleware { options }
    }

    /// The slot of a new call, left in the extensions for the attempts to come.
    fn open(&self, request: &Request, extensions: &mut Extensions) -> Option<Slot> {
        let url = request.url();
        let target = (
            request.method().as_str(),
            url.host_str().unwrap_or_default(),
            url.path(),
        );
        let mut kept = None;
        let call = Call::open(&self.options, target, || {
            kept = bytes_of(request).map(Bytes::copy_from_slice);
            kept.clone()
        })?;
        let slot = Slot::new(call, kept);
        extensions.insert(slot.clone());
        Some(slot)
    }
}

#[async_trait]
impl Middleware for TraceMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let slot = match Slot::of(extensions) {
            Some(slot) if slot.is_sending() => None,
            Some(slot) if slot.is_of(bytes_of(&request)) => Some(slot),
            _ => self.open(&request, extensions),
        };
        let Some(slot) = slot else {
            return next.run(request, extensions).await;
        };
        let url = request.url().clone();
        let attempt = Sending(Some(slot.attempt()));
        let answer = next.run(request, extensions).await;
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

fn bytes_of(request: &Request) -> Option<&[u8]> {
    request.body()?.as_bytes()
}
