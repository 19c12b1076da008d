//! What waits on disk while the collector is away, and who delivers it.

use std::time::Duration;

use serde_json::json;

use crate::collector::{Answer, Collector};
use crate::outage::{Outage, is_second_run, shut_down_and_say, spooled};
use crate::program::{is_child, program, say, say_report, steps, wait_for_parent};

#[test]
fn what_one_run_could_not_deliver_the_next_does() {
    if is_child() {
        if !is_second_run() {
            steps(24);
            shut_down_and_say();
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(what_one_run_could_not_deliver_the_next_does);
    let ended = outage.of(program()).run();
    assert_eq!(ended.counts(), [0, 0, 0, 0]);
    assert_eq!(spooled(&ended.said[0]), 25);
    let took = ended.said[1].as_u64().unwrap();
    assert!(
        took < 20_000,
        "the end waits for nobody who is away: {took} ms of 60 s"
    );
    assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(25);
}

#[test]
fn what_lies_there_is_delivered_by_the_same_run_too() {
    if is_child() {
        steps(24);
        say_report(&carrot_runtime::flush_timeout(Duration::from_millis(500)));
        wait_for_parent();
        let report = carrot_runtime::flush();
        assert!(report.is_complete(), "{report}");
        return say_report(&report);
    }
    let outage = Outage::begin();
    let program = program!(what_lies_there_is_delivered_by_the_same_run_too);
    let mut running = outage.of(program).start();
    assert_eq!(spooled(&running.hear()), 25);
    outage.end();
    running.go_on();
    assert_eq!(running.hear()["acked"], 25);
    running.end();
    outage.assert_stored(25);
}

/// A collector that takes connections and never answers: what is on its way is on disk as well at the deadline.
#[test]
fn what_hangs_at_the_deadline_is_on_disk() {
    if is_child() {
        if !is_second_run() {
            steps(24);
            say_report(&carrot_runtime::flush_timeout(Duration::from_millis(500)));
            std::process::abort();
        }
        return;
    }
    let outage = Outage::with(Answer::Hang);
    let program = || program!(what_hangs_at_the_deadline_is_on_disk);
    let ended = outage.of(program()).start().end_anyhow();
    assert_eq!(ended.counts(), [0, 0, 0, 0]);
    assert_eq!(spooled(&ended.said[0]), 25);
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(25);
}

/// Killed while the collector is away: within about a second all was on disk.
#[cfg(unix)]
#[test]
fn a_killed_process_loses_nothing_that_was_spooled() {
    if is_child() {
        if !is_second_run() {
            steps(24);
            let spooled = || {
                carrot_runtime::stats()
                    .destinations
                    .first()
                    .map(|it| it.spooled)
            };
            while spooled() != Some(25) {
                std::thread::yield_now();
            }
            say(json!("on disk"));
            wait_for_parent();
        }
        return;
    }
    let outage = Outage::begin();
    let program = || {
        let program = program!(a_killed_process_loses_nothing_that_was_spooled);
        program.env("CARROT_FLUSH_INTERVAL", "0.2")
    };
    let mut running = outage.of(program()).start();
    assert_eq!(running.hear(), "on disk");
    running.kill();
    running.end_anyhow();
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(25);
}

#[test]
fn fifty_that_end_at_once_leave_nothing_undelivered() {
    const PROCESSES: usize = 50;
    if is_child() {
        if !is_second_run() {
            steps(3);
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(fifty_that_end_at_once_leave_nothing_undelivered);
    let running: Vec<_> = (0..PROCESSES)
        .map(|_| outage.of(program()).start())
        .collect();
    running.into_iter().for_each(|it| drop(it.end()));
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(PROCESSES * 4);
}

#[test]
fn a_mistyped_key_is_cured_by_the_next_run() {
    if is_child() {
        if !is_second_run() {
            steps(24);
            shut_down_and_say();
        }
        return;
    }
    let outage = Outage::with(Answer::Say(401, r#"{"error": "no such key"}"#));
    let program = || program!(a_mistyped_key_is_cured_by_the_next_run);
    let ended = outage.of(program()).env("CARROT_API_KEY", "ck-wrnog").run();
    assert_eq!(spooled(&ended.said[0]), 25);
    assert!(!ended.stderr.contains("ck-wrnog"));
    outage.end();
    outage.clean_up(program().env("CARROT_API_KEY", "ck-wrong"));
    outage.assert_stored(25);
    let requests = outage.collector.requests();
    let last = requests.last().unwrap();
    assert_eq!(last.headers["authorization"], "Bearer ck-wrong");
}

/// Records of one key do not go out under another that is as good.
#[test]
fn another_key_does_not_deliver_what_is_not_its() {
    if is_child() {
        if !is_second_run() {
            steps(24);
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(another_key_does_not_deliver_what_is_not_its);
    outage.of(program()).env("CARROT_API_KEY", "ck-one").run();
    outage.end();
    outage.clean_up(program().env("CARROT_API_KEY", "ck-two"));
    assert_eq!(outage.collector.taken().len(), 0);
    outage.clean_up(program().env("CARROT_API_KEY", "ck-one"));
    outage.assert_stored(25);
}

#[test]
fn what_is_refused_for_good_is_kept_aside_with_the_reason() {
    if is_child() {
        steps(24);
        return say_report(&carrot_runtime::flush());
    }
    let outage = Outage::with(Answer::Say(404, "not found"));
    let program = program!(what_is_refused_for_good_is_kept_aside_with_the_reason);
    let ended = outage.of(program).run();
    assert_eq!(ended.counts(), [0, 0, 0, 25]);
    let entries = carrot_spool::list(outage.folder()).unwrap();
    let shown = format!("{entries:?}");
    assert!(
        shown.contains("404") && shown.contains("Refused"),
        "{shown}"
    );
}

/// More than the queue holds, and a collector that is far too slow for it: the disk takes the rest.
#[test]
fn a_flood_goes_to_disk_and_adds_up() {
    const SPANS: u64 = 100_000;
    if is_child() {
        if !is_second_run() {
            steps(SPANS as usize - 1);
            say_report(&carrot_runtime::flush_timeout(Duration::from_secs(30)));
            shut_down_and_say();
        }
        return;
    }
    let outage = Outage::with(Answer::Hang);
    let program = || program!(a_flood_goes_to_disk_and_adds_up).env("CARROT_BATCH_SIZE", "100");
    let first = outage.of(program()).env("CARROT_MAX_QUEUE_RECORDS", "5000");
    let ended = first.env("CARROT_FLUSH_TIMEOUT", "2").run();
    let report = &ended.said[0];
    assert_eq!(spooled(report), SPANS, "{report}");
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(SPANS as usize);
}

#[test]
fn a_folder_that_cannot_be_written_is_one_warning_and_tracing_goes_on() {
    if is_child() {
        if let Ok(file) = std::env::var("DELIVERY_TEST_FILE") {
            let error = carrot_runtime::builder().spool(file).init().unwrap_err();
            say(json!(error.to_string()));
        }
        steps(24);
        return say_report(&carrot_runtime::flush());
    }
    let collector = Collector::start();
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path().to_str().unwrap();
    let program = || {
        program!(a_folder_that_cannot_be_written_is_one_warning_and_tracing_goes_on).to(&collector)
    };
    let ended = program().env("CARROT_SPOOL", file).run();
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    let warnings = ended.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("CARROT_SPOOL") && warnings[0].contains(file),
        "{warnings:?}"
    );
    let ended = program().env("DELIVERY_TEST_FILE", file).run();
    let error = ended.said[0].as_str().unwrap();
    assert!(
        error.starts_with("spool ") && error.contains(file),
        "{error}"
    );
}
