//! The end of the process delivers, however it comes.

use std::time::Duration;

use crate::collector::Collector;
use crate::program::{ROOT, STEP, is_child, program, step, steps, wait_for_parent};

#[track_caller]
fn assert_root_and_step(collector: &Collector) {
    let records = collector.taken();
    let [first, second] = &records[..] else {
        panic!("not two records: {records:?}");
    };
    let (root, child) = if first["name"] == "root" {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(
        (&root["name"], &child["name"]),
        (&"root".into(), &"step".into())
    );
    assert_eq!(child["parent_id"], root["id"]);
    assert_eq!(
        (&root["status"], &child["status"]),
        (&"success".into(), &"success".into())
    );
}

#[test]
fn a_program_that_returns_from_main() {
    if is_child() {
        return steps(1);
    }
    let collector = Collector::start();
    let ended = program!(a_program_that_returns_from_main)
        .to(&collector)
        .run();
    assert_root_and_step(&collector);
    assert_eq!(ended.warnings(), [""; 0]);
}

#[test]
fn process_exit() {
    if is_child() {
        steps(1);
        // The harness's own "ok" does not come any more.
        std::process::exit(0);
    }
    let collector = Collector::start();
    program!(process_exit).to(&collector).run();
    assert_root_and_step(&collector);
}

#[test]
fn process_exit_inside_a_span_and_a_runtime() {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            step(&ROOT, || {
                step(&STEP, || ());
                std::process::exit(0)
            })
        })
    }
    let collector = Collector::start();
    program!(process_exit_inside_a_span_and_a_runtime)
        .to(&collector)
        .run();
    let records = collector.taken();
    let status = |name: &str| {
        let record = records.iter().find(|record| record["name"] == name);
        record.map(|record| record["status"].clone())
    };
    assert_eq!(status("root"), Some("running".into()));
    assert_eq!(status("step"), Some("success".into()));
}

#[test]
fn a_guard_delivers_when_it_is_dropped() {
    if is_child() {
        let guard = carrot_runtime::init();
        steps(1);
        drop(guard);
        return wait_for_parent();
    }
    let collector = Collector::start();
    let mut running = program!(a_guard_delivers_when_it_is_dropped)
        .to(&collector)
        .start();
    collector.wait_until(|records| records.len() == 2);
    assert_root_and_step(&collector);
    running.go_on();
    running.end();
    assert_eq!(
        collector.taken().len(),
        2,
        "and the exit sends nothing twice"
    );
}

#[test]
fn a_panic_in_another_thread_and_what_it_left_open() {
    if is_child() {
        let thread = std::thread::spawn(|| step(&ROOT, || step(&STEP, || panic!("on purpose"))));
        assert!(thread.join().is_err());
        return;
    }
    let collector = Collector::start();
    program!(a_panic_in_another_thread_and_what_it_left_open)
        .to(&collector)
        .run();
    let records = collector.taken();
    assert_eq!(records.len(), 2);
    for record in &records {
        assert_eq!(record["status"], "error", "{record}");
        assert_eq!(record["error"]["message"], "on purpose");
        assert_eq!(record["error"]["type"], "panic");
    }
}

/// What a guard waited for in vain the exit does not wait for again.
#[test]
fn the_timeout_is_waited_for_once() {
    if is_child() {
        let _guard = carrot_runtime::init();
        return steps(1);
    }
    let nobody = crate::away::nobody();
    let program = program!(the_timeout_is_waited_for_once).env("CARROT_BASE_URL", &nobody);
    let ended = program.env("CARROT_FLUSH_TIMEOUT", "4").run();
    assert!(ended.took >= Duration::from_secs(4), "{:?}", ended.took);
    assert!(ended.took < Duration::from_secs(8), "{:?}", ended.took);
}
