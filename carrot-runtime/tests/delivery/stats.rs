//! What `stats()` says while things happen.

use std::time::{Duration, Instant};

use carrot_runtime::{DestinationStats, flush, stats};
use serde_json::json;

use crate::collector::{Answer, Collector};
use crate::program::{is_child, program, say, steps};

/// How long something may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until it stands so with the one destination.
#[track_caller]
fn wait_until(wanted: impl Fn(&DestinationStats) -> bool) -> DestinationStats {
    let begun = Instant::now();
    loop {
        let stats = stats();
        assert_eq!(stats.destinations.len(), 1);
        let destination = stats.destinations.into_iter().next().unwrap();
        if wanted(&destination) {
            return destination;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {destination:?}");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_on_its_way_fails_and_gets_through_is_counted() {
    if is_child() {
        assert_eq!(stats(), carrot_runtime::Stats::default());
        steps(4);
        // What is told is told one after the other: all that is wanted is waited for together.
        wait_until(|it| {
            let waits = (it.queued, it.queued_bytes, it.in_flight);
            let failed = (it.retried, it.is_away, &it.last_error);
            waits == (0, 0, 5) && failed == (0, false, &None)
        });
        wait_until(|it| {
            let waits = it.is_away && it.queued == 5 && it.queued_bytes > 0;
            waits && it.retried > 0 && it.last_error.is_some()
        });
        let refused = wait_until(|it| {
            let error = it.last_error.as_deref();
            it.retried == 2 && error.is_some_and(|error| error.contains("refuses the key"))
        });
        let why = refused.last_error.unwrap();
        assert!(why.contains("ask for"), "{why}");
        for secret in ["ck-secret", "of-the-gateway", "\n"] {
            assert!(!why.contains(secret), "{why}");
        }

        flush();
        let through = wait_until(|it| {
            let is_there = !it.is_away && it.last_error.is_none();
            is_there && (it.acked, it.queued, it.in_flight) == (5, 0, 0)
        });
        assert_eq!(stats().recorded, 5);
        return say(json!([through.retried, through.bytes]));
    }
    let collector = Collector::answering(|number, _| match number {
        0 => Answer::Hang,
        1 => Answer::Say(401, r#"{"error": "ask for\nck-secret of-the-gateway"}"#),
        _ => Answer::Accept,
    });
    let program = program!(what_is_on_its_way_fails_and_gets_through_is_counted);
    let program = { program.to(&collector) }
        .env("CARROT_API_KEY", "ck-secret")
        .env("CARROT_HEADERS", "x-gateway=of-the-gateway")
        .env("CARROT_FLUSH_INTERVAL", "0.05")
        .env("CARROT_REQUEST_TIMEOUT", "3");
    let ended = program.run();
    let [retried, bytes] = [0, 1].map(|at| ended.said[0][at].as_u64().unwrap());
    assert_eq!(retried, 2);
    assert_eq!(collector.requests().len(), 3);
    // The same five records, three times.
    assert_eq!(bytes % 3, 0);
    let texts = collector
        .taken()
        .into_iter()
        .map(|it| it.to_string().len() as u64);
    let texts: u64 = texts.sum();
    assert!(
        bytes / 3 >= texts / 2 && bytes / 3 <= texts * 2,
        "{bytes}, {texts}"
    );
    let said = &ended.stderr;
    assert!(said.contains("does not answer in time"), "{said}");
    assert!(!said.contains("of-the-gateway"), "{said}");
}
