//! The exporter against a real HTTP server, each scenario in a program of its own: tracing starts once
//! in a process, and much of this is about how it ends.

#![allow(clippy::print_stdout, reason = "the traced program talks to its test")]

#[path = "../support/program.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod program;
#[path = "../support/collector.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod collector;
#[cfg(unix)]
#[path = "../support/outage.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod outage;

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
mod stats;
mod warnings;
mod sampling;
