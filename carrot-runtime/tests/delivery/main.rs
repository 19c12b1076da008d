//! The exporter against a real HTTP server, each scenario in a program of its own: tracing starts once
//! in a process, and much of this is about how it ends.

#![allow(clippy::print_stdout, reason = "the traced program talks to its test")]

mod program;
mod collector;

mod exit;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod aborts;
mod panics;
mod anywhere;
mod flush;
mod answers;
mod stream;
mod away;
#[cfg(unix)]
mod spool;
mod volume;
mod settings;
mod sampling;
