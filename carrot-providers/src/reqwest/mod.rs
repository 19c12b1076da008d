//! What the adapters of clients that send by reqwest share.

mod errors;
#[cfg(feature = "async-openai")]
mod request;
#[cfg(feature = "async-openai")]
mod response;

pub(crate) use errors::described;
#[cfg(feature = "async-openai")]
pub(crate) use errors::transport;
#[cfg(feature = "async-openai")]
pub(crate) use request::begin;
#[cfg(feature = "async-openai")]
pub(crate) use response::{replayed, tapped};
