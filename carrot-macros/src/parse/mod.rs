//! Tokens in, [`Args`] and a [`Function`] out.

mod args;
mod commas;
mod function;
mod inputs;
mod json;
mod key;
mod kind;
mod metadata;
mod text;

pub(crate) use args::Args;
pub(crate) use function::{Body, Function};
pub(crate) use inputs::{Binding, bindings};
pub(crate) use key::nearest;
pub(crate) use text::Text;
