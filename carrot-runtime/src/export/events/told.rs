//! Telling the `tracing` crate.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing::debug;

use super::Happened;
use crate::export::is_forked;
use crate::warn;

const TARGET: &str = "carrot";

/// A subscriber that panicked is told nothing more. That of a forked child is told nothing at all: its locks may be held by
/// threads that are not there.
static SPOILED: AtomicBool = AtomicBool::new(false);

pub(in crate::export) fn tell(destination: &str, happened: &Happened<'_>) {
    if SPOILED.load(Relaxed) || is_forked() {
        return;
    }
    if catch_unwind(AssertUnwindSafe(|| emit(destination, happened))).is_err() {
        SPOILED.store(true, Relaxed);
        warn::warn_once(
            "subscriber",
            "a subscriber of `tracing` panicked: what the exporter does is told no more",
        );
    }
}

/// Whether an event is one of these.
pub(crate) fn is_ours(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.target() == TARGET && metadata.module_path() == Some(module_path!())
}

pub(super) fn emit(destination: &str, happened: &Happened<'_>) {
    match *happened {
        Happened::Acked { records, bytes } => {
            debug!(target: TARGET, destination, records, bytes, "acked");
        }
        Happened::Retried { records, why } => {
            debug!(target: TARGET, destination, records, why, "retried");
        }
        Happened::Spooled { records } => {
            debug!(target: TARGET, destination, records, "spooled");
        }
        Happened::Dropped { records, reason } => {
            debug!(target: TARGET, destination, records, reason, "dropped");
        }
        Happened::AdoptedDropped { records, reason } => {
            debug!(target: TARGET, destination, records, reason, "dropped of an earlier process");
        }
        Happened::Away { why } => debug!(target: TARGET, destination, why, "away"),
        Happened::Back => debug!(target: TARGET, destination, "back"),
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;
    use crate::{TracingLayer, testing};

    #[test]
    fn they_are_no_events_of_a_span_wherever_they_come_from() {
        let all = tracing_subscriber::registry().with(TracingLayer::default());
        let traces = tracing::subscriber::with_default(all, || {
            testing::capture(|| {
                let _span = crate::span("around");
                emit("here", &Happened::Back);
                debug!(target: TARGET, "a program's own");
            })
        });
        let span = traces.find("around").unwrap();
        let names: Vec<_> = span.events().iter().map(|it| it.name()).collect();
        assert_eq!(names, ["a program's own"]);
    }
}
