//! Requests of OTLP, written by OpenTelemetry's own messages, and what records they become.

mod requests;

mod bounds;
mod spans;
mod answers;
mod generated;
