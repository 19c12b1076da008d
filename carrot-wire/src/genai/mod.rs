//! What instrumentations of other makers say of a span, as a [`Record`].
//!
//! ```text
//! name → value ─► Attributes ─► otel, openinference, openllmetry, …: each takes what it knows ─► Found ─► Record
//!                     └─► what nobody took ─► metadata, under its own name
//! ```
//!
//! Attributes reach us from `tracing` spans and over OTLP. A model call gets the form that our own have: the
//! request's parameters with `messages` as input, `{"message": …}` as output, in the words of OpenAI's
//! chat completions.
//!
//! [`emit`](fn@emit) is the way back, for backends that speak OpenTelemetry.

pub mod names;

mod attributes;
mod openinference;
mod openllmetry;
mod langfuse;
mod otel;
mod parts;
mod own;

mod found;
mod provider;

pub mod emit;

pub use attributes::Attributes;
pub(crate) use attributes::parsed;
pub use emit::emit;

use crate::Record;
use found::Found;

/// Whether a name belongs to one of the conventions that [`fill`] reads.
pub fn is_known(name: &str) -> bool {
    names::PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || names::WHOLE.contains(&name)
}

/// Writes attributes into a record. Never fails: what is not understood becomes metadata.
///
/// What the record has already (a name, a kind other than `function`, a session) is kept, except that
/// input and output are overwritten where the attributes have them.
///
/// `input.value` and `output.value` of a model call are left out where its messages are there: they say
/// the same again.
pub fn fill(mut attributes: Attributes, record: &mut Record) {
    let mut found = Found::default();
    otel::read(&mut attributes, &mut found);
    openinference::read(&mut attributes, &mut found);
    openllmetry::read(&mut attributes, &mut found);
    langfuse::read(&mut attributes, &mut found, record);
    langfuse::read_mlflow(&mut attributes, &mut found);
    found.fill(record);
    own::read(&mut attributes, record);
    for (name, value) in attributes {
        record.metadata.entry(name).or_insert(value);
    }
}
