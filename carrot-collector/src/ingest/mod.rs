//! Taking traces in: each sender's dialect is a thin translation into records.

mod body;

pub(crate) mod carrot;
pub(crate) mod agenttrace;
pub(crate) mod retrace;
pub(crate) mod otlp;
pub(crate) mod stream;
