//! Programs that end while the collector is away, in every way there is.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::collector::Answer;
use crate::outage::{Outage, is_second_run, shut_down_and_say, spooled};
use crate::program::{Running, is_child, program, say, steps, wait_for_parent};

/// While the collector is away no record waits in memory for longer, but for what a machine's other work takes.
const TO_DISK: Duration = Duration::from_millis(1_200);

/// A tree of ten each millisecond, for ever; says now and then how many there were.
fn trace_under_load() {
    for trees in 1_u64.. {
        steps(9);
        if trees.is_multiple_of(20) {
            say(json!(trees));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Kills it after so long, and gives the number of trees that it said it had made so long before its end.
fn kill_after(mut running: Running, time: Duration) -> u64 {
    let begun = Instant::now();
    let mut heard = Vec::new();
    while begun.elapsed() < time {
        let trees = running.hear().as_u64().unwrap();
        heard.push((Instant::now(), trees));
    }
    running.kill();
    let killed = Instant::now();
    running.end_anyhow();
    let old = { heard.iter().rev() }.find(|(at, _)| killed.duration_since(*at) >= TO_DISK);
    old.expect("it ran too short a time").1
}

/// What the next run delivers: all that is older than the limit, and no tree broken but the last.
#[track_caller]
fn assert_little_is_lost(outage: &Outage, old: u64) {
    let stored = outage.collector.ended();
    let records = stored.len() as u64;
    assert!(records >= old * 10, "{records} of {} records", old * 10);
    assert!(stored.values().all(|&times| times == 1));
    assert!(outage.orphans() < 10, "{} orphans", outage.orphans());
    assert_eq!(crate::outage::segments(outage.folder()), 0);
    println!(
        "{records} records were saved, {} were older than {TO_DISK:?}",
        old * 10
    );
}

#[test]
fn killed_under_load_while_the_collector_fails() {
    if is_child() {
        if !is_second_run() {
            trace_under_load();
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(killed_under_load_while_the_collector_fails);
    let old = kill_after(outage.of(program()).start(), Duration::from_secs(4));
    outage.end();
    outage.clean_up(program());
    assert_little_is_lost(&outage, old);
}

#[test]
fn killed_under_load_while_the_collector_hangs() {
    if is_child() {
        if !is_second_run() {
            trace_under_load();
        }
        return;
    }
    let outage = Outage::with(Answer::Hang);
    let program = || program!(killed_under_load_while_the_collector_hangs);
    let old = kill_after(outage.of(program()).start(), Duration::from_secs(4));
    outage.end();
    outage.clean_up(program());
    assert_little_is_lost(&outage, old);
}

/// Not many records, and not under way yet when it is killed: they are on disk within the time as well.
#[test]
fn killed_when_it_has_little_to_do() {
    if is_child() {
        if !is_second_run() {
            steps(0);
            let report = carrot_runtime::flush_timeout(Duration::from_millis(100));
            assert_eq!(report.spooled, 1, "{report}");
            steps(23);
            let made = Instant::now();
            let spooled = || carrot_runtime::stats().destinations[0].spooled;
            while spooled() < 25 {
                std::thread::yield_now();
            }
            say(json!(made.elapsed().as_millis() as u64));
            wait_for_parent();
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(killed_when_it_has_little_to_do).env("CARROT_FLUSH_INTERVAL", "3600");
    let mut running = outage.of(program()).start();
    let took = running.hear().as_u64().unwrap();
    assert!(took < TO_DISK.as_millis() as u64, "{took} ms");
    running.kill();
    running.end_anyhow();
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(25);
}

const END: &str = "DELIVERY_TEST_END";

/// Each end leaves everything on disk for the next run.
#[test]
fn whatever_end_it_takes() {
    if is_child() {
        if is_second_run() {
            return;
        }
        steps(24);
        match std::env::var(END).unwrap().as_str() {
            "exit" => std::process::exit(0),
            "panic" => panic!("on purpose"),
            "thread" => std::thread::spawn(|| std::process::exit(7)).join().unwrap(),
            _ => return,
        }
    }
    for (end, status) in [("return", 0), ("exit", 0), ("panic", 101), ("thread", 7)] {
        let outage = Outage::begin();
        let program = || program!(whatever_end_it_takes);
        let running = outage.of(program()).env(END, end).start();
        let ended = running.end_anyhow();
        assert_eq!(ended.status.code(), Some(status), "{ended:?}");
        assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
        outage.end();
        outage.clean_up(program());
        outage.assert_stored(25);
    }
}

/// The folder is free: another process delivers while the first still lives.
#[test]
fn a_shutdown_waits_for_nobody_who_is_away_and_holds_nothing() {
    if is_child() {
        if !is_second_run() {
            steps(24);
            let report = carrot_runtime::flush_timeout(Duration::from_millis(300));
            assert!(report.is_safe() && !report.is_complete(), "{report}");
            shut_down_and_say();
            wait_for_parent();
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(a_shutdown_waits_for_nobody_who_is_away_and_holds_nothing);
    let mut running = outage.of(program()).start();
    assert_eq!(spooled(&running.hear()), 25);
    let took = running.hear().as_u64().unwrap();
    assert!(took < 10_000, "{took} ms of 60 s");
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(25);
    running.go_on();
    running.end();
}

/// Who hangs is waited for until the deadline, and no longer; what hung is on disk then.
#[test]
fn a_shutdown_at_its_deadline_leaves_on_disk_what_hangs() {
    if is_child() {
        if !is_second_run() {
            (0..10).for_each(|_| steps(24));
            shut_down_and_say();
        }
        return;
    }
    let outage = Outage::with(Answer::Hang);
    let program = || program!(a_shutdown_at_its_deadline_leaves_on_disk_what_hangs);
    let ended = outage.of(program()).env("CARROT_FLUSH_TIMEOUT", "1").run();
    assert_eq!(spooled(&ended.said[0]), 250);
    let took = ended.said[1].as_u64().unwrap();
    assert!((1_000..5_000).contains(&took), "{took} ms");
    outage.end();
    outage.clean_up(program());
    outage.assert_stored(250);
}
