//! A recorded call, understood.

use std::borrow::Cow;

use super::{Body, End, RecordedCall};
use crate::llm::{Endpoint, Exchange, LlmCall};

impl RecordedCall {
    /// What was called; none if it is no model call.
    pub fn endpoint(&self) -> Option<Endpoint> {
        Endpoint::find(&self.request.method, self.request.path())
    }

    /// The call as its span would tell it; none if it is no model call.
    pub fn read(&self) -> Option<LlmCall> {
        let endpoint = self.endpoint()?;
        let headers = self.answer.headers.iter();
        let headers: Vec<_> = headers.map(|(name, value)| (&**name, &**value)).collect();
        let pieces = self.answer.pieces.iter();
        let pieces: Vec<_> = pieces.map(|piece| piece.bytes.clone()).collect();
        let exchange = Exchange {
            host: "",
            path: self.request.path(),
            request: &self.request.body.bytes(),
            status: self.answer.status,
            headers: &headers,
            body: &pieces,
            times: &[],
            ended: self.answer.end == End::Whole,
            truncated: false,
        };
        Some(LlmCall::read(endpoint, &exchange))
    }
}

impl Body {
    /// The bytes; none of a body that was not seen.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Body::Unseen => Cow::default(),
            Body::Json(json) => Cow::Borrowed(json.as_str().as_bytes()),
            Body::Text(text) => Cow::Borrowed(text.as_bytes()),
            Body::Base64(text) => Cow::Owned(super::bytes::decoded(text).unwrap_or_default()),
        }
    }
}
