//! What the adapters of clients that send by reqwest share.

mod errors;
mod response;

pub(crate) use errors::{described, transport};
#[cfg(feature = "async-openai")]
pub(crate) use response::tapped;
#[cfg(feature = "reqwest-middleware")]
pub(crate) use {errors::without_query, response::rebuilt};
