//! Traced programs and a real collector, either of which may be killed at any time, and a bad wire between them. Each case ends
//! in the same: every span that was made is a row of the store, once, and in its tree.

#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "the traced program talks to its test")]

#[path = "../../../carrot-runtime/tests/support/program.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod program;
mod collector;
mod wire;

mod kills;
mod wires;
