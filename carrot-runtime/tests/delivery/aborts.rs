//! Panics that abort: what was recorded is saved, without waiting for the network.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use serde_json::Value;

use crate::collector::{Answer, Collector};
use crate::program::{Program, is_child, program, steps};

/// Longer than any test: what arrives was not sent by the clock.
const NEVER: &str = "3600";

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("the second, on purpose");
    }
}

/// What was recorded is in the collector, or in the spool for the next run of the program.
#[track_caller]
fn assert_saved_by_an_abort(program: impl Fn() -> Program) {
    let is_back = Arc::new(AtomicBool::new(false));
    let answers = is_back.clone();
    let collector = Collector::answering(move |_, _| {
        if answers.load(SeqCst) {
            Answer::Accept
        } else {
            Answer::Hang
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().to_str().unwrap();
    let program = || {
        program()
            .env("CARROT_FLUSH_INTERVAL", NEVER)
            .env("CARROT_SPOOL", spool)
    };
    let ended = program().to(&collector).start().end_anyhow();
    assert_eq!(ended.status.signal(), Some(libc::SIGABRT), "{ended:?}");
    assert!(ended.stderr.contains("on purpose"), "{}", ended.stderr);
    assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);

    is_back.store(true, SeqCst);
    program().env("SECOND_RUN", "1").to(&collector).run();
    let ended = collector.ended();
    assert_eq!(ended.len(), 2, "{:?}", collector.taken());
    assert!(ended.values().all(|times| *times == 1), "{ended:?}");
}

/// Whether this run is there to send what the one before it could not.
fn is_second_run() -> bool {
    let second = std::env::var_os("SECOND_RUN").is_some();
    if second {
        drop(carrot_runtime::init());
    }
    second
}

#[test]
fn a_panic_in_a_drop_while_another_unwinds_saves_what_was_recorded() {
    if is_child() {
        if !is_second_run() {
            steps(1);
            let _panics = PanicsWhenDropped;
            panic!("on purpose");
        }
        return;
    }
    assert_saved_by_an_abort(|| {
        program!(a_panic_in_a_drop_while_another_unwinds_saves_what_was_recorded)
    });
}

extern "C" fn cannot_unwind() {
    panic!("on purpose");
}

#[test]
fn a_panic_that_leaves_a_function_of_c_saves_what_was_recorded() {
    if is_child() {
        if !is_second_run() {
            steps(1);
            cannot_unwind();
        }
        return;
    }
    assert_saved_by_an_abort(|| {
        program!(a_panic_that_leaves_a_function_of_c_saves_what_was_recorded)
    });
}

/// Builds the program with `panic = "abort"`, and all that it is made of.
fn built_to_abort() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--offline", "--message-format=json"])
        .args(["--package", "carrot-runtime", "--example", "panic_abort"])
        .args(["--config", "profile.dev.panic='abort'"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    // What cargo tells this test of itself would have build scripts run again that look at it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let output = cargo.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut built = messages.filter_map(|it| Some(it["executable"].as_str()?.into()));
    built.next().unwrap()
}

/// Its build takes a minute or two: only `cargo xtask test --full` has the time.
#[test]
fn a_program_that_is_built_to_abort_saves_what_was_recorded() {
    if std::env::var_os("TEST_FULL").is_some() {
        let program = built_to_abort();
        assert_saved_by_an_abort(|| Program::at(&program));
    }
}
