//! Nobody is there, or nobody answers.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::collector::{Answer, Collector};
use crate::program::{
    ROOT, STEP, is_child, program, say, say_report, step, steps, wait_for_parent,
};

/// An address on which nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Says the report of a flush, and its time in milliseconds.
fn flush_and_say() {
    let started = Instant::now();
    say_report(&carrot_runtime::flush());
    say(json!(started.elapsed().as_millis() as u64));
}

#[test]
fn with_nothing_configured_one_hint_and_no_waiting() {
    if is_child() {
        steps(4_999);
        return flush_and_say();
    }
    if TcpStream::connect("127.0.0.1:7420").is_ok() {
        return println!("skipped: a collector listens on the default port");
    }
    let ended = program!(with_nothing_configured_one_hint_and_no_waiting).run();
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    let hint = ended.warnings()[0];
    assert!(
        hint.contains("carrot serve") && hint.contains("CARROT_BASE_URL"),
        "{hint}"
    );
    assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
    let [acked, pending, queue_full, rejected] = ended.counts();
    assert_eq!((acked, rejected), (0, 0));
    assert_eq!(pending + queue_full, 5_000);
    assert!(
        (1_000..2_000).contains(&pending),
        "a small buffer: {pending}"
    );
}

#[test]
fn a_configured_collector_that_is_away_is_waited_for_until_the_deadline() {
    if is_child() {
        steps(9);
        return flush_and_say();
    }
    let program = program!(a_configured_collector_that_is_away_is_waited_for_until_the_deadline);
    let program = program.env("CARROT_BASE_URL", &nobody());
    let ended = program.env("CARROT_FLUSH_TIMEOUT", "1.5").run();
    assert_eq!(ended.counts(), [0, 10, 0, 0]);
    assert_eq!(ended.warnings().len(), 1);
    let took = ended.said[1].as_u64().unwrap();
    assert!((1_500..5_000).contains(&took), "{took} ms");
}

#[test]
fn what_waits_is_delivered_when_the_collector_comes() {
    if is_child() {
        steps(9);
        say_report(&carrot_runtime::flush_timeout(Duration::from_millis(300)));
        wait_for_parent();
        assert!(carrot_runtime::flush().is_complete());
        return;
    }
    let away = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_away = away.clone();
    let collector = Collector::answering(move |_, _| {
        if is_away.load(std::sync::atomic::Ordering::SeqCst) {
            Answer::Say(503, "")
        } else {
            Answer::Accept
        }
    });
    let program = program!(what_waits_is_delivered_when_the_collector_comes);
    let mut running = program.to(&collector).start();
    while collector.requests().is_empty() {
        std::thread::yield_now();
    }
    away.store(false, std::sync::atomic::Ordering::SeqCst);
    running.go_on();
    running.end();
    assert_eq!(collector.ended().len(), 10);
}

#[test]
fn a_collector_that_hangs_slows_nothing_and_moves_no_deadline() {
    if is_child() {
        let slowest = (0..2_000)
            .map(|_| {
                let started = Instant::now();
                step(&ROOT, || step(&STEP, || ()));
                started.elapsed()
            })
            .max()
            .unwrap();
        flush_and_say();
        return say(json!(slowest.as_millis() as u64));
    }
    let collector = Collector::answering(|_, _| Answer::Hang);
    let program = program!(a_collector_that_hangs_slows_nothing_and_moves_no_deadline);
    let ended = program
        .to(&collector)
        .env("CARROT_FLUSH_TIMEOUT", "1.5")
        .run();
    assert_eq!(ended.counts(), [0, 4_000, 0, 0]);
    let took = ended.said[1].as_u64().unwrap();
    assert!((1_500..5_000).contains(&took), "{took} ms");
    // The first span starts the exporter; a hanging request would take seconds.
    let slowest = ended.said[2].as_u64().unwrap();
    assert!(slowest < 1_000, "{slowest} ms");
    assert!(
        collector.requests().len() <= 8,
        "few requests are under way"
    );
}

/// Backing off is sleeping: it does not wake a thousand times a second.
#[cfg(target_os = "linux")]
#[test]
fn an_exporter_that_backs_off_does_not_spin() {
    /// How often it went to sleep.
    fn exporter_switches() -> u64 {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let exporter = tasks.map(|task| task.unwrap().path()).find(|task| {
            std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name == "carrot-export\n")
        });
        let status = std::fs::read_to_string(exporter.unwrap().join("status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse().unwrap()
    }
    if is_child() {
        steps(9);
        flush_and_say();
        return say(json!(exporter_switches()));
    }
    let collector = Collector::answering(|_, _| Answer::SayWith(429, "retry-after", "60".into()));
    let program = program!(an_exporter_that_backs_off_does_not_spin).to(&collector);
    let program = program.env("CARROT_FLUSH_INTERVAL", "0.1");
    let ended = program.env("CARROT_FLUSH_TIMEOUT", "1").run();
    let switches = ended.said[2].as_u64().unwrap();
    assert!(switches < 200, "woke {switches} times in a second");
}
