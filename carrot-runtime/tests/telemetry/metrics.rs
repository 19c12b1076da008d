//! Counters and gauges of the `metrics` crate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use carrot_runtime::{Otlp, TracingLayer, builder, flush, flush_timeout, stats};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit,
};
use serde_json::json;
use tracing_subscriber::prelude::*;

use crate::collector::{Answer, Collector};
use crate::program::{is_child, program, say, say_report, steps};
use crate::{nobody, wait_until};

#[derive(Default)]
struct Seen {
    values: BTreeMap<String, f64>,
    units: BTreeMap<String, Unit>,
    /// When a counter went up.
    times: Vec<(String, Instant)>,
}

/// A recorder that remembers, and traces what it does.
#[derive(Clone, Default)]
struct Memory {
    seen: Arc<Mutex<Seen>>,
    panics: bool,
    blocks: bool,
}

struct Handle {
    memory: Memory,
    key: String,
}

impl Memory {
    fn install(&self) {
        metrics::set_global_recorder(self.clone()).ok().unwrap();
    }

    fn value(&self, key: &str) -> f64 {
        let seen = self.seen.lock().unwrap();
        let value = seen.values.get(key);
        *value.unwrap_or_else(|| panic!("no {key} in {:?}", seen.values))
    }

    fn handle(&self, key: &Key) -> Arc<Handle> {
        let thread = std::thread::current();
        assert_eq!(thread.name(), Some("carrot-export"));
        let labels = key
            .labels()
            .map(|it| format!("{}={}", it.key(), it.value()));
        let labels: Vec<String> = labels.collect();
        Arc::new(Handle {
            memory: self.clone(),
            key: format!("{}{{{}}}", key.name(), labels.join(",")),
        })
    }
}

impl Recorder for Memory {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, about: SharedString) {
        assert!(about.ends_with('.'), "{about}");
        let mut seen = self.seen.lock().unwrap();
        seen.units.insert(key.as_str().to_owned(), unit.unwrap());
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, about: SharedString) {
        self.describe_counter(key, unit, about);
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.handle(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.handle(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl Handle {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        // Both worlds' spans: were they recorded, the next telling would tell of them, and so for ever.
        let _ours = carrot_runtime::span("in the recorder");
        tracing::info_span!("in the recorder").in_scope(|| tracing::info!("told"));
        let mut seen = self.memory.seen.lock().unwrap();
        let value = seen.values.entry(self.key.clone()).or_default();
        *value = change(*value);
        assert!(!self.memory.panics, "a recorder's own trouble");
        drop(seen);
        if self.memory.blocks {
            loop {
                std::thread::park();
            }
        }
    }
}

impl CounterFn for Handle {
    fn increment(&self, value: u64) {
        self.change(|before| before + value as f64);
        let mut seen = self.memory.seen.lock().unwrap();
        seen.times.push((self.key.clone(), Instant::now()));
    }

    fn absolute(&self, _: u64) {
        panic!("some recorders cannot");
    }
}

impl GaugeFn for Handle {
    fn increment(&self, value: f64) {
        self.change(|before| before + value);
    }

    fn decrement(&self, value: f64) {
        self.change(|before| before - value);
    }

    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

fn record_tracing_too() {
    let all = tracing_subscriber::registry().with(TracingLayer::default());
    all.init();
}

/// The metrics of every destination are what its stats are.
#[track_caller]
fn assert_as_stats(memory: &Memory) {
    let stats = stats();
    let value = |name: &str| memory.value(&format!("{name}{{}}"));
    assert_eq!(value("carrot_spans_recorded_total"), stats.recorded as f64);
    assert_eq!(value("carrot_spans_not_queued_total"), 0.0);
    assert_eq!(value("carrot_traces_sampled_out_total"), 0.0);
    for it in stats.destinations {
        let name = &it.name;
        let value = |metric: &str| memory.value(&format!("{metric}{{destination={name}}}"));
        let of_reason = |metric: &str, reason: &str| {
            memory.value(&format!("{metric}{{destination={name},reason={reason}}}"))
        };
        for (metric, counted) in [
            ("carrot_spans_acked_total", it.acked),
            ("carrot_adopted_spans_acked_total", it.adopted),
            ("carrot_batches_retried_total", it.retried),
            ("carrot_sent_bytes_total", it.bytes),
            ("carrot_queue_records", it.queued),
            ("carrot_queue_bytes", it.queued_bytes),
            ("carrot_in_flight_records", it.in_flight),
            ("carrot_spool_records", it.spooled),
            ("carrot_spool_bytes", it.spooled_bytes),
            ("carrot_destination_away", u64::from(it.is_away)),
        ] {
            assert_eq!(value(metric), counted as f64, "{metric} of {name}");
        }
        for (metric, it) in [
            ("carrot_spans_dropped_total", &it.dropped),
            ("carrot_adopted_spans_dropped_total", &it.adopted_dropped),
        ] {
            assert_eq!(of_reason(metric, "rejected"), it.rejected as f64);
            assert_eq!(of_reason(metric, "spool_full"), it.spool_full as f64);
            assert_eq!(of_reason(metric, "too_old"), it.too_old as f64);
            assert_eq!(of_reason(metric, "corrupt"), it.corrupt as f64);
        }
        let queue_full = of_reason("carrot_spans_dropped_total", "queue_full");
        assert_eq!(queue_full, it.dropped.queue_full as f64);
    }
}

/// Also to a recorder that came later, of each destination, and whatever the recorder traces.
#[test]
fn a_recorder_is_told_what_is_counted() {
    if is_child() {
        record_tracing_too();
        let away = Otlp::new(std::env::var("TELEMETRY_TEST_AWAY").unwrap()).unwrap();
        let _guard = builder().otlp(away).init().unwrap();
        steps(9);
        flush_timeout(Duration::from_millis(300));
        let memory = Memory::default();
        memory.install();
        steps(14);
        flush_timeout(Duration::from_millis(300));
        // At a deadline what is on its way goes on.
        wait_until(|| {
            flush_timeout(Duration::from_millis(50));
            let destinations = stats().destinations;
            destinations[0].acked == 25 && destinations.iter().all(|it| it.in_flight == 0)
        });
        assert_eq!(stats().recorded, 25, "and nothing of the recorder");
        let stats = stats();
        let [collector, away] = &stats.destinations[..] else {
            panic!("{stats:?}");
        };
        let value = |name: &str, of: &str| memory.value(&format!("{name}{{destination={of}}}"));
        wait_until(|| value("carrot_spans_acked_total", &collector.name) == 25.0);
        assert_eq!(value("carrot_destination_away", &collector.name), 0.0);
        assert_eq!(value("carrot_spans_acked_total", &away.name), 0.0);
        assert_eq!(value("carrot_destination_away", &away.name), 1.0);
        assert!(value("carrot_batches_retried_total", &away.name) >= 1.0);
        let waits = ["carrot_queue_records", "carrot_in_flight_records"];
        wait_until(|| {
            waits
                .map(|name| value(name, &away.name))
                .iter()
                .sum::<f64>()
                == 25.0
        });
        let seen = memory.seen.lock().unwrap();
        assert_eq!(seen.units["carrot_sent_bytes_total"], Unit::Bytes);
        assert_eq!(seen.units["carrot_spool_bytes"], Unit::Bytes);
        assert_eq!(seen.units["carrot_spans_dropped_total"], Unit::Count);
        for name in seen.values.keys() {
            let (name, _) = name.split_once('{').unwrap();
            assert!(seen.units.contains_key(name), "{name} is not described");
        }
        let page = include_str!("../../../docs/telemetry.md");
        for name in seen.units.keys() {
            assert!(
                page.contains(&format!("`{name}`")),
                "{name} is not in the page"
            );
        }
        return;
    }
    let collector = Collector::start();
    let program = program!(a_recorder_is_told_what_is_counted).to(&collector);
    let program = program.env("CARROT_FLUSH_TIMEOUT", "1");
    let program = program.env("TELEMETRY_TEST_AWAY", &format!("{}/v1/traces", nobody()));
    program.run();
    assert_eq!(collector.ended().len(), 25);
}

#[test]
fn losses_are_told_by_their_reason() {
    if is_child() {
        let memory = Memory::default();
        memory.install();
        steps(9);
        let report = flush();
        assert_as_stats(&memory);
        return say_report(&report);
    }
    // One record of those that the queue holds is refused.
    let collector = Collector::answering(|_, _| Answer::AcceptBut(vec![1]));
    let ended = { program!(losses_are_told_by_their_reason).to(&collector) }
        .env("CARROT_MAX_QUEUE_RECORDS", "2")
        .run();
    let report = &ended.said[0];
    assert_eq!(
        [&report["acked"], &report["rejected"]],
        [&json!(1), &json!(1)]
    );
    assert_eq!(report["queue_full"], 8);
}

#[test]
fn a_recorder_is_told_each_second_at_most_and_without_a_flush() {
    if is_child() {
        let memory = Memory::default();
        memory.install();
        let acked = || stats().destinations.first().map_or(0, |it| it.acked);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(2_500) {
            steps(4);
            let before = acked();
            wait_until(|| acked() > before);
        }
        let name = stats().destinations[0].name.clone();
        let key = format!("carrot_spans_acked_total{{destination={name}}}");
        let told = || memory.seen.lock().unwrap().values.get(&key).copied();
        // The last of it too, though nothing happens any more.
        wait_until(|| told() == Some(acked() as f64) && stats().recorded == acked());
        let seen = memory.seen.lock().unwrap();
        let times = seen.times.iter().filter(|(of, _)| *of == key);
        let times: Vec<Instant> = times.map(|(_, at)| *at).collect();
        for pair in times.windows(2) {
            let between = pair[1] - pair[0];
            assert!(between > Duration::from_millis(900), "{between:?}");
        }
        return say(json!(times.len()));
    }
    let collector = Collector::start();
    let ended = { program!(a_recorder_is_told_each_second_at_most_and_without_a_flush) }
        .to(&collector)
        .env("CARROT_FLUSH_INTERVAL", "0.02")
        .run();
    assert!(ended.said[0].as_u64().unwrap() >= 3, "{ended:?}");
    assert!(collector.requests().len() > 10);
}

#[test]
fn a_recorder_that_panics_is_told_no_more_and_nothing_else_happens() {
    if is_child() {
        let memory = Memory {
            panics: true,
            ..Memory::default()
        };
        memory.install();
        crate::deliver_three_times();
        let seen = memory.seen.lock();
        assert_eq!(seen.unwrap_or_else(|it| it.into_inner()).values.len(), 1);
        return say_report(&flush());
    }
    let collector = Collector::start();
    let program = program!(a_recorder_that_panics_is_told_no_more_and_nothing_else_happens);
    let ended = program.to(&collector).run();
    assert_eq!(ended.counts(), [15, 0, 0, 0]);
    assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
    assert!(
        ended.warnings()[0].contains("`metrics`"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.matches("a recorder's own trouble").count(), 1);
    assert_eq!(collector.ended().len(), 15);
}

#[test]
fn a_recorder_that_blocks_holds_up_no_thread_for_longer_than_a_flush() {
    if is_child() {
        let memory = Memory {
            blocks: true,
            ..Memory::default()
        };
        memory.install();
        let begun = Instant::now();
        for _ in 0..2 {
            steps(4);
            say_report(&flush_timeout(Duration::from_millis(200)));
        }
        steps(50_000);
        return say(json!(begun.elapsed().as_secs()));
    }
    let collector = Collector::start();
    let ended = { program!(a_recorder_that_blocks_holds_up_no_thread_for_longer_than_a_flush) }
        .to(&collector)
        .env("CARROT_FLUSH_TIMEOUT", "1")
        .run();
    for report in &ended.said[..2] {
        assert_eq!(report["last_error"], "the exporter did not answer in time");
    }
    assert!(ended.said[2].as_u64().unwrap() < 10, "{ended:?}");
    assert!(ended.took < Duration::from_secs(20), "{ended:?}");
}
