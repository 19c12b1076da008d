//! `flush()`: what it promises, and wherever it is called.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use carrot_runtime::{Deferred, Span};
use carrot_wire::Record;
use serde_json::json;

use crate::collector::Collector;
use crate::program::{
    ROOT, STEP, is_child, program, say, say_report, step, steps, wait_for_parent,
};

/// A flush that must have delivered so many records.
#[track_caller]
fn delivered(records: u64) {
    let report = carrot_runtime::flush();
    assert_eq!((report.acked, report.pending), (records, 0), "{report}");
    assert!(report.is_complete());
}

#[test]
fn it_includes_the_span_that_ended_just_before_and_those_of_other_threads() {
    if is_child() {
        for round in 1..=20 {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| step(&ROOT, || ()));
                }
            });
            step(&ROOT, || ());
            delivered(round * 5);
        }
        return;
    }
    let collector = Collector::start();
    let name = program!(it_includes_the_span_that_ended_just_before_and_those_of_other_threads);
    name.env("CARROT_FLUSH_INTERVAL", "3600")
        .to(&collector)
        .run();
    assert_eq!(collector.ended().len(), 100);
}

#[test]
fn inside_an_async_runtime_of_one_thread() {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let root = Span::open(&ROOT);
            root.scope(async { tokio::task::yield_now().await }, |_, ()| {})
                .await;
            delivered(1);
        });
        return;
    }
    let collector = Collector::start();
    program!(inside_an_async_runtime_of_one_thread)
        .to(&collector)
        .run();
}

#[test]
fn inside_the_only_worker_of_a_runtime() {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build();
        let runtime = runtime.unwrap();
        let task = runtime.spawn(async {
            Span::open(&ROOT)
                .scope(async { tokio::task::yield_now().await }, |_, ()| {})
                .await;
            delivered(1);
        });
        return runtime.block_on(task).unwrap();
    }
    let collector = Collector::start();
    program!(inside_the_only_worker_of_a_runtime)
        .to(&collector)
        .run();
}

#[test]
fn in_a_drop_twice_and_while_a_thread_panics() {
    struct Flushes(u64);
    impl Drop for Flushes {
        fn drop(&mut self) {
            delivered(self.0);
            delivered(self.0);
        }
    }
    if is_child() {
        steps(2);
        drop(Flushes(3));
        let thread = std::thread::spawn(|| {
            let _flushes = Flushes(3);
            panic!("on purpose");
        });
        return assert!(thread.join().is_err());
    }
    let collector = Collector::start();
    program!(in_a_drop_twice_and_while_a_thread_panics)
        .to(&collector)
        .run();
    assert_eq!(collector.taken().len(), 3);
}

#[test]
fn from_several_threads_at_once() {
    if is_child() {
        let together = Arc::new(Barrier::new(8));
        let flush = |together: Arc<Barrier>| {
            step(&ROOT, || ());
            together.wait();
            assert_eq!(carrot_runtime::flush().pending, 0);
        };
        let threads: Vec<_> = (0..8)
            .map(|_| together.clone())
            .map(|together| std::thread::spawn(move || flush(together)))
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        delivered(8);
        return;
    }
    let collector = Collector::start();
    program!(from_several_threads_at_once).to(&collector).run();
    assert_eq!(collector.taken().len(), 8);
}

/// The exporter runs this; it may be traced, and may flush.
struct Work;

impl Deferred for Work {
    fn resolve(self: Box<Self>, record: &mut Record) {
        steps(3);
        let started = Instant::now();
        let report = carrot_runtime::flush();
        assert!(started.elapsed() < Duration::from_secs(10));
        record
            .metadata
            .insert("pending".to_owned(), report.pending.into());
    }
}

#[test]
fn on_the_exporter_s_own_thread_it_waits_for_nothing_and_nothing_is_traced() {
    if is_child() {
        let mut span = Span::open(&ROOT);
        span.defer(Box::new(Work));
        span.end();
        return delivered(1);
    }
    let collector = Collector::start();
    program!(on_the_exporter_s_own_thread_it_waits_for_nothing_and_nothing_is_traced)
        .to(&collector)
        .run();
    let records = collector.taken();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["metadata"]["pending"], 1);
}

#[test]
fn what_is_open_is_shipped_as_running_and_then_as_it_ended() {
    if is_child() {
        let root = Span::open(&ROOT);
        root.attach(|| {
            let mut step = Span::open(&STEP);
            step.input(|fields| fields.field("question", |value| value.text("why")));
            delivered(2);
            delivered(2);
            step.output(|value| value.text("because"));
            step.end();
        });
        root.end();
        return delivered(4);
    }
    let collector = Collector::start();
    program!(what_is_open_is_shipped_as_running_and_then_as_it_ended)
        .to(&collector)
        .run();
    let records = collector.taken();
    let running = &records[..2];
    assert!(running.iter().all(|record| record["status"] == "running"));
    assert!(
        running
            .iter()
            .any(|record| record["input"] == json!({"question": "why"}))
    );
    let ended = &records[2..];
    assert!(ended.iter().all(|record| record["status"] == "success"));
    let step = ended
        .iter()
        .find(|record| record["name"] == "step")
        .unwrap();
    assert_eq!(step["input"], json!({"question": "why"}));
    assert_eq!(step["output"], "because");
}

#[test]
fn a_long_trace_ships_what_is_finished_before_its_root_ends() {
    if is_child() {
        step(&ROOT, || {
            step(&STEP, || ());
            wait_for_parent();
        });
        return;
    }
    let collector = Collector::start();
    let program = program!(a_long_trace_ships_what_is_finished_before_its_root_ends);
    let mut running = program
        .env("CARROT_FLUSH_INTERVAL", "0.2")
        .to(&collector)
        .start();
    let has = |records: &[serde_json::Value], name: &str, status: &str| {
        records
            .iter()
            .any(|record| record["name"] == name && record["status"] == status)
    };
    collector
        .wait_until(|records| has(records, "step", "success") && has(records, "root", "running"));
    assert!(!has(&collector.taken(), "root", "success"));
    running.go_on();
    running.end();
    assert!(has(&collector.taken(), "root", "success"));
    assert_eq!(collector.taken().len(), 3, "the running root is sent once");
}

#[test]
fn without_spans_it_returns_at_once() {
    if is_child() {
        let started = Instant::now();
        say_report(&carrot_runtime::flush());
        let _guard = carrot_runtime::init();
        say_report(&carrot_runtime::flush());
        return say(json!(started.elapsed().as_secs()));
    }
    let collector = Collector::start();
    let ended = program!(without_spans_it_returns_at_once)
        .to(&collector)
        .run();
    assert_eq!(ended.counts(), [0, 0, 0, 0]);
    assert!(ended.said[2].as_u64().unwrap() < 10);
    assert!(collector.requests().is_empty());
}
