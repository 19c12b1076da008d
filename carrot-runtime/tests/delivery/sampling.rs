//! Which traces arrive, and what is known of them.

use std::time::Duration;

use carrot_runtime::{Keep, TraceContext, continue_trace, current, event, span};
use serde_json::{Value, json};

use crate::collector::Collector;
use crate::program::{Program, is_child, program, say};

fn start() -> carrot_runtime::Builder {
    carrot_runtime::builder().sample_rate(0.0)
}

/// The records, and what the child said of its last flush.
fn arrived(program: Program) -> (Vec<Value>, Value) {
    let collector = Collector::start();
    let ended = program.to(&collector).run();
    let said = ended.said.last().cloned().unwrap_or_default();
    (collector.taken(), said)
}

fn flush() {
    let report = carrot_runtime::flush();
    say(json!({"sampled_out": report.sampled_out, "dropped": report.dropped.total()}));
}

fn names(records: &[Value]) -> Vec<&str> {
    let mut names: Vec<_> = records
        .iter()
        .filter_map(|record| record["name"].as_str())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn of_what_is_sampled_out_only_failures_arrive_without_their_values() {
    if is_child() {
        let _guard = start().init().unwrap();
        for n in 0..10 {
            let root = span("run").input(&n);
            {
                let step = span("step").input("secret").tag("tag");
                step.set_output("out");
                event("event", &1);
                if n % 2 == 0 {
                    step.fail("Timeout", "a tool failed");
                }
            }
            if n == 3 {
                root.fail("Broken", "the run failed");
            }
        }
        return flush();
    }
    let (records, said) = arrived(program!(
        of_what_is_sampled_out_only_failures_arrive_without_their_values
    ));
    assert_eq!(said, json!({"sampled_out": 9, "dropped": 0}));
    assert_eq!(names(&records), ["run", "step"]);
    for record in &records {
        assert_eq!(record["metadata"]["skeleton"], true);
        assert!(record["metadata"].get("sample_weight").is_none());
        let text = record.to_string();
        assert!(!text.contains("secret") && !text.contains("tag") && !text.contains("event"));
        assert!(record["started_at"].is_string() && record["ended_at"].is_string());
    }
    let run = records
        .iter()
        .find(|record| record["name"] == "run")
        .unwrap();
    assert_eq!(run["error"]["message"], "the run failed");
}

#[test]
fn what_is_kept_by_chance_says_how_many_it_stands_for() {
    if is_child() {
        let _guard = carrot_runtime::builder().sample_rate(0.25).init().unwrap();
        (0..400).for_each(|_| drop(span("run")));
        span("failed").fail("Broken", "always kept");
        return flush();
    }
    let (records, said) = arrived(program!(what_is_kept_by_chance_says_how_many_it_stands_for));
    let kept = records.iter().filter(|record| record["name"] == "run");
    let kept: Vec<_> = kept.collect();
    assert!((50..150).contains(&kept.len()), "{}", kept.len());
    assert_eq!(said["sampled_out"], 400 - kept.len());
    assert!(
        kept.iter()
            .all(|record| record["metadata"]["sample_weight"] == 4.0)
    );
    let failed = records
        .iter()
        .find(|record| record["name"] == "failed")
        .unwrap();
    assert!(failed["metadata"].get("sample_weight").is_none());
}

#[test]
fn rules_look_at_the_whole_trace_and_keep_all_of_it() {
    if is_child() {
        let rules = start()
            .keep(Keep::errors())
            .keep(Keep::tagged("vip"))
            .keep(Keep::slower_than(Duration::from_secs(3600)));
        let _guard = rules.init().unwrap();
        drop(span("plain"));
        {
            let _root = span("got over").input("kept");
            span("tool").fail("Timeout", "once");
        }
        {
            let _root = span("tagged");
            drop(span("below").tag("vip"));
        }
        span("failed").fail("Broken", "oh");
        return flush();
    }
    let (records, said) = arrived(program!(rules_look_at_the_whole_trace_and_keep_all_of_it));
    assert_eq!(said["sampled_out"], 1);
    assert_eq!(
        names(&records),
        ["below", "failed", "got over", "tagged", "tool"]
    );
    let got_over = records
        .iter()
        .find(|record| record["name"] == "got over")
        .unwrap();
    assert_eq!(got_over["input"], "kept");
    assert!(got_over["metadata"].get("skeleton").is_none());
}

#[test]
fn a_slow_trace_is_kept_by_its_rule() {
    if is_child() {
        let _guard = start()
            .keep(Keep::slower_than(Duration::ZERO))
            .init()
            .unwrap();
        drop(span("slow"));
        return flush();
    }
    let (records, _) = arrived(program!(a_slow_trace_is_kept_by_its_rule));
    assert_eq!(names(&records), ["slow"]);
}

#[test]
fn a_seed_in_the_environment_decides_by_name() {
    if is_child() {
        drop(span("my-agent"));
        drop(span("research-agent"));
        return flush();
    }
    let program = program!(a_seed_in_the_environment_decides_by_name)
        .env("CARROT_SAMPLE_RATE", "0.5")
        .env("CARROT_SAMPLE_SEED", "my-stable-seed");
    let (records, said) = arrived(program);
    assert_eq!(names(&records), ["my-agent"]);
    assert_eq!(records[0]["metadata"]["sample_weight"], 2.0);
    assert_eq!(said["sampled_out"], 1);
}

#[test]
fn late_children_share_the_fate_of_their_trace() {
    if is_child() {
        let _guard = start().init().unwrap();
        let late = {
            let _root = span("left out");
            current()
        };
        carrot_runtime::flush();
        late.run(|| drop(span("late")));
        let late = {
            let root = span("failed");
            root.fail("Broken", "oh");
            current()
        };
        carrot_runtime::flush();
        late.run(|| drop(span("late too")));
        return flush();
    }
    let (records, _) = arrived(program!(late_children_share_the_fate_of_their_trace));
    assert_eq!(names(&records), ["failed", "late too"]);
}

#[test]
fn a_long_trace_that_is_sampled_out_holds_little_memory() {
    if is_child() {
        let _guard = start().init().unwrap();
        let root = span("root");
        for n in 0..200_000 {
            let step = span("step");
            if n == 5 {
                step.fail("Early", "kept");
            }
        }
        root.fail("Broken", "oh");
        drop(root);
        return flush();
    }
    let (records, said) = arrived(program!(
        a_long_trace_that_is_sampled_out_holds_little_memory
    ));
    assert_eq!(said["dropped"], 0);
    assert!(records.len() < 100_000, "{}", records.len());
    let root = records
        .iter()
        .rfind(|record| record["name"] == "root")
        .unwrap();
    assert_eq!(root["metadata"]["capture_complete"], false);
    assert!(
        records
            .iter()
            .any(|record| record["error"]["message"] == "kept")
    );
}

#[test]
fn another_process_decides_of_the_traces_it_began() {
    if is_child() {
        let _guard = start().init().unwrap();
        let went_on = |trace: u32, flags: &str| {
            let traceparent = format!("00-{trace:032x}-b7ad6b7169203331-{flags}");
            continue_trace(TraceContext::parse(&traceparent, "").unwrap())
        };
        for (trace, flags) in [(1, "00"), (2, "01")] {
            went_on(trace, flags).run(|| drop(span(&format!("went on {flags}"))));
            let failed = || span(&format!("failed {flags}")).fail("Broken", "oh");
            went_on(trace + 2, flags).run(failed);
        }
        return flush();
    }
    let (records, said) = arrived(program!(another_process_decides_of_the_traces_it_began));
    assert_eq!(names(&records), ["failed 00", "failed 01", "went on 01"]);
    assert_eq!(said["sampled_out"], 1);
}

#[test]
fn a_service_that_is_switched_off_passes_the_trace_on() {
    if is_child() {
        let context = TraceContext::parse(
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "a=1",
        );
        let mut headers = http::HeaderMap::new();
        continue_trace(context.unwrap()).run(|| {
            let _step = span("not recorded");
            carrot_runtime::inject(&mut headers);
        });
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        return say(json!([text("traceparent"), text("tracestate")]));
    }
    let program =
        program!(a_service_that_is_switched_off_passes_the_trace_on).env("CARROT_ENABLED", "false");
    let (records, said) = arrived(program);
    assert!(records.is_empty());
    assert_eq!(
        said,
        json!([
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "a=1"
        ])
    );
}
