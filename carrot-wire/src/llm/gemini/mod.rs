//! The Gemini dialect, as Google AI and Vertex AI speak it: one file per endpoint.

mod calls;
mod embed;
mod generate;
mod interactions;
mod step;
mod usage;

use super::Endpoint;
use super::body::Reader;
use super::embeddings::Embeddings;

pub(super) use usage::{interaction_usage, usage};

/// The reader of an endpoint's answers.
pub(super) fn reader(endpoint: Endpoint) -> Box<dyn Reader> {
    match endpoint {
        Endpoint::EmbedContent => Box::new(Embeddings::<embed::Answer>::default()),
        Endpoint::Interactions => Box::new(interactions::Interactions::default()),
        _ => Box::new(generate::Generate::default()),
    }
}
