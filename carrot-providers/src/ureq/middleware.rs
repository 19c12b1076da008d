use ::ureq::middleware::{Middleware, MiddlewareNext};
use ::ureq::{Agent, Body, Error, SendBody};
use http::{HeaderMap, Request, Response};

use super::answer::{replayed, tapped};
use super::errors::described;
use super::outgoing::Outgoing;
use crate::WrapOptions;
use crate::tap::{Asked, Call, Door};

/// Records the model calls of the agent it is put into. See [`middleware`](super::middleware()).
#[derive(Debug, Clone)]
pub struct TraceMiddleware {
    options: WrapOptions,
}

impl TraceMiddleware {
    pub(super) fn new(options: WrapOptions) -> TraceMiddleware {
        TraceMiddleware { options }
    }
}

impl Middleware for TraceMiddleware {
    fn handle(
        &self,
        request: Request<SendBody<'_>>,
        next: MiddlewareNext<'_>,
    ) -> Result<Response<Body>, Error> {
        recorded(&self.options, request, |request| next.handle(request))
    }
}

/// Records the calls and sends them by an agent of the user's.
pub(super) struct Through {
    agent: Agent,
    options: WrapOptions,
}

impl Through {
    pub(super) fn new(agent: Agent, options: WrapOptions) -> Through {
        Through { agent, options }
    }
}

impl Middleware for Through {
    fn handle(
        &self,
        request: Request<SendBody<'_>>,
        _: MiddlewareNext<'_>,
    ) -> Result<Response<Body>, Error> {
        recorded(&self.options, request, |request| self.agent.run(request))
    }
}

fn recorded(
    options: &WrapOptions,
    request: Request<SendBody<'_>>,
    send: impl FnOnce(Request<SendBody<'_>>) -> Result<Response<Body>, Error>,
) -> Result<Response<Body>, Error> {
    let (head, body) = request.into_parts();
    let uri = head.uri.clone();
    let mut body = Outgoing::Unseen(body);
    let asked = Asked {
        method: head.method.as_str(),
        url: &uri.to_string(),
        host: uri.host().unwrap_or_default(),
        path: uri.path(),
        headers: &head.headers,
    };
    let mut call = match Call::begin(options, &asked, || body.bytes()) {
        Door::Pass => return body.send(head, send),
        Door::Send(call) => call,
        Door::Answer(answer) => return replayed(answer),
        Door::Refuse(refused) => return Err(Error::Other(refused.into())),
    };
    call.attempt();
    match body.send(head, send) {
        Ok(response) => Ok(tapped(response, call)),
        Err(error) => {
            if let Error::StatusCode(status) = error {
                // ureq has thrown the rest of the answer away.
                call.answered(status, &HeaderMap::new());
                call.ended();
            } else {
                let (kind, message) = described(&error, &uri);
                call.failed(kind, &message);
            }
            Err(error)
        }
    }
}
