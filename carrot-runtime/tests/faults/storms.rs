//! Answers that take nothing, many of them.

use std::time::Duration;

use carrot_runtime::flush;

use crate::collector::{Answer, Collector};
use crate::outage::{Outage, is_second_run, say_sum, shut_down_and_say, spooled};
use crate::program::{Program, is_child, program, steps, wait_for_parent};

/// Ten trees, then a flush.
fn trace_and_flush() {
    (0..10).for_each(|_| steps(24));
    let report = flush();
    assert!(report.is_complete(), "{report}");
    say_sum(&report);
}

/// The first requests are answered so, all others taken; what waits meanwhile goes to disk.
#[track_caller]
fn assert_weathered(program: Program, storm: Answer, requests: usize) -> Collector {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::answering(move |request, _| {
        if request < requests {
            storm.clone()
        } else {
            Answer::Accept
        }
    });
    let program = program.to(&collector);
    let ended = { program }
        .env("CARROT_SPOOL", folder.path().to_str().unwrap())
        .run();
    assert_eq!(ended.counts(), [250, 0, 0, 0]);
    assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
    let stored = collector.ended();
    assert_eq!(stored.len(), 250);
    assert!(stored.values().all(|&times| times == 1), "{stored:?}");
    assert_eq!(crate::outage::segments(folder.path()), 0);
    collector
}

#[test]
fn a_storm_of_503() {
    if is_child() {
        return trace_and_flush();
    }
    assert_weathered(program!(a_storm_of_503), Answer::Say(503, ""), 4);
}

#[test]
fn a_storm_of_429() {
    if is_child() {
        return trace_and_flush();
    }
    assert_weathered(program!(a_storm_of_429), Answer::Say(429, ""), 4);
}

/// Each of these answers is waited for as long as it asks.
#[track_caller]
fn assert_left_alone(collector: &Collector, storm: usize) {
    let requests = collector.requests();
    // Those that were under way together get the first answers.
    let first = requests[0].at;
    let taken = requests.iter().find(|it| !it.taken.is_empty()).unwrap();
    let waited = taken.at.duration_since(first);
    assert!(waited >= Duration::from_millis(990), "{waited:?}");
    let refused = requests.iter().filter(|it| it.taken.is_empty());
    assert_eq!(refused.count(), storm);
}

#[test]
fn a_storm_of_503_that_says_for_how_long() {
    if is_child() {
        return trace_and_flush();
    }
    let storm = Answer::SayWith(503, "retry-after", "1".to_owned());
    let collector = assert_weathered(program!(a_storm_of_503_that_says_for_how_long), storm, 6);
    assert_left_alone(&collector, 6);
}

#[test]
fn a_storm_of_429_that_says_for_how_long() {
    if is_child() {
        return trace_and_flush();
    }
    let storm = Answer::SayWith(429, "retry-after", "1".to_owned());
    let collector = assert_weathered(program!(a_storm_of_429_that_says_for_how_long), storm, 6);
    assert_left_alone(&collector, 6);
}

#[test]
fn a_key_that_is_cured_while_its_records_lie_on_disk() {
    if is_child() {
        (0..10).for_each(|_| steps(24));
        say_sum(&carrot_runtime::flush_timeout(Duration::from_millis(500)));
        wait_for_parent();
        return say_sum(&flush());
    }
    let outage = Outage::with(Answer::Say(401, r#"{"error": "no such key"}"#));
    let program = program!(a_key_that_is_cured_while_its_records_lie_on_disk);
    let program = program.env("CARROT_API_KEY", "ck-new");
    let mut running = outage.of(program).start();
    assert_eq!(spooled(&running.hear()), 250);
    outage.end();
    running.go_on();
    assert_eq!(running.hear()["acked"], 250);
    running.end();
    outage.assert_stored(250);
}

/// Blocks that were written for a collector that takes more at once than the one that came.
#[test]
fn blocks_of_the_disk_that_are_too_large_go_in_parts() {
    if is_child() {
        if !is_second_run() {
            (0..10).for_each(|_| steps(24));
            shut_down_and_say();
        }
        return;
    }
    let outage = Outage::then(Answer::Say(503, ""), |records| {
        if records.len() > 7 {
            Answer::Say(413, "")
        } else {
            Answer::Accept
        }
    });
    let program = || program!(blocks_of_the_disk_that_are_too_large_go_in_parts);
    let ended = outage.of(program()).run();
    assert_eq!(spooled(&ended.said[0]), 250);
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(250);
}

/// Away and back, five times: what was made in each outage is stored after it.
#[test]
fn several_outages_in_a_row() {
    const OUTAGES: usize = 5;
    if is_child() {
        for _ in 0..OUTAGES {
            steps(24);
            say_sum(&carrot_runtime::flush_timeout(Duration::from_millis(200)));
            wait_for_parent();
            steps(24);
            say_sum(&flush());
            wait_for_parent();
        }
        return shut_down_and_say();
    }
    let outage = Outage::begin();
    let mut running = outage.of(program!(several_outages_in_a_row)).start();
    for number in 1..=OUTAGES {
        assert_eq!(spooled(&running.hear()), 25);
        outage.end();
        running.go_on();
        assert_eq!(running.hear()["acked"], number * 50);
        outage.begin_again();
        running.go_on();
    }
    let ended = running.end();
    assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
    outage.assert_stored(OUTAGES * 50);
}
