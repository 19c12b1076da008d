//! `flush()` and `shutdown()`, sync and async, wherever they are called. More of `flush()` is in `flush.rs`.

use std::cell::Cell;

use serde_json::json;

use crate::collector::Collector;
use crate::program::{Program, is_child, program, say_report, steps};

/// Runs the program, whose spans are delivered by what it says, and by nothing later.
#[track_caller]
fn assert_delivered(program: Program) {
    let collector = Collector::start();
    let program = program.env("CARROT_FLUSH_INTERVAL", "3600");
    let ended = program.to(&collector).run();
    for report in &ended.said {
        let counts = ["acked", "pending", "queue_full", "rejected"].map(|name| &report[name]);
        assert_eq!(counts, [&json!(2), &json!(0), &json!(0), &json!(0)]);
    }
    assert!(!ended.said.is_empty(), "{ended:?}");
    assert_eq!(collector.ended().len(), 2);
    assert_eq!(ended.warnings(), [""; 0]);
}

/// All of them, one after the other, where nothing may be waited for by an executor.
fn all_of_them() {
    say_report(&carrot_runtime::flush());
    say_report(&carrot_runtime::flush());
    say_report(&carrot_runtime::shutdown());
    say_report(&carrot_runtime::shutdown());
    say_report(&carrot_runtime::flush());
}

async fn all_of_them_async() {
    steps(1);
    say_report(&carrot_runtime::flush_async().await);
    say_report(&carrot_runtime::flush());
    say_report(&carrot_runtime::shutdown_async().await);
    say_report(&carrot_runtime::shutdown_async().await);
    all_of_them();
}

#[test]
fn in_a_runtime_of_one_thread() {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        return runtime.unwrap().block_on(all_of_them_async());
    }
    assert_delivered(program!(in_a_runtime_of_one_thread));
}

#[test]
fn in_the_only_worker_of_a_runtime() {
    if is_child() {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).build().unwrap();
        return runtime.block_on(async {
            tokio::spawn(all_of_them_async()).await.unwrap();
        });
    }
    assert_delivered(program!(in_the_only_worker_of_a_runtime));
}

#[test]
fn in_a_panic_hook() {
    if is_child() {
        let _guard = carrot_runtime::init();
        steps(1);
        std::panic::set_hook(Box::new(|_| all_of_them()));
        std::panic::catch_unwind(|| panic!("on purpose")).unwrap_err();
        return drop(std::panic::take_hook());
    }
    assert_delivered(program!(in_a_panic_hook));
}

struct AllOfThem;

impl Drop for AllOfThem {
    fn drop(&mut self) {
        all_of_them();
    }
}

#[test]
fn in_a_drop_while_a_panic_unwinds() {
    if is_child() {
        let unwound = std::panic::catch_unwind(|| {
            steps(1);
            let _all = AllOfThem;
            panic!("on purpose");
        });
        return assert!(unwound.is_err());
    }
    assert_delivered(program!(in_a_drop_while_a_panic_unwinds));
}

#[test]
fn in_the_destructor_of_a_thread_local() {
    thread_local! {
        static ALL: Cell<Option<AllOfThem>> = const { Cell::new(None) };
    }
    if is_child() {
        let thread = std::thread::spawn(|| {
            // Registered first, and so dropped after what a span uses of the thread.
            ALL.set(Some(AllOfThem));
            steps(1);
        });
        return thread.join().unwrap();
    }
    assert_delivered(program!(in_the_destructor_of_a_thread_local));
}

/// In a handler of `atexit` that runs after ours.
#[cfg(unix)]
#[test]
#[allow(unsafe_code, reason = "the standard library has no hook at exit")]
fn after_the_exit_has_flushed() {
    extern "C" fn all() {
        all_of_them();
    }
    if is_child() {
        // SAFETY: a function that does not unwind, in a program that tests what it may do there.
        assert_eq!(unsafe { libc::atexit(all) }, 0);
        return steps(1);
    }
    assert_delivered(program!(after_the_exit_has_flushed));
}
