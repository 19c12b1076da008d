//! What the adapters of clients that send by reqwest share.

mod errors;
#[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
mod request;
#[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
mod response;

pub(crate) use errors::described;

#[cfg(any(
    feature = "async-openai",
    feature = "relay",
    feature = "reqwest-middleware"
))]
pub(crate) use errors::transport;
#[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
pub(crate) use response::replayed;
#[cfg(feature = "async-openai")]
pub(crate) use {request::begin, response::tapped};
#[cfg(feature = "reqwest-middleware")]
pub(crate) use {
    request::{asked, shared},
    response::rebuilt,
};
