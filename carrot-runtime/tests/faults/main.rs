//! Everything that goes wrong between a program and its collector, and the two themselves. Each case ends in the same: what was
//! sent is stored, once, and no tree is broken.
//!
//! The collector here answers as it is told. The same with a real one is in `carrot-collector/tests/faults`.

#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "the traced program talks to its test")]

#[path = "../support/program.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod program;
#[path = "../support/collector.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod collector;
#[path = "../support/outage.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod outage;
mod tls;

mod storms;
mod addresses;
mod disk;
mod damage;
mod ends;
mod together;
mod floods;
