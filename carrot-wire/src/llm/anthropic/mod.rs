//! The Anthropic dialect: messages made of content blocks.

mod block;
mod messages;
mod usage;

use super::body::Reader;

pub(super) use usage::usage;

/// The reader of the endpoint's answers.
pub(super) fn reader() -> Box<dyn Reader> {
    Box::new(messages::Messages::default())
}
