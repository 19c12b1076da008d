//! What the adapters of clients that send by reqwest share.

mod errors;
mod request;
mod response;

pub(crate) use errors::{described, transport};
pub(crate) use request::begin;
pub(crate) use response::{replayed, tapped};
