//! Traces for tests: of one scope alone, the same in every run.
//!
//! [`capture`] runs a closure and gives the trees that it made, and nobody else's: tests run in parallel,
//! and nothing is sent anywhere. Ids, times and order are normalised, so that a snapshot holds:
//!
//! ```
//! use carrot_runtime::testing::capture;
//! # use carrot_runtime::{Site, Span};
//! # fn my_pipeline() { static SITE: Site = Site::new("my_pipeline"); Span::open(&SITE).run(|| (), |_, ()| ()) }
//! let traces = capture(|| my_pipeline());
//! assert_eq!(traces.render(), "my_pipeline\n");
//! // insta::assert_snapshot!(traces.render());
//! // insta::assert_yaml_snapshot!(traces);
//! ```

mod trees;

pub use trees::{Span, Traces};

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::carry::InTrace;
use crate::clock::Clock;
use crate::context::Ctx;
use crate::state::CaptureClient;
use crate::{assemble, line};

/// Runs `f`, and gives the traces made in it, in threads and tasks it started inside spans too. What
/// is open at the end is `running`. A panic goes on.
pub fn capture<R>(f: impl FnOnce() -> R) -> Traces {
    let client = CaptureClient::new();
    let result = catch_unwind(AssertUnwindSafe(|| line::with(scope(&client), f)));
    let traces = collect(&client);
    match result {
        Ok(_) => traces,
        Err(panic) => resume_unwind(panic),
    }
}

/// Runs a future, and gives the traces made in it.
pub async fn capture_async<F: Future>(future: F) -> Traces {
    capture_output(future).await.1
}

/// Runs a future, and gives its output with the traces made in it.
pub async fn capture_output<F: Future>(future: F) -> (F::Output, Traces) {
    let client = CaptureClient::new();
    let output = InTrace::new(scope(&client), future).await;
    (output, collect(&client))
}

/// No span is open, and roots belong to the capture.
fn scope(client: &CaptureClient) -> Ctx {
    Ctx {
        client: client.0,
        ..Ctx::NONE
    }
}

fn collect(client: &CaptureClient) -> Traces {
    let finished = {
        let mut assembler = assemble::lock();
        assembler.drain();
        assembler.take_captured(client.0)
    };
    let clock = Clock::now();
    Traces::new(
        finished
            .into_iter()
            .map(|span| span.into_record(&clock))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
