//! Fields that are no convention's: metadata.

use std::fmt;

use carrot_runtime::span;
use serde_json::json;
use tracing::field::{Empty, debug, display};
use tracing::{Span, info_span};

use crate::capture;

#[test]
fn fields_are_metadata() {
    let traces = capture(|| {
        let a = info_span!(
            "a",
            text = "t",
            count = 3,
            less = -1i64,
            share = 0.5,
            yes = true,
            shown = %"s",
            seen = ?Some(1),
            later = Empty,
            never = Empty,
            user.password = "hunter2",
            api_key = ?"k",
            otel.kind = "client",
        );
        a.record("later", 1);
        a.record("later", 2);
        a.record("count", display(4));
    });
    assert_eq!(
        *traces.find("a").unwrap().metadata(),
        json!({
            "source": "tracing", "text": "t", "count": "4", "less": -1, "share": 0.5, "yes": true, "shown": "s",
            "seen": "Some(1)", "later": 2, "user.password": "[redacted]", "api_key": "[redacted]",
        })
    );
}

#[test]
fn words_to_us_rename_and_fail() {
    let traces = capture(|| {
        let a = info_span!("a", otel.name = "GET /x", otel.status_code = Empty);
        a.record("otel.status_code", "ERROR");
        drop(info_span!(
            "b",
            otel.status_code = "error",
            otel.status_description = "why"
        ));
        drop(info_span!("c", otel.status_code = "OK"));
    });
    let error = |name: &str| {
        traces
            .find(name)
            .unwrap()
            .error()
            .map(|it| it.message.clone())
    };
    assert_eq!(error("GET /x").as_deref(), Some(""));
    assert_eq!(error("b").as_deref(), Some("why"));
    assert_eq!(error("c"), None);
}

/// What names a span in its `Debug`.
struct Naming<'a>(&'a Span);

impl fmt::Debug for Naming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info_span!(parent: self.0, "inside").in_scope(|| drop(span("ours inside")));
        tracing::error!(parent: self.0, "inside");
        f.write_str("fine")
    }
}

#[test]
fn a_named_parent_records_nothing_from_inside_a_capture() {
    let traces = capture(|| {
        let a = info_span!("a");
        drop(info_span!(parent: &a, "b", seen = ?Naming(&a)));
        span("ours").set_metadata("seen", &format_args!("{:?}", Naming(&a)));
        a.in_scope(|| tracing::info!(seen = ?Naming(&a), "said"));
        drop(info_span!(parent: &a, "outside"));
    });
    assert_eq!(traces.render(), "a\n├─ b\n└─ outside\nours\n");
    assert_eq!(traces.find("b").unwrap().metadata()["seen"], "fine");
    assert_eq!(traces.find("ours").unwrap().metadata()["seen"], "fine");
    let a = traces.find("a").unwrap();
    assert_eq!((a.events().len(), a.status()), (1, "success"));
}

/// What panics in its `Debug`, or calls traced code there.
struct Hostile(bool);

impl fmt::Debug for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _span = info_span!("inside").entered();
        tracing::error!("inside");
        drop(span("ours inside"));
        if self.0 {
            std::panic::resume_unwind(Box::new("quiet"));
        }
        f.write_str("fine")
    }
}

#[test]
fn the_code_of_values_does_no_harm() {
    let traces = capture(|| {
        let a =
            info_span!("a", bad = ?Hostile(true), good = ?Hostile(false), late = Empty, last = 1);
        a.record("late", debug(Hostile(true)));
        a.record("late", debug(Hostile(false)));
        a.in_scope(|| {
            tracing::info!(bad = ?Hostile(true), "said");
            tracing::info!("{:?}", Hostile(true));
        });
        drop(info_span!("b", gen_ai.prompt = ?Hostile(true)));
    });
    assert_eq!(traces.render(), "a\nb\n");
    let metadata = traces.find("a").unwrap().metadata().clone();
    assert_eq!(metadata["good"], "fine");
    assert_eq!(metadata["late"], "fine");
    assert_eq!(metadata["last"], 1);
    assert!(metadata["bad"].as_str().unwrap().contains("panicked"));
    assert_eq!(
        traces.records()[0].status,
        Some(carrot_runtime::Status::Success)
    );
}
