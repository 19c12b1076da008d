//! Events of the `tracing` crate at debug level.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use carrot_runtime::{TracingLayer, flush, flush_timeout, stats};
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

use crate::collector::{Answer, Collector};
use crate::program::{is_child, program, say, say_report, steps, wait_for_parent};

/// Keeps what is told under our target, and traces that it does.
#[derive(Clone, Default)]
struct Memory {
    told: Arc<Mutex<Vec<Value>>>,
    panics: bool,
}

struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        self.0.insert(field.name().to_owned(), json!(text));
    }
}

impl<S: Subscriber> Layer<S> for Memory {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "carrot" {
            return;
        }
        let _span = carrot_runtime::span("in the subscriber");
        assert_eq!(*event.metadata().level(), Level::DEBUG);
        let thread = std::thread::current();
        assert_eq!(thread.name(), Some("carrot-export"));
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        self.told.lock().unwrap().push(Value::Object(fields.0));
        assert!(!self.panics, "a subscriber's own trouble");
    }
}

impl Memory {
    /// Beside our own layer, which is shown everything.
    fn install(&self) {
        tracing_subscriber::registry()
            .with(TracingLayer::default())
            .with(self.clone())
            .init();
    }

    fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap().clone()
    }

    /// The sum of the records of those.
    fn records(&self, message: &str) -> u64 {
        let told = self.told();
        let of_it = told.iter().filter(|it| it["message"] == message);
        of_it.filter_map(|it| it["records"].as_u64()).sum()
    }
}

#[test]
fn an_outage_and_its_end_are_told() {
    if is_child() {
        let memory = Memory::default();
        memory.install();
        steps(4);
        flush_timeout(Duration::from_millis(300));
        say(json!("away"));
        wait_for_parent();
        flush();
        assert_eq!(stats().recorded, 5, "and nothing of what was told");
        return say(json!(memory.told()));
    }
    let is_back = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let answers = is_back.clone();
    let collector = Collector::answering(move |_, _| {
        if answers.load(std::sync::atomic::Ordering::SeqCst) {
            Answer::Accept
        } else {
            Answer::Say(503, "")
        }
    });
    let mut running = { program!(an_outage_and_its_end_are_told).to(&collector) }.start();
    running.hear();
    is_back.store(true, std::sync::atomic::Ordering::SeqCst);
    running.go_on();
    let told = running.hear();
    running.end();

    let told = told.as_array().unwrap();
    assert!(told.iter().all(|it| it["destination"] == collector.url()));
    let messages: Vec<&str> = told
        .iter()
        .map(|it| it["message"].as_str().unwrap())
        .collect();
    let [first, retries @ .., back, acked] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!((*first, *back, *acked), ("away", "back", "acked"));
    assert!(
        !retries.is_empty() && retries.iter().all(|it| *it == "retried"),
        "{messages:?}"
    );
    assert_eq!(retries.len(), collector.requests().len() - 1);
    assert_eq!(told[1]["records"], 5);
    assert!(told[1]["why"].as_str().unwrap().contains("503"));
    let acked = told.last().unwrap();
    assert_eq!(acked["records"], 5);
    assert!(acked["bytes"].as_u64().unwrap() > 500);
    for record in collector.taken() {
        assert_eq!(record.get("events"), None, "{record}");
    }
}

#[test]
fn what_goes_to_disk_and_what_is_lost_is_told() {
    if is_child() {
        let memory = Memory::default();
        memory.install();
        steps(9);
        let report = flush_timeout(Duration::from_millis(300));
        let stats = stats();
        let dropped = stats.destinations[0].dropped.total();
        assert_eq!(memory.records("spooled"), report.spooled);
        assert_eq!(memory.records("dropped"), dropped);
        let reasons = memory.told();
        let reasons = reasons.iter().filter(|it| it["message"] == "dropped");
        assert!(reasons.clone().all(|it| it["reason"] == "queue_full"));
        return say(json!([report.spooled, dropped]));
    }
    let collector = Collector::answering(|_, _| Answer::Say(503, ""));
    let folder = tempfile::tempdir().unwrap();
    let run = |spool: &str| {
        let program = program!(what_goes_to_disk_and_what_is_lost_is_told).to(&collector);
        let program = program.env("CARROT_MAX_QUEUE_RECORDS", "2");
        program.env("CARROT_SPOOL", spool).run().said
    };
    assert_eq!(run(folder.path().to_str().unwrap()), [json!([10, 0])]);
    assert_eq!(run("off"), [json!([0, 8])]);
}

#[test]
fn a_subscriber_that_panics_is_told_no_more_and_nothing_else_happens() {
    if is_child() {
        let memory = Memory {
            panics: true,
            ..Memory::default()
        };
        memory.install();
        crate::deliver_three_times();
        return say_report(&flush());
    }
    let collector = Collector::start();
    let program = program!(a_subscriber_that_panics_is_told_no_more_and_nothing_else_happens);
    let ended = program.to(&collector).run();
    assert_eq!(ended.counts(), [15, 0, 0, 0]);
    assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
    assert!(
        ended.warnings()[0].contains("`tracing`"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        ended.stderr.matches("a subscriber's own trouble").count(),
        1
    );
}
