//! What the adapters of clients that send by reqwest share.

mod errors;
mod response;

pub(crate) use errors::{described, transport};
pub(crate) use response::tapped;
