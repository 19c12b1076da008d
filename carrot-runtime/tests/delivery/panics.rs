//! Panics that unwind.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use serde_json::json;

use crate::collector::Collector;
use crate::program::{ROOT, is_child, program, say, step, steps, wait_for_parent};

static HEARD: AtomicU32 = AtomicU32::new(0);

fn hear_panics() {
    let theirs = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        HEARD.fetch_add(1, SeqCst);
        theirs(info);
    }));
}

fn panic_and_catch() {
    std::panic::catch_unwind(|| step(&ROOT, || panic!("on purpose"))).unwrap_err();
}

#[test]
fn hooks_before_and_after_ours_hear_of_panics_too() {
    if is_child() {
        hear_panics();
        let _guard = carrot_runtime::init();
        panic_and_catch();
        hear_panics();
        panic_and_catch();
        return say(json!(HEARD.load(SeqCst)));
    }
    let collector = Collector::start();
    let ended = program!(hooks_before_and_after_ours_hear_of_panics_too)
        .to(&collector)
        .run();
    assert_eq!(ended.said, [json!(3)]);
    assert_eq!(collector.ended().len(), 2);
}

#[test]
fn a_panic_that_is_caught_has_what_was_recorded_sent_soon() {
    if is_child() {
        step(&ROOT, || ());
        panic_and_catch();
        return wait_for_parent();
    }
    let collector = Collector::start();
    let mut running = program!(a_panic_that_is_caught_has_what_was_recorded_sent_soon)
        .env("CARROT_FLUSH_INTERVAL", "1")
        .to(&collector)
        .start();
    collector.wait_until(|records| records.len() == 2);
    running.go_on();
    running.end();
}

struct Traces;

impl Drop for Traces {
    fn drop(&mut self) {
        steps(1);
    }
}

/// Where the panic hook cannot be changed: that panics, by itself.
#[test]
fn tracing_may_begin_while_a_thread_panics() {
    if is_child() {
        let thread = std::thread::spawn(|| {
            let _traces = Traces;
            panic!("on purpose");
        });
        assert!(thread.join().is_err());
        return;
    }
    let collector = Collector::start();
    program!(tracing_may_begin_while_a_thread_panics)
        .to(&collector)
        .run();
    assert_eq!(collector.ended().len(), 2);
}

#[test]
fn tracing_may_begin_and_flush_in_a_panic_hook() {
    if is_child() {
        std::panic::set_hook(Box::new(|_| {
            steps(1);
            say(json!(carrot_runtime::flush().acked));
        }));
        std::panic::catch_unwind(|| panic!("on purpose")).unwrap_err();
        return;
    }
    let collector = Collector::start();
    let ended = program!(tracing_may_begin_and_flush_in_a_panic_hook)
        .to(&collector)
        .run();
    assert_eq!(ended.said, [json!(2)]);
}
