//! Carrot, as a user starts it: only where it sends to and where its spool lies is said.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use carrot_ai::{FlushReport, Guard, Transport};

use crate::product::Said;
use crate::trees::{CONTEXT, QUESTION, STEPS};

/// Longer than any row takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Carrot {
    _guard: Guard,
}

impl Carrot {
    pub(crate) fn start(url: &str, transport: Transport, spool: Option<&Path>) -> Carrot {
        let builder = carrot_ai::builder()
            .base_url(url)
            .transport(transport)
            .flush_timeout(PATIENCE);
        let builder = match spool {
            Some(folder) => builder.spool(folder),
            None => builder.spool_off(),
        };
        Carrot {
            _guard: builder.init().expect("nothing started before"),
        }
    }

    pub(crate) fn flush(&self) -> Said {
        said(&carrot_ai::flush())
    }

    pub(crate) fn shutdown(&self) -> Said {
        said(&carrot_ai::shutdown())
    }

    /// Waits until all that was made lies where it is to lie while nobody takes it, and gives how much of it is on disk.
    pub(crate) fn settle(&self, made: u64, has_spool: bool) -> u64 {
        let late = Instant::now() + PATIENCE;
        loop {
            let stats = carrot_ai::stats();
            let collector = &stats.destinations[0];
            let in_memory = collector.queued + collector.in_flight;
            let lost = collector.dropped.total() + stats.not_queued;
            let is_there = in_memory + collector.spooled + lost >= made;
            if is_there && (!has_spool || in_memory == 0) {
                return collector.spooled;
            }
            assert!(Instant::now() < late, "{stats:?} of {made}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn said(report: &FlushReport) -> Said {
    Said {
        is_ok: report.is_complete(),
        dropped: Some(report.dropped.total()),
    }
}

pub(crate) fn tree(turn: u64) {
    black_box(request(black_box(QUESTION), black_box(CONTEXT), turn));
}

#[carrot_ai::trace]
fn request(question: &str, context: &str, turn: u64) -> u64 {
    { 0..STEPS }
        .map(|n| step(question, context, turn + n))
        .fold(0, u64::wrapping_add)
}

#[carrot_ai::trace]
fn step(question: &str, context: &str, turn: u64) -> u64 {
    black_box(turn + (question.len() + context.len()) as u64)
}

/// The same tree without arguments.
pub(crate) fn flat(turn: u64) {
    let _request = carrot_ai::span("request");
    for n in 0..STEPS {
        let _step = carrot_ai::span("step");
        black_box(turn + n);
    }
}
