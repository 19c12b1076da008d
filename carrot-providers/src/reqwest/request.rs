use bytes::Bytes;
use reqwest::Request;

use crate::WrapOptions;
use crate::tap::{Asked, Call, Door};

/// Begins the call that a request is. A body that is a stream is not seen.
pub(crate) fn begin(options: &WrapOptions, request: &Request) -> Door {
    let url = request.url();
    let asked = Asked {
        method: request.method().as_str(),
        url: url.as_str(),
        host: url.host_str().unwrap_or_default(),
        path: url.path(),
        headers: request.headers(),
    };
    Call::begin(options, &asked, || {
        Some(Bytes::copy_from_slice(request.body()?.as_bytes()?))
    })
}
