//! What becomes of spans on their way to a collector, beside OpenTelemetry's batch processor in the same run: how many arrive
//! of how many were made, what delivering them costs, and what is held in memory while nobody takes them.
//!
//! Each row is a process of its own, and so is the [sink] that it sends to, which tells what came. Both products make the same
//! trees at the same rate, with the same arguments; the sink adds up their bytes, so that no row compares unequal payloads. A
//! row of Carrot's fails the benchmark unless all that was made has arrived.
//!
//! ```text
//! cargo bench -p carrot-ai --bench delivery         (or: -- flush, for the section of that name)
//! ```

#![cfg_attr(
    unix,
    allow(clippy::print_stdout, reason = "a benchmark prints its figures")
)]

#[cfg(unix)]
mod sections;
#[cfg(unix)]
mod row;
#[cfg(unix)]
mod product;
#[cfg(unix)]
mod trees;
#[cfg(unix)]
mod carrot;
#[cfg(unix)]
mod otel;
#[cfg(unix)]
mod sink;
#[cfg(unix)]
mod clocks;

#[cfg(unix)]
fn main() {
    if !sink::run() && !row::run() {
        sections::run();
    }
}

/// There are no clocks of a thread's CPU time.
#[cfg(not(unix))]
fn main() {}
