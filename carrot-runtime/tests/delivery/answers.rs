//! Every kind of answer.

use std::time::Duration;

use serde_json::Value;

use crate::collector::{Answer, Collector};
use crate::program::{is_child, program, say_report, steps};

/// 1 root and 24 steps, then a flush, of which it says the report.
fn trace_and_flush() {
    steps(24);
    say_report(&carrot_runtime::flush());
}

#[track_caller]
fn assert_each_delivered_once(collector: &Collector, records: usize) {
    let ended = collector.ended();
    assert_eq!(ended.len(), records);
    assert!(ended.values().all(|&times| times == 1), "{ended:?}");
}

#[test]
fn the_request_carries_key_project_and_records() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::start();
    let program = program!(the_request_carries_key_project_and_records).to(&collector);
    let program = program
        .env("CARROT_API_KEY", "ck-secret")
        .env("CARROT_PROJECT_ID", "shop");
    let ended = program.env("CARROT_BATCH_SIZE", "10").run();
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    assert_each_delivered_once(&collector, 25);
    for request in collector.requests() {
        assert_eq!(request.line, "POST /v1/traces/ingest");
        assert_eq!(request.headers["authorization"], "Bearer ck-secret");
        assert_eq!(request.headers["x-carrot-project"], "shop");
        assert_eq!(request.headers["content-type"], "application/json");
        assert!(request.records.len() <= 10);
    }
}

#[test]
fn a_base_url_with_a_path_keeps_it() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::start();
    let url = format!("{}/under/here/", collector.url());
    program!(a_base_url_with_a_path_keeps_it)
        .env("CARROT_BASE_URL", &url)
        .run();
    assert_eq!(
        collector.requests()[0].line,
        "POST /under/here/v1/traces/ingest"
    );
}

/// It may be cured, so its records wait.
#[test]
fn a_wrong_key_is_said_without_the_key() {
    if is_child() {
        return trace_and_flush();
    }
    let collector =
        Collector::answering(|_, _| Answer::Say(401, r#"{"error": "no such key:\nck-secret"}"#));
    let program = program!(a_wrong_key_is_said_without_the_key).to(&collector);
    let ended = program
        .env("CARROT_API_KEY", "ck-secret")
        .env("CARROT_DEBUG", "1")
        .env("CARROT_FLUSH_TIMEOUT", "1")
        .run();
    assert_eq!(ended.counts(), [0, 25, 0, 0]);
    let warnings = ended.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("CARROT_API_KEY"), "{warnings:?}");
    assert!(warnings[0].contains("no such key:"), "{warnings:?}");
    assert!(
        !ended.stderr.contains("ck-secret") && !ended.said[0].to_string().contains("ck-secret")
    );
}

#[test]
fn a_key_that_is_cured_delivers_what_waited() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|request, _| match request {
        0 | 1 => Answer::Say(401, r#"{"error": "no such key"}"#),
        _ => Answer::Accept,
    });
    let program = program!(a_key_that_is_cured_delivers_what_waited).to(&collector);
    let ended = program.env("CARROT_API_KEY", "ck-secret").run();
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    assert_each_delivered_once(&collector, 25);
}

#[test]
fn a_collector_that_fails_twice_gets_everything_once() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|request, _| match request {
        0 | 1 => Answer::Say(503, ""),
        _ => Answer::Accept,
    });
    let program = program!(a_collector_that_fails_twice_gets_everything_once).to(&collector);
    let ended = program.env("CARROT_BATCH_SIZE", "10").run();
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    assert_each_delivered_once(&collector, 25);
}

#[test]
fn a_collector_that_asks_to_wait_is_left_alone_so_long() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|request, _| match request {
        0 => Answer::SayWith(429, "retry-after", "2".to_owned()),
        _ => Answer::Accept,
    });
    let ended = program!(a_collector_that_asks_to_wait_is_left_alone_so_long)
        .to(&collector)
        .run();
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    assert_each_delivered_once(&collector, 25);
    let requests = collector.requests();
    let waited = requests[1].at.duration_since(requests[0].at);
    assert!(waited > Duration::from_millis(1_900), "{waited:?}");
}

#[test]
fn a_batch_that_is_too_large_is_split() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|_, records| {
        if records.len() > 3 {
            Answer::Say(413, "")
        } else {
            Answer::Accept
        }
    });
    let ended = program!(a_batch_that_is_too_large_is_split)
        .to(&collector)
        .run();
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    assert_each_delivered_once(&collector, 25);
}

#[test]
fn a_record_that_is_too_large_alone_is_counted_and_the_rest_delivered() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|_, records| {
        let is_root = |record: &Value| record["name"] == "root";
        if records.iter().any(is_root) {
            Answer::Say(413, "")
        } else {
            Answer::Accept
        }
    });
    let ended = program!(a_record_that_is_too_large_alone_is_counted_and_the_rest_delivered)
        .to(&collector)
        .run();
    assert_eq!(ended.counts(), [24, 0, 0, 1]);
    assert_each_delivered_once(&collector, 24);
}

#[test]
fn a_record_that_is_refused_spoils_no_other() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|_, _| Answer::AcceptBut(vec![1, 3]));
    let ended = program!(a_record_that_is_refused_spoils_no_other)
        .to(&collector)
        .run();
    assert_eq!(ended.counts(), [23, 0, 0, 2]);
    assert_eq!(ended.said[0]["last_error"], "its date is none");
    assert_eq!(ended.warnings().len(), 1);
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|request, _| match request {
        0 => Answer::Break,
        _ => Answer::Accept,
    });
    let ended = program!(an_answer_that_breaks_off_is_no_answer)
        .to(&collector)
        .run();
    assert_eq!(ended.counts(), [25, 0, 0, 0]);
    assert_each_delivered_once(&collector, 25);
}

#[track_caller]
fn assert_no_collector(ended: &crate::program::Ended) {
    assert_eq!(ended.counts(), [0, 0, 0, 25]);
    assert_eq!(ended.warnings().len(), 1, "{}", ended.stderr);
    assert!(
        ended.warnings()[0].contains("collector"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_web_page_is_no_collector() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|_, _| Answer::Say(200, "<!doctype html><h1>Hello</h1>"));
    assert_no_collector(&program!(a_web_page_is_no_collector).to(&collector).run());
}

#[test]
fn a_server_without_that_page_is_no_collector() {
    if is_child() {
        return trace_and_flush();
    }
    let collector = Collector::answering(|_, _| Answer::Say(404, "not found"));
    let ended = program!(a_server_without_that_page_is_no_collector)
        .to(&collector)
        .run();
    assert_no_collector(&ended);
    assert!(ended.stderr.contains("CARROT_BASE_URL") && ended.stderr.contains("404"));
}

#[test]
fn key_and_payload_follow_no_redirect() {
    if is_child() {
        return trace_and_flush();
    }
    let elsewhere = Collector::start();
    let location = format!("{}/v1/traces/ingest", elsewhere.url());
    let collector =
        Collector::answering(move |_, _| Answer::SayWith(307, "location", location.clone()));
    let ended = program!(key_and_payload_follow_no_redirect)
        .to(&collector)
        .run();
    assert_no_collector(&ended);
    assert!(elsewhere.requests().is_empty());
}
