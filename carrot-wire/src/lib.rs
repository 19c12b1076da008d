//! Every format that crosses a wire in Carrot.
//!
//! Read from top to bottom this is the way of a trace: its [ids](TraceId), which [`trace_context`] carries
//! from process to process, and [times](Timestamp), the [`Record`] that each span becomes, the [`ingest`]
//! body and the [`live`] frames that carry records to a collector, what other senders carry there ([`agenttrace`],
//! [`retrace`]), the [`tree`] they form, what it adds up to ([`totals`]), and the text that a terminal shows of it
//! ([`draw`]). [`llm`] reads the dialects of the model servers, [`recording`] keeps whole exchanges with them,
//! [`genai`] reads what other instrumentations say, [`otlp`] the requests that bring it, and [`price`] knows what
//! tokens cost.
//!
//! This crate depends on none of ours and does no I/O.

pub mod agenttrace;
pub mod draw;
mod fields;
pub mod genai;
pub mod id;
pub mod ingest;
pub mod json;
pub mod live;
pub mod llm;
pub mod otlp;
pub mod price;
pub mod record;
pub mod recording;
pub mod redact;
pub mod retrace;
pub mod span;
pub mod time;
pub mod totals;
pub mod trace_context;
pub mod tree;

pub use id::{RecordId, SpanId, TraceId};
pub use json::Json;
pub use record::{ErrorInfo, Record};
pub use span::{Level, SpanKind, Status};
pub use time::Timestamp;
pub use trace_context::TraceContext;
