//! What one row measures, in a process of its own.

use std::net::TcpListener;
use std::process::Command;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::clocks::{Used, memory};
use crate::product::{Product, Running};
use crate::sink::{Counts, Sink};
use crate::trees::{self, ARGUMENTS};

/// Holds what the process is to measure.
const ROW: &str = "DELIVERY_ROW";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) product: Product,
    pub(crate) task: Task,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Task {
    /// So many spans, at that rate a second or as fast as they can be made, to a sink that answers after so many milliseconds.
    Deliver {
        spans: u64,
        rate: Option<u64>,
        answers_after: u64,
    },
    /// So often so many spans as fast as they can be made, each time with a flush.
    Flush { rounds: usize, spans: u64 },
    /// The same while nobody listens; the sink comes when all of them are made.
    Away {
        spans: u64,
        rate: Option<u64>,
        has_arguments: bool,
        has_spool: bool,
    },
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) made: u64,
    pub(crate) delivered: u64,
    /// What the product says is lost, if it says that.
    pub(crate) dropped: Option<u64>,
    /// What its flush says of that.
    pub(crate) is_ok: bool,
    /// Seconds in which they were made,
    pub(crate) making: f64,
    /// and from the first one's making to the end of the flush.
    pub(crate) all: f64,
    /// Seconds of CPU: of the thread that made them,
    pub(crate) maker: f64,
    /// and of all others.
    pub(crate) others: f64,
    /// Bytes that came.
    pub(crate) bytes: u64,
    /// Milliseconds of each flush.
    pub(crate) flushes: Vec<f64>,
    /// Records on disk while nobody listened.
    pub(crate) spooled: u64,
    /// Seconds from when the sink was back until it had all.
    pub(crate) back: f64,
    /// MiB: before they were made,
    pub(crate) memory_before: f64,
    /// and at most.
    pub(crate) memory_at_most: f64,
}

impl Row {
    /// Has a process measure it.
    pub(crate) fn measure(self) -> Measured {
        let mut process = Command::new(std::env::current_exe().expect("a path"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARROT_") || name.starts_with("OTEL_") {
                process.env_remove(name);
            }
        }
        let row = serde_json::to_string(&self).expect("a row");
        let ended = process.env(ROW, row).output().expect("starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{self:?}: {said}");
        serde_json::from_slice(&ended.stdout).expect("figures")
    }
}

/// Measures what this process was started for, if it was.
pub(crate) fn run() -> bool {
    let Ok(row) = std::env::var(ROW) else {
        return false;
    };
    let Row { product, task } = serde_json::from_str(&row).expect("a row");
    let measured = match task {
        Task::Deliver {
            spans,
            rate,
            answers_after,
        } => deliver(product, spans, rate, answers_after),
        Task::Flush { rounds, spans } => flush(product, rounds, spans),
        Task::Away {
            spans,
            rate,
            has_arguments,
            has_spool,
        } => away(product, spans, rate, has_arguments, has_spool),
    };
    println!("{}", serde_json::to_string(&measured).expect("numbers"));
    true
}

fn deliver(product: Product, spans: u64, rate: Option<u64>, answers_after: u64) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sink = Sink::start(0, answers_after);
    let running = product.start(&sink.url(), Some(folder.path()));
    warm_up(&running);
    let (before, used, started) = (sink.counts(), Used::now(), Instant::now());
    let made = trees::make(spans, rate, |turn| running.tree(true, turn));
    let said = running.shutdown();
    let (all, used_then) = (started.elapsed(), Used::now());
    let came = sink.counts() - before;
    check(product, spans, came);
    Measured {
        made: spans,
        delivered: came.spans,
        dropped: said.dropped,
        is_ok: said.is_ok,
        making: made.time.as_secs_f64(),
        all: all.as_secs_f64(),
        maker: made.cpu.as_secs_f64(),
        others: (used_then.process - used.process - made.cpu).as_secs_f64(),
        bytes: came.bytes,
        ..Measured::default()
    }
}

/// Connects, and makes what is made once.
fn warm_up(running: &Running) {
    running.tree(true, 0);
    assert!(running.flush().is_ok, "the sink is there");
}

/// Whatever came, came whole; and of Carrot's all came.
fn check(product: Product, made: u64, came: Counts) {
    assert_eq!(came.arguments, came.spans * ARGUMENTS, "{came:?}");
    assert!(came.spans <= made, "{came:?} of {made}");
    assert!(
        !product.is_carrot() || came.spans == made,
        "{came:?} of {made}"
    );
}

fn flush(product: Product, rounds: usize, spans: u64) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sink = Sink::start(0, 0);
    let running = product.start(&sink.url(), Some(folder.path()));
    warm_up(&running);
    let before = sink.counts();
    let mut is_ok = true;
    let flushes = (0..rounds).map(|_| {
        trees::make(spans, None, |turn| running.tree(true, turn));
        let started = Instant::now();
        is_ok &= running.flush().is_ok;
        started.elapsed().as_secs_f64() * 1e3
    });
    let flushes = flushes.collect();
    let made = spans * rounds as u64;
    let came = sink.counts() - before;
    check(product, made, came);
    Measured {
        made,
        delivered: came.spans,
        dropped: running.shutdown().dropped,
        is_ok,
        flushes,
        ..Measured::default()
    }
}

/// A port that nobody listens at.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn away(
    product: Product,
    spans: u64,
    rate: Option<u64>,
    has_arguments: bool,
    has_spool: bool,
) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let running = product.start(&url, has_spool.then_some(folder.path()));
    let memory_before = memory("VmRSS:");
    let (used, started) = (Used::now(), Instant::now());
    let made = trees::make(spans, rate, |turn| running.tree(has_arguments, turn));
    let spooled = running.settle(spans, has_spool);
    let memory_at_most = memory("VmHWM:");
    let mut sink = Sink::start(port, 0);
    let is_back = Instant::now();
    let said = running.shutdown();
    let (back, all, used_then) = (is_back.elapsed(), started.elapsed(), Used::now());
    let came = sink.counts();
    let bytes_each = if has_arguments { ARGUMENTS } else { 0 };
    assert_eq!(came.arguments, came.spans * bytes_each, "{came:?}");
    let accounted = came.spans + said.dropped.unwrap_or(0);
    assert!(
        !product.is_carrot() || accounted >= spans,
        "{came:?} of {spans}"
    );
    Measured {
        made: spans,
        delivered: came.spans,
        dropped: said.dropped,
        is_ok: said.is_ok,
        making: made.time.as_secs_f64(),
        all: all.as_secs_f64(),
        maker: made.cpu.as_secs_f64(),
        others: (used_then.process - used.process - made.cpu).as_secs_f64(),
        bytes: came.bytes,
        spooled,
        back: back.as_secs_f64(),
        memory_before,
        memory_at_most,
        ..Measured::default()
    }
}
