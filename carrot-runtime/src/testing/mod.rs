//! Traces for tests: of one scope alone, the same in every run.
//!
//! [`capture`] runs a closure and gives the trees that it made, and nobody else's: tests run in parallel,
//! and nothing is sent anywhere. Ids, times and order are normalised, so that a snapshot holds:
//!
//! ```
//! # use carrot_runtime as carrot_ai;
//! use carrot_ai::testing::capture;
//! # use carrot_ai::{Site, Span};
//! # fn my_pipeline() { static SITE: Site = Site::new("my_pipeline"); Span::open(&SITE).run(|| (), |_, ()| ()) }
//! let traces = capture(|| my_pipeline());
//! assert_eq!(traces.render(), "my_pipeline\n");
//! // insta::assert_snapshot!(traces.render());
//! // insta::assert_yaml_snapshot!(traces);
//!
//! traces.assert_no_errors();
//! assert_eq!(traces["my_pipeline"].status(), "success");
//! assert_eq!(traces.total_tokens(), 0);
//! ```
//!
//! Not in a snapshot: ids and times of spans, latency and time to first token, and the ids that a server gave
//! its request and its answer. Where a value holds the id of a captured span or trace, it reads `[id]`,
//! `[span_id]` or `[trace_id]`; the ids of tool calls become `call_1`, `call_2`, …

mod order;
mod stable;
mod span;
mod trees;

pub use span::{Event, Span};
pub use trees::Traces;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::carry::InTrace;
use crate::clock::Clock;
use crate::context::Ctx;
use crate::inherit::{self, Entry};
use crate::state::CaptureClient;
use crate::{assemble, line};

/// Runs `f`, and gives the traces made in it, in threads and tasks it started inside spans too. What
/// is open at the end is `running`. A panic goes on.
pub fn capture<R>(f: impl FnOnce() -> R) -> Traces {
    capture_returned(f).1
}

/// Runs `f`, and gives what it returned with the traces made in it.
pub fn capture_returned<R>(f: impl FnOnce() -> R) -> (R, Traces) {
    let capture = Capture::begin();
    match catch_unwind(AssertUnwindSafe(|| line::with(capture.scope(), f))) {
        Ok(result) => (result, capture.end()),
        Err(panic) => resume_unwind(panic),
    }
}

/// Runs a future, and gives the traces made in it.
pub async fn capture_async<F: Future>(future: F) -> Traces {
    capture_output(future).await.1
}

/// Runs a future, and gives its output with the traces made in it.
pub async fn capture_output<F: Future>(future: F) -> (F::Output, Traces) {
    let capture = Capture::begin();
    let output = InTrace::new(capture.scope(), future).await;
    (output, capture.end())
}

/// A capture that runs. Dropped, by a panic or with a future that is given up, it leaves nothing behind.
struct Capture {
    client: CaptureClient,
    /// What it is in: a replay, say.
    entry: Option<Entry>,
}

impl Capture {
    fn begin() -> Capture {
        let above = inherit::of(line::current());
        let above = above.filter(|it| it.attached.is_some() || it.budget.is_some());
        let entry = above.and_then(|above| {
            Entry::below(Ctx::NONE, |inherited| {
                inherited.attached.clone_from(&above.attached);
                inherited.budget.clone_from(&above.budget);
            })
        });
        Capture {
            client: CaptureClient::new(),
            entry,
        }
    }

    /// No span is open, and roots belong to the capture.
    fn scope(&self) -> Ctx {
        let ctx = Ctx {
            client: self.client.0,
            ..Ctx::NONE
        };
        match &self.entry {
            Some(entry) => ctx.inheriting(entry.number()),
            None => ctx,
        }
    }

    fn end(self) -> Traces {
        let finished = self.take();
        let clock = Clock::now();
        Traces::new(
            finished
                .into_iter()
                .map(|span| span.into_record(&clock))
                .collect(),
        )
    }

    fn take(&self) -> Vec<assemble::FinishedSpan> {
        let mut assembler = assemble::lock();
        assembler.drain();
        assembler.take_captured(self.client.0)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.take();
    }
}

#[cfg(test)]
mod tests;
