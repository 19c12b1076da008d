//! Events, levels and errors.

use std::error::Error;
use std::fmt;

use carrot_runtime::testing::Traces;
use carrot_runtime::{Level, Status, span};
use serde_json::{Value, json};
use tracing::{debug, error, info, info_span, warn};

use crate::capture;

/// The events of a span, without their times.
fn events(traces: &Traces, name: &str) -> Value {
    let named = |record: &&carrot_wire::Record| record.name.as_deref() == Some(name);
    let record = traces.records().iter().find(named).unwrap();
    let mut events = record
        .events
        .as_ref()
        .map_or(Value::Null, |it| it.to_value());
    for event in events.as_array_mut().into_iter().flatten() {
        let at = event.as_object_mut().unwrap().remove("at");
        assert!(at.is_some_and(|at| at.is_string()));
    }
    events
}

fn status(traces: &Traces, name: &str) -> (Option<Status>, Option<Level>) {
    let named = |record: &&carrot_wire::Record| record.name.as_deref() == Some(name);
    let record = traces.records().iter().find(named).unwrap();
    (record.status, record.level)
}

#[test]
fn events_belong_to_the_innermost_span_of_both_worlds() {
    let traces = capture(|| {
        info!("nowhere");
        let a = info_span!("a");
        let _a = a.enter();
        info!(target: "app", count = 2, api_key = "k", "found {}", "it");
        {
            let _b = span("b");
            warn!(why = ?"x");
            info!(parent: &a, "for a");
            info!(parent: None, "for nobody");
            debug!("too fine");
        }
    });
    assert_eq!(
        events(&traces, "a"),
        json!([
            {"name": "found it", "level": "DEFAULT", "data": {"target": "app", "count": 2, "api_key": "[redacted]"}},
            {"name": "for a", "level": "DEFAULT", "data": {"target": "bridge::events"}},
        ])
    );
    let b = events(&traces, "b");
    assert_eq!(b.as_array().unwrap().len(), 1);
    assert!(b[0]["name"].as_str().unwrap().starts_with("event "), "{b}");
    assert_eq!(b[0]["data"]["why"], "\"x\"");
    assert_eq!(status(&traces, "b"), (Some(Status::Success), None));
}

#[test]
fn a_long_message_is_kept_whole_beside_its_beginning() {
    let long = "ä".repeat(150);
    let traces = capture(|| info_span!("a").in_scope(|| info!("{long}")));
    let events = events(&traces, "a");
    assert_eq!(events[0]["name"], "ä".repeat(100));
    assert_eq!(events[0]["data"]["message"], long);
}

/// An error of the span's own code is known there; a line in a log is not.
#[test]
fn an_error_event_fails_a_span_of_tracing_only() {
    let traces = capture(|| {
        info_span!("theirs").in_scope(|| error!("broken"));
        let _ours = span("ours");
        error!("got over it");
    });
    assert_eq!(
        status(&traces, "theirs"),
        (Some(Status::Error), Some(Level::Error))
    );
    assert_eq!(
        traces.find("theirs").unwrap().error().unwrap().message,
        "broken"
    );
    assert_eq!(
        status(&traces, "ours"),
        (Some(Status::Success), Some(Level::Error))
    );
}

/// A span around a program's main loop sees all that the program writes.
#[test]
fn a_span_keeps_so_many_events_and_no_more() {
    let traces = capture(|| {
        info_span!("loop").in_scope(|| {
            for number in 0..20_000 {
                info!(number, "again");
            }
            for _ in 0..2 {
                error!("failed");
            }
        });
    });
    let kept = events(&traces, "loop").as_array().unwrap().len();
    assert_eq!(kept, 10_000);
    let looped = traces.find("loop").unwrap();
    assert_eq!(looped.metadata()["capture_complete"], false);
    assert_eq!(
        looped.error().unwrap().message,
        "failed",
        "what matters is kept"
    );
    assert_eq!(
        status(&traces, "loop"),
        (Some(Status::Error), Some(Level::Error))
    );
}

#[derive(Debug)]
struct Outer(fmt::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tracing::instrument(err)]
fn fails() -> Result<(), Outer> {
    Err(Outer(fmt::Error))
}

#[tracing::instrument(err(level = "warn"))]
fn fails_a_little() -> Result<(), Outer> {
    Err(Outer(fmt::Error))
}

#[test]
fn errors_of_instrumented_functions_are_errors() {
    let traces = capture(|| {
        let _ = (fails(), fails_a_little());
        info_span!("chain").in_scope(|| {
            let error = Outer(fmt::Error);
            error!(error = &error as &(dyn Error + 'static), "failed");
        });
    });
    assert_eq!(
        status(&traces, "fails"),
        (Some(Status::Error), Some(Level::Error))
    );
    assert_eq!(
        traces.find("fails").unwrap().error().unwrap().message,
        "outer"
    );
    assert_eq!(
        status(&traces, "fails_a_little"),
        (Some(Status::Error), None)
    );
    let chain = traces.find("chain").unwrap();
    assert_eq!(chain.error().unwrap().message, "outer");
    assert_eq!(chain.error().unwrap().chain, [fmt::Error.to_string()]);
    assert_eq!(events(&traces, "chain")[0]["name"], "failed");
}
