//! Far more than a collector takes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::collector::{Answer, Collector};
use crate::outage::{Outage, is_second_run, segments, shut_down_and_say};
use crate::program::{is_child, program, say, steps};

/// Set by `cargo xtask test --full`: ten times as many.
const FULL: &str = "TEST_FULL";
/// Of eight requests at once, each of a hundred records: two thousand records a second.
const EACH_TAKES: Duration = Duration::from_millis(400);
const TAKES_PER_SECOND: f64 = 2_000.0;

fn spans() -> u64 {
    if std::env::var_os(FULL).is_some() {
        1_000_000
    } else {
        100_000
    }
}

/// What a flood of spans with small values may take of memory, in MiB: as `docs/performance.md` says.
#[cfg(target_os = "linux")]
const MOST: u64 = 300;

/// What the process has of memory, and the most that it had, in MiB.
#[cfg(target_os = "linux")]
fn memory() -> [u64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    ["VmRSS:", "VmHWM:"].map(|name| {
        let line = status.lines().find_map(|it| it.strip_prefix(name));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap() / 1024
    })
}

/// As fast as they can be made, for a collector that is at least twenty times too slow: what was made is what was acknowledged,
/// what lies on disk and what waits; nothing is dropped, and the next run delivers the rest.
#[cfg(target_os = "linux")]
#[test]
fn a_collector_that_is_twenty_times_too_slow() {
    if is_child() {
        if is_second_run() {
            return;
        }
        let [idle, _] = memory();
        let started = Instant::now();
        (0..spans() / 100).for_each(|_| steps(99));
        say(json!(started.elapsed().as_secs_f64()));
        while carrot_runtime::stats().recorded < spans() {
            carrot_runtime::flush_timeout(Duration::from_millis(100));
        }
        shut_down_and_say();
        let [_, peak] = memory();
        return say(json!(peak - idle));
    }
    let spans = spans();
    let is_fast = Arc::new(AtomicBool::new(false));
    // By its id: how often it came, and its parent.
    type Came = HashMap<String, (u32, Option<String>)>;
    let came: Arc<Mutex<Came>> = Arc::default();
    let (fast, taken) = (is_fast.clone(), came.clone());
    let collector = Collector::forgetful(move |_, records| {
        let text = |record: &Value, name: &str| record[name].as_str().map(str::to_owned);
        let mut taken = taken.lock().unwrap();
        for record in records.iter().filter(|it| it["status"] != "running") {
            let id = text(record, "id").unwrap();
            let (times, parent) = taken.entry(id).or_default();
            *times += 1;
            *parent = text(record, "parent_id");
        }
        if fast.load(SeqCst) {
            Answer::Accept
        } else {
            Answer::Late(EACH_TAKES)
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let program = || {
        program!(a_collector_that_is_twenty_times_too_slow)
            .to(&collector)
            .env("CARROT_SPOOL", folder.path().to_str().unwrap())
            .env("CARROT_BATCH_SIZE", "100")
    };
    let slow = program().env("CARROT_FLUSH_TIMEOUT", "2");
    let slow = if spans < 1_000_000 {
        // Else they would all find room in memory.
        slow.env("CARROT_MAX_QUEUE_RECORDS", "20000")
    } else {
        slow
    };
    let ended = slow.run();
    let took = ended.said[0].as_f64().unwrap();
    let times = spans as f64 / took / TAKES_PER_SECOND;
    let report = &ended.said[1];
    let [acked, pending, queue_full, rejected] =
        ["acked", "pending", "queue_full", "rejected"].map(|it| report[it].as_u64().unwrap());
    let spooled = crate::outage::spooled(report);
    let peak = ended.said[3].as_u64().unwrap();
    println!(
        "{spans} spans in {took:.2} s, {times:.0} times what the collector takes: {acked} acknowledged, {spooled} on disk, {peak} MiB above idle"
    );
    assert!(peak <= MOST, "{peak} MiB");
    assert!(times > 20.0, "{times} times too slow");
    assert_eq!((pending, queue_full, rejected), (0, 0, 0), "{report}");
    assert_eq!(acked + spooled, spans, "{report}");

    is_fast.store(true, SeqCst);
    crate::outage::clean_up(program());
    let came = came.lock().unwrap();
    assert_eq!(came.len() as u64, spans);
    let parents = came.values().filter_map(|(_, parent)| parent.as_ref());
    assert!(parents.into_iter().all(|parent| came.contains_key(parent)));
    // What was settled in a file of which another part was not comes once more.
    let twice = came.values().filter(|(times, _)| *times > 1).count();
    println!("{twice} came twice, and are one by their ids");
    assert_eq!(segments(folder.path()), 0);
}

/// Each of them a trace of its own, which costs most, and far more than records can be made of: they wait in memory, which has
/// its bound, and slow down who makes them.
#[cfg(target_os = "linux")]
#[test]
fn as_many_traces_as_can_be_made() {
    const THREADS: u64 = 4;
    const TRACES: u64 = 1_000_000;
    if is_child() {
        let _carrot = carrot_runtime::init();
        let [idle, _] = memory();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..TRACES / THREADS).for_each(|_| steps(0)));
            }
        });
        let [_, peak] = memory();
        let stats = carrot_runtime::stats();
        return say(json!([peak - idle, stats.recorded, stats.not_queued]));
    }
    let outage = Outage::begin();
    let program = outage.of(program!(as_many_traces_as_can_be_made));
    let ended = program.env("CARROT_FLUSH_TIMEOUT", "0.1").run();
    let [peak, recorded, not_queued] = [0, 1, 2].map(|it| ended.said[0][it].as_u64().unwrap());
    println!("{peak} MiB above idle, with records of {recorded} made by then");
    assert!(peak <= MOST, "{peak} MiB");
    assert_eq!(not_queued, 0);
}

/// Many traces, each of its own, at the end of a program: the disk has them before the usual deadline.
#[test]
fn many_small_traces_are_on_disk_at_the_end() {
    const TRACES: usize = 20_000;
    if is_child() {
        if !is_second_run() {
            (0..TRACES).for_each(|_| steps(0));
            shut_down_and_say();
        }
        return;
    }
    let outage = Outage::begin();
    let program = || program!(many_small_traces_are_on_disk_at_the_end);
    let ended = outage.of(program()).env("CARROT_FLUSH_TIMEOUT", "5").run();
    assert_eq!(crate::outage::spooled(&ended.said[0]), TRACES as u64);
    println!("{} ms for {TRACES} traces", ended.said[1]);
    outage.end();
    outage.clean_up(program());
    outage.assert_trees(TRACES);
}
