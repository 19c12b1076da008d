//! The exporter that sleeps, and the root's end that wakes it.

use loom::sync::Arc;

use crate::chunk::Chunk;
use crate::idle::Idle;
use crate::model;
use crate::sync::{AtomicBool, Ordering};

/// The exporter's bell: what tokio's `Notify` promises to the one who waits for it. A ring is kept until it is heard, and who
/// hears it sees what was there when it rang, each time that it did.
struct Bell(AtomicBool);

impl Bell {
    fn ring(&self) {
        self.0.swap(true, Ordering::AcqRel);
    }

    fn hear(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

struct Exporter {
    idle: Idle,
    bell: Bell,
    lines: [Chunk; 2],
}

impl Exporter {
    fn new() -> Exporter {
        Exporter {
            idle: Idle(AtomicBool::new(false)),
            bell: Bell(AtomicBool::new(false)),
            lines: [Chunk::new(1), Chunk::new(1)],
        }
    }

    /// On the thread that traces.
    fn root_ends(&self, line: usize) -> bool {
        self.lines[line].append(0, [1]).unwrap();
        let mut rang = false;
        self.idle.root_ended(|| {
            self.bell.ring();
            rang = true;
        });
        rang
    }

    /// How many ends it sees.
    fn look(&self) -> usize {
        self.lines.iter().map(Chunk::published).sum()
    }
}

#[test]
fn who_wakes_the_exporter_is_seen_by_its_next_look() {
    model(2, || {
        let exporter = Arc::new(Exporter::new());
        exporter.idle.sleeps(true);
        let tracing = {
            let exporter = exporter.clone();
            loom::thread::spawn(move || exporter.root_ends(0))
        };
        if exporter.bell.hear() {
            exporter.idle.wakes();
            assert_eq!(exporter.look(), 1);
        }
        let rang = tracing.join().unwrap();
        assert!(rang, "it slept until it was woken");
    });
}

/// Whatever came before, rings that crossed its going to sleep among them: it is not deaf for a whole flush interval.
#[test]
fn an_exporter_that_sleeps_for_long_is_woken_by_the_next_end() {
    model(2, || {
        let exporter = Arc::new(Exporter::new());
        let tracing = [0, 1].map(|line| {
            let exporter = exporter.clone();
            loom::thread::spawn(move || exporter.root_ends(line))
        });
        for _ in 0..2 {
            exporter.idle.sleeps(true);
            if exporter.bell.hear() {
                exporter.idle.wakes();
                assert!(exporter.look() > 0, "nobody rings without an end");
            }
        }
        exporter.idle.sleeps(true);
        for thread in tracing {
            thread.join().unwrap();
        }
        while exporter.bell.hear() {
            exporter.idle.wakes();
            exporter.idle.sleeps(true);
        }
        let mut rang = false;
        exporter.idle.root_ended(|| rang = true);
        assert!(rang);
    });
}
