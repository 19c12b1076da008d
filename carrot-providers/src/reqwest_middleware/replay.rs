use std::sync::Arc;

use bytes::Bytes;
use http::Extensions;
use reqwest::{Request, Response};

use crate::reqwest::replayed;
use crate::tap::Answer;

/// A recorded answer that may be asked for again, in the extensions that the attempts of a call share. A recording has
/// one answer a call, that of its last attempt: where that is an error, each attempt gets it.
#[derive(Clone)]
pub(super) struct Replayed {
    request: Option<Bytes>,
    answer: Arc<Answer>,
}

impl Replayed {
    /// Gives the answer, and keeps it where a retry may follow. The call has then been told all of it, since retries do not
    /// read what they drop.
    pub(super) fn kept(
        mut answer: Answer,
        request: Option<Bytes>,
        extensions: &mut Extensions,
    ) -> Answer {
        if answer.status() < 400 {
            return answer;
        }
        let kept = Arc::new(answer.again());
        while answer.next_piece().is_some() {}
        let again = kept.again();
        extensions.insert(Replayed {
            request,
            answer: kept,
        });
        again
    }

    /// The answer to a request that was made before.
    pub(super) fn of(extensions: &Extensions, request: &Request) -> Option<Response> {
        let kept = extensions.get::<Replayed>()?;
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let is_same = kept.request.as_deref() == body;
        is_same.then(|| replayed(kept.answer.again(), request.url().clone()))
    }
}
