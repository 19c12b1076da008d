use bytes::Bytes;
use rig_core::http_client::{Error, Request, Response, Uri};

use crate::WrapOptions;
use crate::reqwest::described;
use crate::tap::{Asked, Call, Door};

/// A call that is recorded, and where it was sent, for the words of its errors.
pub(super) struct Traced {
    call: Call,
    uri: Uri,
}

/// Left in a request that is recorded, so that a client wrapped twice records once.
#[derive(Clone)]
struct Seen;

/// Begins the call that a request is.
pub(super) fn begin(options: &WrapOptions, request: &mut Request<Bytes>) -> Door {
    if request.extensions_mut().insert(Seen).is_some() {
        return Door::Pass;
    }
    let uri = request.uri();
    let asked = Asked {
        method: request.method().as_str(),
        url: &uri.to_string(),
        host: uri.host().unwrap_or_default(),
        path: uri.path(),
        headers: request.headers(),
    };
    Call::begin(options, &asked, || Some(request.body().clone()))
}

impl Traced {
    /// A call to `uri`, with its only attempt: rig does not retry.
    pub(super) fn new(mut call: Call, uri: &Uri) -> Traced {
        call.attempt();
        let uri = uri.clone();
        Traced { call, uri }
    }

    pub(super) fn answered<B>(&mut self, response: &Response<B>) {
        self.call
            .answered(response.status().as_u16(), response.headers());
    }

    pub(super) fn piece(&mut self, piece: &Bytes) {
        self.call.piece(piece);
    }

    pub(super) fn ended(self) {
        self.call.ended();
    }

    /// Ends the call with an error, which for rig an answer with an error status is as well.
    pub(super) fn failed(mut self, error: &Error) {
        match error {
            Error::InvalidStatusCodeWithDetails {
                status,
                body,
                headers,
            } => {
                self.call.answered(status.as_u16(), headers);
                self.call.piece(&Bytes::copy_from_slice(body.as_bytes()));
                self.call.ended();
            }
            error => {
                let (kind, message) = described(error, Some(&self.uri.to_string()));
                self.call.failed(kind, &message);
            }
        }
    }
}
