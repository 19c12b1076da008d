//! What the adapters of clients that send by reqwest share.

mod errors;
#[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
mod response;

pub(crate) use errors::described;

#[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
pub(crate) use errors::transport;
#[cfg(feature = "reqwest-middleware")]
pub(crate) use response::rebuilt;
#[cfg(feature = "async-openai")]
pub(crate) use response::tapped;
