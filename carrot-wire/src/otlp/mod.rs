//! OTLP, the protocol of OpenTelemetry, as far as it carries traces: `POST /v1/traces`.
//!
//! ```text
//! protobuf ─► wire ─► protobuf ─┐
//! JSON ───────────────► json ───┴─► Span ─► events, genai::fill ─► Record
//! ```
//!
//! A request is read span by span, so that one that cannot be taken spoils only itself, and so that no more is held
//! of a request than its records. That is why its messages are read here, and not by generated code.

mod answer;
mod json;
mod protobuf;
mod span;
mod wire;

mod events;
mod record;

pub use answer::Answer;

use std::fmt;

use crate::Record;
use span::{Room, Scope};

/// The most spans that one request may carry.
pub const MAX_SPANS: usize = 20_000;

/// How a body is written, which is how its answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`: ids in hex, integers of 64 bits as strings.
    Json,
}

impl Encoding {
    /// The one that a `Content-Type` names, whatever its parameters.
    pub fn of(content_type: &str) -> Option<Encoding> {
        let name = content_type.split(';').next().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case("application/x-protobuf") {
            Some(Encoding::Protobuf)
        } else if name.eq_ignore_ascii_case("application/json") {
            Some(Encoding::Json)
        } else {
            None
        }
    }

    /// Its `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        }
    }
}

/// What is wrong with a whole body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError {
    /// It is not the protobuf of an `ExportTraceServiceRequest`.
    NoProtobuf,
    /// It is not the JSON of one.
    NoJson,
    /// It has more than [`MAX_SPANS`] spans, or two million values in them.
    TooMany,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = "an ExportTraceServiceRequest of OTLP";
        match self {
            RequestError::NoProtobuf => write!(f, "the body is not the protobuf of {message}"),
            RequestError::NoJson => write!(f, "the body is not the JSON of {message}"),
            RequestError::TooMany => write!(
                f,
                "more than {MAX_SPANS} spans, or 2,000,000 attributes, in one request: send them in several"
            ),
        }
    }
}

impl std::error::Error for RequestError {}

/// Why one span was not taken, in words that name the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpanError(pub(crate) &'static str);

/// What a request holds.
#[derive(Debug, Default)]
pub struct Taken {
    /// A record for each span that can be one, in the order sent.
    pub records: Vec<Record>,
    /// How many spans cannot.
    pub rejected: usize,
    /// What is wrong with the first of them.
    pub reason: Option<&'static str>,
}

impl Taken {
    /// Adds a span that was read, or not. Fails where there are too many.
    fn add(
        &mut self,
        span: Result<span::Span, SpanError>,
        scope: &Scope,
        room: &Room,
    ) -> Result<(), RequestError> {
        if self.records.len() + self.rejected >= MAX_SPANS || room.is_used_up() {
            return Err(RequestError::TooMany);
        }
        match span {
            Ok(span) => self.records.push(record::of(span, scope)),
            Err(SpanError(reason)) => {
                self.rejected += 1;
                self.reason.get_or_insert(reason);
            }
        }
        Ok(())
    }
}

/// Reads the body of an export request.
pub fn read(encoding: Encoding, body: &[u8]) -> Result<Taken, RequestError> {
    match encoding {
        Encoding::Protobuf => protobuf::read(body),
        Encoding::Json => json::read(body),
    }
}
