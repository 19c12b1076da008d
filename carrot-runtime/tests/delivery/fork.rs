//! Forked children: they send what they record, and nothing of their parent's.

#![allow(unsafe_code, reason = "the standard library does not fork")]

use std::collections::HashSet;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use carrot_runtime::Span;
use serde_json::{Value, json};

use crate::collector::{Answer, Collector};
use crate::program::{Program, ROOT, STEP, is_child, program, say, step, steps, wait_for_parent};

/// A child of the traced program, as its parent sees it.
struct Forked(libc::pid_t);

/// Runs `body` in a forked child, which then exits as a program does.
fn fork(body: impl FnOnce()) -> Forked {
    // SAFETY: the child goes on in Rust, which is what is tested here: it relies on a C library that keeps its own locks
    // usable.
    match unsafe { libc::fork() } {
        -1 => panic!("{}", std::io::Error::last_os_error()),
        0 => {
            let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            std::process::exit(i32::from(ran.is_err()))
        }
        process => Forked(process),
    }
}

impl Forked {
    /// Its wait status.
    fn end(self) -> i32 {
        let mut status = 0;
        // SAFETY: a child of ours that nobody has waited for.
        assert_eq!(unsafe { libc::waitpid(self.0, &mut status, 0) }, self.0);
        status
    }

    #[track_caller]
    fn succeed(self) {
        assert_eq!(self.end(), 0, "the child's wait status");
    }
}

/// Everything is sent at the end only.
fn late(program: Program, collector: &Collector) -> Program {
    program.env("CARROT_FLUSH_INTERVAL", "3600").to(collector)
}

/// Each of so many spans arrived, once.
#[track_caller]
fn assert_each_arrived_once(collector: &Collector, spans: usize) {
    let ended = collector.ended();
    let more: Vec<_> = ended.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!((ended.len(), more), (spans, vec![]));
}

fn traces(collector: &Collector) -> HashSet<String> {
    let id = |record: &Value| record["trace_id"].to_string();
    collector.taken().iter().map(id).collect()
}

#[test]
fn parent_and_child_deliver_what_is_theirs() {
    if is_child() {
        steps(2);
        let child = fork(|| steps(3));
        steps(4);
        return child.succeed();
    }
    let collector = Collector::start();
    late(
        program!(parent_and_child_deliver_what_is_theirs),
        &collector,
    )
    .run();
    assert_each_arrived_once(&collector, 3 + 4 + 5);
    assert_eq!(traces(&collector).len(), 3);
}

#[test]
fn children_from_the_same_moment_have_ids_of_their_own() {
    if is_child() {
        step(&ROOT, || {
            let children: Vec<Forked> = (0..20).map(|_| fork(|| steps(2))).collect();
            children.into_iter().for_each(Forked::succeed);
        });
        return;
    }
    let collector = Collector::start();
    late(
        program!(children_from_the_same_moment_have_ids_of_their_own),
        &collector,
    )
    .run();
    assert_each_arrived_once(&collector, 1 + 20 * 3);
}

/// What was open at the fork is a parent in the child too, and ended by the parent alone.
#[test]
fn a_span_around_the_fork_is_the_parent_s() {
    if is_child() {
        let root = Span::open(&ROOT);
        let child = root.attach(|| {
            fork(|| {
                step(&STEP, || ());
                carrot_runtime::current().set_output("of the child");
            })
        });
        child.succeed();
        return root.end();
    }
    let collector = Collector::start();
    late(program!(a_span_around_the_fork_is_the_parent_s), &collector).run();
    assert_each_arrived_once(&collector, 2);
    let records = collector.taken();
    let named = |name: &str| {
        records
            .iter()
            .find(|record| record["name"] == name)
            .unwrap()
    };
    assert_eq!(named("step")["parent_id"], named("root")["id"]);
    assert_eq!(named("root")["output"], Value::Null);
}

/// The frames of a span that the child ends itself, by leaving its scope.
#[test]
fn a_span_that_a_child_leaves_is_not_sent_by_it() {
    if is_child() {
        let mut child = None;
        step(&ROOT, || {
            // SAFETY: as in `fork`.
            child = Some(unsafe { libc::fork() });
            step(&STEP, || ());
        });
        match child {
            Some(0) => std::process::exit(0),
            Some(process) => Forked(process).succeed(),
            None => unreachable!(),
        }
        return;
    }
    let collector = Collector::start();
    late(
        program!(a_span_that_a_child_leaves_is_not_sent_by_it),
        &collector,
    )
    .run();
    // The root by the parent, and a step by each.
    assert_each_arrived_once(&collector, 3);
    let records = collector.taken();
    let root = records
        .iter()
        .find(|record| record["name"] == "root")
        .unwrap();
    for record in records.iter().filter(|record| record["name"] == "step") {
        assert_eq!(record["parent_id"], root["id"]);
    }
}

#[test]
fn while_other_threads_record() {
    const CHILDREN: usize = 20;
    static DONE: AtomicBool = AtomicBool::new(false);
    static MADE: AtomicUsize = AtomicUsize::new(0);
    if is_child() {
        let long = "x".repeat(20_000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !DONE.load(Relaxed) {
                        carrot_runtime::session("of a thread").run(|| {
                            step(&ROOT, || carrot_runtime::current().set_output(&long));
                        });
                        MADE.fetch_add(1, Relaxed);
                        std::thread::yield_now();
                    }
                });
            }
            for _ in 0..CHILDREN {
                let before = MADE.load(Relaxed);
                while MADE.load(Relaxed) < before + 20 {
                    std::thread::yield_now();
                }
                fork(|| steps(4)).succeed();
            }
            DONE.store(true, Relaxed);
        });
        let report = carrot_runtime::flush();
        assert_eq!(report.dropped.total(), 0);
        return say(json!(MADE.load(Relaxed)));
    }
    let collector = Collector::start();
    let program = program!(while_other_threads_record).env("CARROT_FLUSH_INTERVAL", "0.05");
    let ended = program.to(&collector).run();
    assert_eq!(ended.warnings(), [""; 0]);
    let made = ended.said[0].as_u64().unwrap() as usize;
    assert_each_arrived_once(&collector, made + CHILDREN * 5);
}

#[test]
fn children_of_children() {
    fn generations(left: usize) {
        steps(1);
        if left > 0 {
            fork(|| generations(left - 1)).succeed();
        }
        steps(1);
    }
    if is_child() {
        return generations(4);
    }
    let collector = Collector::start();
    late(program!(children_of_children), &collector).run();
    assert_each_arrived_once(&collector, 5 * 4);
}

#[test]
fn a_child_that_records_in_threads_of_its_own() {
    if is_child() {
        steps(1);
        let child = fork(|| {
            std::thread::scope(|scope| {
                (0..4).for_each(|_| drop(scope.spawn(|| steps(10))));
            });
        });
        return child.succeed();
    }
    let collector = Collector::start();
    late(
        program!(a_child_that_records_in_threads_of_its_own),
        &collector,
    )
    .run();
    assert_each_arrived_once(&collector, 2 + 4 * 11);
}

#[test]
fn a_child_that_becomes_another_program() {
    if is_child() {
        step(&ROOT, || {
            let mut command = Command::new("true");
            // SAFETY: does nothing; with it the standard library forks.
            let command = unsafe { command.pre_exec(|| Ok(())) };
            assert!(command.status().unwrap().success());
        });
        return;
    }
    let collector = Collector::start();
    let ended = late(program!(a_child_that_becomes_another_program), &collector).run();
    assert_eq!(ended.warnings(), [""; 0]);
    assert_each_arrived_once(&collector, 1);
}

/// It has nothing to wait for, though its parent has.
#[test]
fn a_child_that_records_nothing_ends_at_once() {
    if is_child() {
        let guard = carrot_runtime::init();
        steps(1);
        // What its parent waits for is not answered.
        carrot_runtime::flush_timeout(Duration::from_millis(10));
        let started = Instant::now();
        fork(move || drop(guard)).succeed();
        return say(json!(started.elapsed().as_millis() as u64));
    }
    let collector = Collector::answering(|_, _| Answer::Hang);
    let program = late(
        program!(a_child_that_records_nothing_ends_at_once),
        &collector,
    );
    let ended = program.env("CARROT_FLUSH_TIMEOUT", "5").run();
    let took = ended.said[0].as_u64().unwrap();
    assert!(took < 3_000, "{took} ms");
}

#[test]
fn a_child_flushes_on_signals_as_its_parent_does() {
    if is_child() {
        let _guard = carrot_runtime::builder().flush_on_signals().init().unwrap();
        steps(1);
        let child = fork(|| {
            steps(2);
            say(json!("recorded"));
            loop {
                std::thread::park();
            }
        });
        wait_for_parent();
        // SAFETY: a child that was not waited for.
        assert_eq!(unsafe { libc::kill(child.0, libc::SIGTERM) }, 0);
        assert_eq!(libc::WTERMSIG(child.end()), libc::SIGTERM);
        return say(json!("and its parent is alive"));
    }
    let collector = Collector::start();
    let program = program!(a_child_flushes_on_signals_as_its_parent_does);
    let mut running = late(program, &collector).start();
    assert_eq!(running.hear(), json!("recorded"));
    running.go_on();
    let ended = running.end();
    assert_eq!(ended.said.last(), Some(&json!("and its parent is alive")));
    assert_each_arrived_once(&collector, 2 + 3);
}

/// Without a thread of ours in the child, the signal ends it as it would by default.
#[test]
fn a_child_that_records_nothing_is_ended_by_signals() {
    if is_child() {
        let _guard = carrot_runtime::builder().flush_on_signals().init().unwrap();
        steps(1);
        let child = fork(|| {
            loop {
                std::thread::park();
            }
        });
        // SAFETY: a child that was not waited for.
        assert_eq!(unsafe { libc::kill(child.0, libc::SIGTERM) }, 0);
        assert_eq!(libc::WTERMSIG(child.end()), libc::SIGTERM);
        return;
    }
    let collector = Collector::start();
    late(
        program!(a_child_that_records_nothing_is_ended_by_signals),
        &collector,
    )
    .run();
    assert_each_arrived_once(&collector, 2);
}
