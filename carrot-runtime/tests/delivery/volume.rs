//! Many spans, many threads, large values.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use carrot_runtime::Span;
use serde_json::json;

use crate::collector::Collector;
use crate::program::{ROOT, STEP, is_child, program, say, say_report, steps};

#[test]
fn a_hundred_thousand_spans_of_one_root_all_arrive() {
    if is_child() {
        steps(100_000);
        return say_report(&carrot_runtime::flush());
    }
    let collector = Collector::start();
    let program = program!(a_hundred_thousand_spans_of_one_root_all_arrive).to(&collector);
    let ended = program
        .env("CARROT_BATCH_SIZE", "100")
        .env("CARROT_FLUSH_INTERVAL", "600")
        .run();
    assert_eq!(ended.counts(), [100_001, 0, 0, 0]);
    assert_eq!(collector.ended().len(), 100_001);
}

#[test]
fn eight_threads_at_once_lose_nothing() {
    if is_child() {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..200).for_each(|_| steps(9)));
            }
        });
        return say_report(&carrot_runtime::flush());
    }
    let collector = Collector::start();
    let program = program!(eight_threads_at_once_lose_nothing).to(&collector);
    let ended = program.env("CARROT_BATCH_SIZE", "100").run();
    let [acked, pending, queue_full, rejected] = ended.counts();
    assert_eq!((pending, queue_full, rejected), (0, 0, 0));
    let ended = collector.ended();
    assert_eq!(ended.len(), 16_000);
    assert!(ended.values().all(|&times| times == 1));
    assert_eq!(acked as usize, collector.taken().len());
}

/// Spans that begin on one thread and end on another, while the exporter reads all the time: each arrives once, with
/// what was said of it on both.
#[test]
fn spans_that_change_threads_arrive_whole() {
    const SPANS: usize = 10_000;
    if is_child() {
        let root = Span::open(&ROOT);
        let (give, take) = std::sync::mpsc::sync_channel::<Span>(1);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    carrot_runtime::flush_timeout(Duration::ZERO);
                }
            });
            scope.spawn(move || {
                for mut span in take {
                    span.output(|value| value.text("out"));
                    span.end();
                }
            });
            root.attach(|| {
                for _ in 0..SPANS {
                    let mut span = Span::open(&STEP);
                    span.input(|fields| fields.field("a", |value| value.text("in")));
                    give.send(span).unwrap();
                }
                drop(give);
            });
            done.store(true, Relaxed);
        });
        root.end();
        return say_report(&carrot_runtime::flush());
    }
    let collector = Collector::start();
    let program = program!(spans_that_change_threads_arrive_whole).to(&collector);
    let program = program.env("CARROT_BATCH_SIZE", "100");
    let report = program.run().counts();
    assert_eq!(report[1..], [0, 0, 0]);
    let ended = collector.ended();
    assert_eq!(ended.len(), SPANS + 1);
    assert!(ended.values().all(|&times| times == 1));
    for record in collector.taken() {
        if record["name"] == "step" && record["status"] == "success" {
            assert_eq!(
                (&record["input"], &record["output"]),
                (&json!({"a": "in"}), &json!("out"))
            );
        }
    }
}

/// What a model call leaves for the exporter: a megabyte, and maybe work that takes its time.
#[cfg(target_os = "linux")]
struct Held(Vec<u8>, Option<std::sync::mpsc::Receiver<()>>);

#[cfg(target_os = "linux")]
impl carrot_runtime::Deferred for Held {
    fn resolve(self: Box<Self>, _: &mut carrot_wire::Record) {
        if let Some(wait) = &self.1 {
            let _ = wait.recv();
        }
    }

    fn size(&self) -> usize {
        self.0.len()
    }
}

/// While the exporter is busy with one answer 1.5 GiB of others go by, in a trace that does not end: the memory
/// stays bounded, and what it costs is counted.
#[cfg(target_os = "linux")]
#[test]
fn large_values_do_not_pile_up() {
    if is_child() {
        let (go_on, wait) = std::sync::mpsc::channel();
        let mut wait = Some(wait);
        let root = Span::open(&ROOT);
        root.attach(|| {
            for _ in 0..1_500 {
                let mut span = Span::open(&STEP);
                span.defer(Box::new(Held(vec![1; 1024 * 1024], wait.take())));
                span.end();
            }
        });
        root.end();
        drop(go_on);
        say_report(&carrot_runtime::flush());
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.unwrap().trim().trim_end_matches(" kB");
        return say(json!(peak.parse::<u64>().unwrap() / 1024));
    }
    let collector = Collector::start();
    let program = program!(large_values_do_not_pile_up).to(&collector);
    let ended = program.env("CARROT_FLUSH_INTERVAL", "600").run();
    let peak = ended.said[1].as_u64().unwrap();
    assert!(peak < 500, "{peak} MiB");
    let [acked, pending, queue_full, rejected] = ended.counts();
    assert_eq!((pending, rejected), (0, 0));
    assert!(queue_full > 0);
    let lost = |line: &&&str| line.contains("faster than records are made");
    assert_eq!(ended.warnings().iter().filter(lost).count(), 1);
    assert_eq!(collector.ended().len() as u64 + queue_full, 1_501);
    assert_eq!(acked as usize, collector.taken().len());
}
