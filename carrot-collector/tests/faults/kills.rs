//! `kill -9`, of the collector and of the traced program, under load.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::collector::Collector;
use crate::program::{Program, is_child, program, say, steps, wait_for_parent};

/// Records that are neither acknowledged nor on disk are younger than this, while the collector is away.
const TO_DISK: Duration = Duration::from_millis(1_200);
const SECOND_RUN: &str = "FAULTS_SECOND_RUN";

/// Trees of ten, one each millisecond, so many of them; says now and then how many there were, and how many records were acknowledged.
fn trace_under_load(trees: u64) {
    for tree in 1..=trees {
        steps(9);
        if tree.is_multiple_of(100) {
            let acked = carrot_runtime::stats().destinations[0].acked;
            say(json!([tree, acked]));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

const TREES: u64 = 2_500;

fn trace_while_it_is_killed() {
    trace_under_load(TREES);
    wait_for_parent();
    let report = carrot_runtime::shutdown();
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.acked, carrot_runtime::stats().recorded, "{report}");
}

/// Killed three times while a program traces, and started again each time: all is stored.
#[track_caller]
fn assert_outlives(program: Program, transport: &str) {
    let mut collector = Collector::start();
    let spool = tempfile::tempdir().unwrap();
    let program = program.to(&collector).env("CARROT_TRANSPORT", transport);
    let program = program.env("CARROT_SPOOL", spool.path().to_str().unwrap());
    let mut running = program.start();
    for said in 1..=TREES / 100 {
        running.hear();
        match said {
            4 | 11 | 18 => collector.kill(),
            7 | 14 | 21 => collector.start_again(),
            _ => {}
        }
    }
    running.go_on();
    running.end();
    collector.assert_stored(TREES as usize, 10);
}

#[test]
fn a_collector_that_is_killed_over_http() {
    if is_child() {
        return trace_while_it_is_killed();
    }
    assert_outlives(program!(a_collector_that_is_killed_over_http), "http");
}

#[test]
fn a_collector_that_is_killed_over_a_websocket() {
    if is_child() {
        return trace_while_it_is_killed();
    }
    assert_outlives(program!(a_collector_that_is_killed_over_a_websocket), "ws");
}

#[test]
fn a_collector_that_is_killed_over_either() {
    if is_child() {
        return trace_while_it_is_killed();
    }
    assert_outlives(program!(a_collector_that_is_killed_over_either), "auto");
}

/// Both are killed, the program last: what it had made shortly before is stored once the next run was there.
#[test]
fn a_program_that_is_killed_after_its_collector() {
    if is_child() {
        if std::env::var_os(SECOND_RUN).is_some() {
            return drop(carrot_runtime::init());
        }
        return trace_under_load(u64::MAX);
    }
    std::thread::scope(|scope| {
        for transport in ["http", "auto"] {
            let program = || {
                let program = program!(a_program_that_is_killed_after_its_collector);
                program.env("CARROT_TRANSPORT", transport)
            };
            let (first, second) = (program(), program().env(SECOND_RUN, "1"));
            scope.spawn(move || assert_little_is_lost(first, second, transport));
        }
    });
}

fn assert_little_is_lost(first: Program, second: Program, transport: &str) {
    let mut collector = Collector::start();
    let spool = tempfile::tempdir().unwrap();
    let spool = spool.path().to_str().unwrap();
    let mut running = { first.to(&collector) }.env("CARROT_SPOOL", spool).start();
    let begun = Instant::now();
    let mut heard = Vec::new();
    while begun.elapsed() < Duration::from_secs(4) {
        let said = running.hear();
        heard.push((Instant::now(), said));
        if begun.elapsed() > Duration::from_secs(1) {
            collector.kill();
        }
    }
    running.kill();
    let killed = Instant::now();
    running.end_anyhow();

    collector.start_again();
    let spans = |collector: &Collector| collector.roots().iter().map(|root| root.1).sum::<u64>();
    // Over a WebSocket a span that is shown while it is open is acknowledged twice.
    if transport == "http" {
        let acked = heard.last().unwrap().1[1].as_u64().unwrap();
        let stored = spans(&collector);
        assert!(
            acked > 0 && stored >= acked,
            "{stored} of {acked} acknowledged"
        );
    }
    { second.to(&collector) }.env("CARROT_SPOOL", spool).run();
    let mut old = heard.iter().rev();
    let old = old.find(|(at, _)| killed.duration_since(*at) >= TO_DISK);
    let old = old.unwrap().1[0].as_u64().unwrap();
    let roots = collector.roots();
    let whole = { roots.iter() }.filter(|root| root.0 == "root" && root.1 == 10);
    let whole = whole.count() as u64;
    println!("{transport}: {whole} trees are stored, {old} were older than {TO_DISK:?}");
    assert!(whole >= old, "{whole} of {old} trees");
    // One tree may be cut, at the end of what was saved.
    let cut = roots.len() as u64 - whole;
    assert!(cut < 10, "{cut} more");
}
