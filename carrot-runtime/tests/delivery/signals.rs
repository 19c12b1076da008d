//! SIGTERM and SIGINT, with and without asking for a flush, and beside handlers of others.

#![allow(unsafe_code, reason = "signals are sent and handled by the C library")]

use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use libc::{SIGINT, SIGTERM, c_int};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::collector::{Answer, Collector};
use crate::program::{Ended, Program, Running, is_child, program, say, steps, wait_for_parent};

/// Longer than any test: what arrives was flushed.
const NEVER: Duration = Duration::from_secs(3600);

fn init(flushes: bool) -> carrot_runtime::Guard {
    let builder = carrot_runtime::builder().flush_interval(NEVER);
    if flushes {
        builder.flush_on_signals().init().unwrap()
    } else {
        builder.init().unwrap()
    }
}

fn send(running: &Running, signal: c_int) {
    // SAFETY: the process was not waited for, so that its id is still its own.
    assert_eq!(unsafe { libc::kill(running.id() as i32, signal) }, 0);
}

/// Starts the program, and sends it the signal once it has recorded.
fn signalled(program: Program, collector: &Collector, signal: c_int) -> Running {
    let mut running = program.to(collector).start();
    assert_eq!(running.hear(), json!("ready"));
    send(&running, signal);
    running
}

#[track_caller]
fn assert_ended_by(ended: &Ended, signal: c_int) {
    assert_eq!(ended.status.signal(), Some(signal), "{ended:?}");
    assert_eq!(ended.warnings(), [""; 0]);
}

/// Records two spans in a program that ends by a signal only.
fn record_and_wait(flushes: bool) {
    let _guard = init(flushes);
    steps(1);
    say(json!("ready"));
    loop {
        std::thread::park();
    }
}

#[test]
fn sigterm_flushes_where_that_was_asked_for_and_ends_the_process() {
    if is_child() {
        record_and_wait(true);
    }
    let collector = Collector::start();
    let program = program!(sigterm_flushes_where_that_was_asked_for_and_ends_the_process);
    let ended = signalled(program, &collector, SIGTERM).end_anyhow();
    assert_ended_by(&ended, SIGTERM);
    assert_eq!(collector.ended().len(), 2);
}

#[test]
fn sigint_too() {
    if is_child() {
        record_and_wait(true);
    }
    let collector = Collector::start();
    let ended = signalled(program!(sigint_too), &collector, SIGINT).end_anyhow();
    assert_ended_by(&ended, SIGINT);
    assert_eq!(collector.ended().len(), 2);
}

#[test]
fn what_was_not_asked_for_is_not_done() {
    if is_child() {
        record_and_wait(false);
    }
    let collector = Collector::start();
    let ended = signalled(
        program!(what_was_not_asked_for_is_not_done),
        &collector,
        SIGTERM,
    );
    assert_ended_by(&ended.end_anyhow(), SIGTERM);
    assert_eq!(collector.requests().len(), 0);
}

/// What the second signal finds is a flush that would wait for a minute.
#[track_caller]
fn assert_ended_at_once(program: Program, first: c_int, second: c_int) {
    let collector = Collector::answering(|_, _| Answer::Hang);
    let running = signalled(program, &collector, first);
    collector.wait_for_requests(1);
    send(&running, second);
    let ended = running.end_anyhow();
    assert_ended_by(&ended, second);
    assert!(ended.took < Duration::from_secs(40), "{:?}", ended.took);
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    if is_child() {
        record_and_wait(true);
    }
    assert_ended_at_once(
        program!(a_second_signal_ends_the_process_at_once),
        SIGTERM,
        SIGTERM,
    );
}

#[test]
fn a_second_signal_of_the_other_kind_too() {
    if is_child() {
        record_and_wait(true);
    }
    assert_ended_at_once(
        program!(a_second_signal_of_the_other_kind_too),
        SIGINT,
        SIGTERM,
    );
}

/// Does something in a runtime, as a server that ends itself when it is told to.
fn in_a_runtime(body: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(body());
}

fn handled_by_tokio() -> Signal {
    signal(SignalKind::terminate()).unwrap()
}

#[test]
fn a_handler_of_tokio_that_was_there_first_is_left_alone() {
    if is_child() {
        return in_a_runtime(async || {
            let mut terminates = handled_by_tokio();
            let guard = init(true);
            steps(1);
            say(json!("ready"));
            terminates.recv().await;
            say(json!("handled"));
            wait_for_parent();
            drop(guard);
        });
    }
    let collector = Collector::start();
    let program = program!(a_handler_of_tokio_that_was_there_first_is_left_alone);
    let mut running = signalled(program, &collector, SIGTERM);
    assert_eq!(running.hear(), json!("handled"));
    assert_eq!(collector.requests().len(), 0, "nothing was flushed by us");
    running.go_on();
    running.end();
    assert_eq!(collector.ended().len(), 2);
}

#[test]
fn beside_a_handler_of_tokio_that_came_later_we_flush_each_time_and_no_more() {
    if is_child() {
        return in_a_runtime(async || {
            let _guard = init(true);
            let mut terminates = handled_by_tokio();
            for _ in 0..2 {
                steps(1);
                say(json!("ready"));
                terminates.recv().await;
                wait_for_parent();
            }
        });
    }
    let collector = Collector::start();
    let program =
        program!(beside_a_handler_of_tokio_that_came_later_we_flush_each_time_and_no_more);
    let mut running = signalled(program, &collector, SIGTERM);
    collector.wait_until(|records| records.len() == 2);
    running.go_on();
    assert_eq!(running.hear(), json!("ready"));
    send(&running, SIGTERM);
    collector.wait_until(|records| records.len() == 4);
    running.go_on();
    running.end();
}

static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: c_int) {
    HANDLED.fetch_add(1, SeqCst);
}

/// Handles SIGTERM as `ctrlc` does: what was there before is forgotten.
fn handle(handler: libc::sighandler_t) {
    // SAFETY: the handler is none, or only counts.
    assert_ne!(unsafe { libc::signal(SIGTERM, handler) }, libc::SIG_ERR);
}

fn counted() -> libc::sighandler_t {
    count as extern "C" fn(c_int) as libc::sighandler_t
}

/// Sends SIGTERM, which somebody else handles, then lets the program end.
#[track_caller]
fn assert_left_alone(program: Program, handled: u32) {
    let collector = Collector::start();
    let mut running = signalled(program, &collector, SIGTERM);
    running.go_on();
    assert_eq!(running.hear(), json!(handled));
    assert_eq!(collector.requests().len(), 0, "nothing was flushed by us");
    running.go_on();
    running.end();
    assert_eq!(collector.ended().len(), 2);
}

/// The signal may reach another thread, and a little later.
fn record_and_say_what_was_handled(guard: carrot_runtime::Guard, expected: u32) {
    steps(1);
    say(json!("ready"));
    wait_for_parent();
    while HANDLED.load(SeqCst) < expected {
        std::thread::yield_now();
    }
    say(json!(HANDLED.load(SeqCst)));
    wait_for_parent();
    drop(guard);
}

#[test]
fn a_plain_handler_that_was_there_first_is_left_alone() {
    if is_child() {
        handle(counted());
        return record_and_say_what_was_handled(init(true), 1);
    }
    assert_left_alone(
        program!(a_plain_handler_that_was_there_first_is_left_alone),
        1,
    );
}

#[test]
fn a_plain_handler_may_be_put_in_place_of_ours() {
    if is_child() {
        let guard = init(true);
        handle(counted());
        return record_and_say_what_was_handled(guard, 1);
    }
    assert_left_alone(program!(a_plain_handler_may_be_put_in_place_of_ours), 1);
}

#[test]
fn an_ignored_signal_stays_ignored() {
    if is_child() {
        handle(libc::SIG_IGN);
        return record_and_say_what_was_handled(init(true), 0);
    }
    assert_left_alone(program!(an_ignored_signal_stays_ignored), 0);
}
