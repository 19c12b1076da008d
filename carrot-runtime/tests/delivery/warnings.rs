//! One line on standard error for each kind of trouble in a minute, however often it comes.

use std::time::{Duration, Instant};

use carrot_runtime::{flush_timeout, stats, warn_once};
use serde_json::json;

use crate::collector::{Answer, Collector};
use crate::program::{is_child, program, say, steps};

/// So many kinds, besides those of delivery.
const KINDS: [&str; 4] = ["one", "two", "three", "four"];

fn make_trouble() {
    let begun = Instant::now();
    let kinds = KINDS.map(|kind| {
        std::thread::spawn(move || {
            for place in 0..500 {
                for other in KINDS {
                    warn_once(other, &format!("kind {other} at {kind} {place}"));
                }
            }
        })
    });
    while stats().destinations.is_empty() || stats().destinations[0].retried < 8 {
        steps(9);
        flush_timeout(Duration::from_millis(20));
    }
    for kind in kinds {
        kind.join().unwrap();
    }
    let dropped = stats().destinations[0].dropped.queue_full;
    // On a machine so slow that a minute went by there may be more lines.
    say(json!([dropped, begun.elapsed().as_secs()]));
}

#[test]
fn each_kind_of_trouble_is_one_line_a_minute() {
    if is_child() {
        return make_trouble();
    }
    let collector = Collector::answering(|number, _| match number % 2 {
        0 => Answer::Say(503, "down"),
        _ => Answer::Say(401, r#"{"error": "no such key"}"#),
    });
    let ended = { program!(each_kind_of_trouble_is_one_line_a_minute).to(&collector) }
        .env("CARROT_MAX_QUEUE_RECORDS", "2")
        .env("CARROT_FLUSH_TIMEOUT", "1")
        .env("CARROT_REQUEST_TIMEOUT", "never")
        .run();
    let [dropped, seconds] = [0, 1].map(|at| ended.said[0][at].as_u64().unwrap());
    assert!(dropped > 8, "{ended:?}");
    let mut kinds = vec![
        "503",
        "refuses the key",
        "more wait than the queue holds",
        "CARROT_REQUEST_TIMEOUT",
    ];
    kinds.extend(["kind one", "kind two", "kind three", "kind four"]);
    let warnings = ended.warnings();
    for kind in &kinds {
        let of_it = warnings.iter().filter(|line| line.contains(kind)).count();
        assert!(
            of_it >= 1 && of_it as u64 <= 1 + seconds / 60,
            "{kind}: {warnings:#?}"
        );
    }
    assert!(
        warnings.len() as u64 <= kinds.len() as u64 * (1 + seconds / 60),
        "{warnings:#?}"
    );
    assert_eq!(ended.stderr.lines().count(), warnings.len());
}
