//! Spans of the `tracing` crate in trees of ours.

mod spans;
mod threads;
mod fields;
mod events;
mod genai;

use std::sync::Once;

use carrot_runtime::testing::{self, Traces};
use tracing_subscriber::prelude::*;

/// One subscriber for the whole process, as a program has it: the threads of a runtime see it too. Captures keep
/// the tests apart.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::registry()
            .with(carrot_runtime::tracing_layer())
            .init();
    });
}

fn capture<R>(f: impl FnOnce() -> R) -> Traces {
    install();
    testing::capture(f)
}
