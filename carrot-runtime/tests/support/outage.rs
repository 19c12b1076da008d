//! A collector that is away until it is told to come, and a folder for spools.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use carrot_runtime::FlushReport;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::collector::{Answer, Collector};
use crate::program::{Ended, Program, say, say_report};

pub(crate) struct Outage {
    pub(crate) collector: Collector,
    is_back: Arc<AtomicBool>,
    folder: TempDir,
}

impl Outage {
    /// While it is away it answers with this.
    pub(crate) fn with(away: Answer) -> Outage {
        Outage::then(away, |_| Answer::Accept)
    }

    /// While it is away it answers with this, and when it is back the records of a request so.
    pub(crate) fn then(
        away: Answer,
        back: impl Fn(&[Value]) -> Answer + Send + Sync + 'static,
    ) -> Outage {
        let is_back = Arc::new(AtomicBool::new(false));
        let answers = is_back.clone();
        let collector = Collector::answering(move |_, records| {
            if answers.load(SeqCst) {
                back(records)
            } else {
                away.clone()
            }
        });
        Outage {
            collector,
            is_back,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn begin() -> Outage {
        Outage::with(Answer::Say(503, ""))
    }

    pub(crate) fn end(&self) {
        self.is_back.store(true, SeqCst);
    }

    /// It is away again.
    pub(crate) fn begin_again(&self) {
        self.is_back.store(false, SeqCst);
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn spool(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    pub(crate) fn of(&self, program: Program) -> Program {
        program
            .to(&self.collector)
            .env("CARROT_SPOOL", self.spool())
    }

    /// A run that records nothing of its own: it delivers what others left.
    pub(crate) fn clean_up(&self, program: Program) {
        clean_up(self.of(program));
    }

    /// So many records are stored, each once, with their parents, and no file is left.
    #[track_caller]
    pub(crate) fn assert_stored(&self, records: usize) {
        self.assert_trees(records);
        let ended = self.collector.ended();
        assert!(ended.values().all(|&times| times == 1), "{ended:?}");
    }

    /// So many records are stored, with their parents, and no file is left. Some may have come twice: they are one by their id.
    #[track_caller]
    pub(crate) fn assert_trees(&self, records: usize) {
        assert_eq!(self.collector.ended().len(), records);
        assert_eq!(self.orphans(), 0);
        assert_eq!(segments(self.folder()), 0);
    }

    /// How many records' parents did not come.
    pub(crate) fn orphans(&self) -> usize {
        let taken = self.collector.taken();
        let ids: BTreeSet<&str> = taken.iter().filter_map(|it| it["id"].as_str()).collect();
        let parents = taken.iter().filter_map(|it| it["parent_id"].as_str());
        parents.filter(|parent| !ids.contains(parent)).count()
    }
}

/// How many files with records lie below.
pub(crate) fn segments(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let below = entries.map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            segments(&path)
        } else {
            usize::from(path.extension().is_some_and(|it| it == "segment"))
        }
    });
    below.sum()
}

/// How long records may take to be made, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);
const SECOND_RUN: &str = "DELIVERY_TEST_SECOND_RUN";

/// A run that delivers what others left, wherever it is told to.
pub(crate) fn clean_up(program: Program) -> Ended {
    program.env(SECOND_RUN, "1").run()
}

pub(crate) fn is_second_run() -> bool {
    let is_second = std::env::var_os(SECOND_RUN).is_some();
    if is_second {
        drop(carrot_runtime::init());
    }
    is_second
}

/// Says the report of a shutdown, and its time in milliseconds.
pub(crate) fn shut_down_and_say() {
    let started = Instant::now();
    say_sum(&carrot_runtime::shutdown());
    say(json!(started.elapsed().as_millis() as u64));
}

pub(crate) fn spooled(report: &Value) -> u64 {
    report["spooled"].as_u64().unwrap()
}

/// Says a report, which adds up. At a deadline it knows of spans already that no records are made of yet: those are waited for.
pub(crate) fn say_sum(report: &FlushReport) {
    let sum = report.acked + report.pending + report.spooled + report.dropped.total();
    let begun = Instant::now();
    while carrot_runtime::stats().recorded < sum && begun.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    let stats = carrot_runtime::stats();
    assert_eq!(sum, stats.recorded, "{report}; {stats:?}");
    say_report(report);
}
