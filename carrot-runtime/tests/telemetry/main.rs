//! What the exporter says of itself to a program's own recorder of metrics and to its own subscriber, over real connections.

#![allow(clippy::print_stdout, reason = "the traced program talks to its test")]

#[path = "../support/program.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod program;
#[path = "../support/collector.rs"]
#[allow(dead_code, reason = "each suite uses its part")]
mod collector;

mod metrics;
mod events;

use std::net::TcpListener;
use std::time::{Duration, Instant};

/// An address on which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Fifteen records, delivered in three steps.
fn deliver_three_times() {
    for _ in 0..3 {
        program::steps(4);
        carrot_runtime::flush();
    }
}

/// Waits until something is so.
#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never");
        std::thread::yield_now();
    }
}
