//! Tokens in, [`Args`] and a [`Function`] out.

mod function;
mod inputs;
mod arguments;

mod args;
mod commas;
mod key;
mod variant;
mod text;
mod metadata;
mod json;

pub(crate) use args::Args;
pub(crate) use arguments::{Argument, arguments};
pub(crate) use function::{Body, Function};
pub(crate) use inputs::{Binding, assignable, bindings};
pub(crate) use key::{Key, nearest};
pub(crate) use text::Text;
