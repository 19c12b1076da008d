//! What is said of spans by hand, and what the spans below take over.

use carrot_runtime::testing::{Traces, capture, capture_async};
use carrot_runtime::{
    Level, Span, SpanKind, Status, Usage, agent, current, event, generation, session, span, user,
};
use carrot_wire::Record;
use serde_json::{Value, json};

use crate::{INNER, OUTER, block_on, step};

/// The record of the first span with this name.
fn record<'a>(traces: &'a Traces, name: &str) -> &'a Record {
    let named = |record: &&Record| record.name.as_deref() == Some(name);
    traces.records().iter().find(named).unwrap()
}

#[test]
fn everything_can_be_said_of_a_span() {
    let traces = capture(|| {
        let step = span("step")
            .kind(SpanKind::Retrieval)
            .level(Level::Warning)
            .input(&json!({"query": "carrots"}))
            .tag("a")
            .tags(["b", "a"])
            .metadata("k", &1)
            .metadata("api_key", "hush");
        step.set_metadata("k", &2);
        step.set_output(&["soup"]);
        step.set_level(Level::Debug);
        step.rename("renamed");
    });
    let step = record(&traces, "renamed");
    assert_eq!(step.kind, Some(SpanKind::Retrieval));
    assert_eq!(step.level, Some(Level::Debug));
    assert_eq!(
        step.tags.as_deref(),
        Some(&["a".to_owned(), "b".to_owned()][..])
    );
    assert_eq!(step.metadata["k"], 2);
    assert_eq!(step.metadata["api_key"], "[redacted]");
    assert_eq!(step.metadata["source"], "manual");
    assert_eq!(step.output.as_ref().unwrap().as_str(), r#"["soup"]"#);
    assert_eq!(step.status, Some(Status::Success));
}

#[test]
fn an_error_makes_the_status_unless_that_is_said_too() {
    let failure = "x".parse::<u8>().unwrap_err();
    let traces = capture(|| {
        span("failed").set_error(&failure);
        let got_over = span("got over");
        got_over.fail("Timeout", "the second try worked");
        got_over.set_status(Status::Success);
        drop(got_over);
        span("said").set_status(Status::Cancelled);
    });
    let failed = record(&traces, "failed");
    assert_eq!(failed.status, Some(Status::Error));
    let error = failed.error.as_ref().unwrap();
    assert_eq!(error.message, "invalid digit found in string");
    assert_eq!(error.kind, "core::num::error::ParseIntError");
    let got_over = record(&traces, "got over");
    assert_eq!(got_over.status, Some(Status::Success));
    assert_eq!(got_over.error.as_ref().unwrap().kind, "Timeout");
    assert_eq!(record(&traces, "said").status, Some(Status::Cancelled));
}

#[test]
fn a_generation_knows_its_model_its_tokens_and_its_cost() {
    let traces = capture(|| {
        let call = generation("gpt-call")
            .model("gpt-4o")
            .model_parameters(&json!({"temperature": 0.7}))
            .input(&json!([{"role": "user", "content": "Hello"}]));
        call.set_usage(Usage::new(1000, 100).cached(400));
        call.set_output("Hi!");
    });
    let call = record(&traces, "gpt-call");
    assert_eq!(call.kind, Some(SpanKind::LlmCall));
    let metadata = Value::Object(call.metadata.clone());
    assert_eq!(metadata["model"], "gpt-4o");
    assert_eq!(metadata["model_parameters"], json!({"temperature": 0.7}));
    assert_eq!(metadata["total_tokens"], 1100);
    assert_eq!(metadata["cached_tokens"], 400);
    let cost = metadata["cost_usd"].as_f64().unwrap();
    assert!(
        (cost - (600.0 * 2.5e-6 + 400.0 * 1.25e-6 + 100.0 * 1e-5)).abs() < 1e-9,
        "{cost}"
    );
}

#[test]
fn events_have_their_time_and_their_order() {
    let traces = capture(|| {
        let task = span("task");
        task.add_event("checkpoint", &json!({"step": 1}));
        event("checkpoint", &json!({"step": 2}));
        event("bare", &());
    });
    let task = record(&traces, "task");
    let events = task.events.as_ref().unwrap().to_value();
    let events = events.as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!(
        (&events[1]["name"], &events[1]["data"]),
        (&json!("checkpoint"), &json!({"step": 2}))
    );
    assert!(events[2].get("data").is_none() && events[2].get("level").is_none());
    let times: Vec<_> = events
        .iter()
        .map(|event| event["at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted() && times[0] >= task.started_at.unwrap().to_string().as_str());
}

#[test]
fn current_is_the_innermost_and_nothing_is_said_of_nothing() {
    current().set_output(&"nowhere");
    assert!(!current().is_recording());
    let traces = capture(|| {
        step(&OUTER, || {
            step(&INNER, || current().add_tag("inner"));
            current().set_output(&7);
            let outer = current();
            assert_eq!(
                std::thread::spawn(move || outer.set_metadata("from", "afar"))
                    .join()
                    .ok(),
                Some(())
            );
        });
    });
    assert_eq!(traces.find("inner").unwrap().tags(), ["inner"]);
    let outer = traces.find("outer").unwrap();
    assert_eq!(
        (outer.output(), &outer.metadata()["from"]),
        (&json!(7), &json!("afar"))
    );
}

#[test]
fn a_session_reaches_what_is_opened_inside_and_nothing_else() {
    let traces = capture(|| {
        session("s1").user("ada").run(|| {
            step(&OUTER, || step(&INNER, || ()));
            session("s2").run(|| drop(span("nested")));
            user("bob").run(|| drop(span("other user")));
        });
        drop(span("outside"));
    });
    let of = |name| {
        let record = record(&traces, name);
        (record.session_id.as_deref(), record.user_id.as_deref())
    };
    for name in ["outer", "inner"] {
        assert_eq!(of(name), (Some("s1"), Some("ada")));
    }
    assert_eq!(of("nested"), (Some("s2"), Some("ada")));
    assert_eq!(of("other user"), (Some("s1"), Some("bob")));
    assert_eq!(of("outside"), (None, None));
}

#[test]
fn a_session_follows_a_future_and_the_tasks_it_spawns() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let conversation = async {
        span("first")
            .scope(async { tokio::task::yield_now().await })
            .await;
        let late = carrot_runtime::spawn(async {
            tokio::task::yield_now().await;
            step(&INNER, || ());
        });
        late.await.unwrap();
        carrot_runtime::spawn_blocking(|| step(&OUTER, || ()))
            .await
            .unwrap();
    };
    let traces = runtime.block_on(capture_async(async {
        session("s").scope(conversation).await;
    }));
    assert_eq!(traces.records().len(), 3);
    for record in traces.records() {
        assert_eq!(record.session_id.as_deref(), Some("s"));
    }
}

#[test]
fn a_spans_own_session_reaches_the_spans_below_it() {
    let traces = capture(|| {
        let root = span("root");
        {
            let _part = span("part").session("s").user("u");
            step(&INNER, || ());
        }
        step(&OUTER, || ());
        drop(root);
    });
    for (name, session) in [
        ("root", None),
        ("part", Some("s")),
        ("inner", Some("s")),
        ("outer", None),
    ] {
        assert_eq!(
            record(&traces, name).session_id.as_deref(),
            session,
            "{name}"
        );
    }
}

#[test]
fn a_session_set_on_the_current_span_is_that_of_the_whole_trace() {
    let traces = capture(|| {
        step(&OUTER, || {
            step(&INNER, || {
                current().set_trace_session("s");
                current().set_trace_user("u");
            })
        });
    });
    for record in traces.records() {
        assert_eq!(record.session_id.as_deref(), Some("s"));
        assert_eq!(record.user_id.as_deref(), Some("u"));
    }
}

#[test]
fn agents_are_named_below_them() {
    let traces = capture(|| {
        let planner = agent("planner").role("plans the trip");
        step(&OUTER, || ());
        {
            let _searcher = agent("searcher");
            step(&INNER, || ());
        }
        drop(planner);
        drop(span("alone"));
    });
    let of = |name, key| {
        record(&traces, name)
            .metadata
            .get(key)
            .and_then(Value::as_str)
    };
    assert_eq!(of("planner", "agent"), Some("planner"));
    assert_eq!(of("outer", "agent_role"), Some("plans the trip"));
    assert_eq!(of("inner", "agent"), Some("searcher"));
    assert_eq!(of("inner", "agent_role"), None);
    assert_eq!(of("inner", "parent_agent"), Some("planner"));
    assert_eq!(of("searcher", "parent_agent"), Some("planner"));
    assert_eq!(of("alone", "agent"), None);
    assert_eq!(traces.find("planner").unwrap().kind(), "agent");
}

#[test]
fn a_guard_that_goes_into_a_future_is_current_there_only() {
    let traces = capture(|| {
        let outer = span("outer");
        let future = span("fetch").scope(async { step(&INNER, || ()) });
        step(&OUTER, || ());
        block_on(future);
        drop(outer);
        let run = span("run").run(|| current().is_recording());
        assert!(run && !current().is_recording());
    });
    assert_eq!(
        traces.render(),
        "outer\n├─ fetch\n│  └─ inner\n└─ outer\nrun\n"
    );
}

#[test]
fn a_guard_dropped_by_a_panic_is_an_error() {
    let traces = capture(|| {
        let panicked = std::panic::catch_unwind(|| {
            let _step = span("step");
            panic!("oh");
        });
        assert!(panicked.is_err());
        let scoped = std::panic::catch_unwind(|| span("run").run(|| panic!("oh")));
        assert!(scoped.is_err());
    });
    assert_eq!(traces.find("step").unwrap().status(), "error");
    assert_eq!(traces.find("run").unwrap().error().unwrap().message, "oh");
}

#[test]
fn a_value_that_panics_is_no_failure_of_the_span() {
    struct Bad;
    impl serde::Serialize for Bad {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("oh")
        }
    }
    let traces = capture(|| {
        let step = span("step").input(&Bad).metadata("bad", &Bad);
        step.set_metadata("good", &1);
        step.add_event("event", &Bad);
    });
    let step = traces.find("step").unwrap();
    assert_eq!(step.status(), "success");
    assert_eq!(step.metadata()["good"], 1);
    assert_eq!(step.input(), "<panicked while it was captured>");
}

#[test]
fn what_is_said_after_the_end_is_not_kept() {
    let traces = capture(|| {
        let root = span("root");
        let step = span("step");
        let handle = *step;
        drop(step);
        drop(root);
        handle.set_output(&"late");
        Span::open(&OUTER).end();
    });
    assert_eq!(traces.roots().len(), 2);
}
