use bytes::Bytes;
use reqwest::Request;

use crate::tap::Asked;
#[cfg(feature = "async-openai")]
use crate::{
    WrapOptions,
    tap::{Call, Door},
};

/// Begins the call that a request is.
#[cfg(feature = "async-openai")]
pub(crate) fn begin(options: &WrapOptions, request: &Request) -> Door {
    Call::begin(options, &asked(request), || body_of(request))
}

/// What a request asks for.
pub(crate) fn asked(request: &Request) -> Asked<'_> {
    let url = request.url();
    Asked {
        method: request.method().as_str(),
        url: url.as_str(),
        host: url.host_str().unwrap_or_default(),
        path: url.path(),
        headers: request.headers(),
    }
}

/// The body of a request. One that is a stream is not seen.
pub(crate) fn body_of(request: &Request) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(request.body()?.as_bytes()?))
}
