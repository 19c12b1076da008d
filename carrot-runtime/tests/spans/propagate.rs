//! Traces that cross processes.

use carrot_runtime::testing::capture;
use carrot_runtime::{
    FnInCurrentTrace, TraceContext, continue_trace, current, extract, inject, session, span,
};
use http::HeaderMap;

use crate::{INNER, OUTER, block_on, step};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for &(name, value) in pairs {
        headers.append(name, value.parse().unwrap());
    }
    headers
}

#[test]
fn what_is_injected_is_extracted() {
    capture(|| {
        step(&OUTER, || {
            let mut headers = headers(&[("tracestate", "from=before")]);
            inject(&mut headers);
            let context = extract(&headers).unwrap();
            assert_eq!(Some(context.trace), current().trace_id());
            assert!(context.sampled && context.random && context.state.is_empty());
            assert!(
                !headers.contains_key("tracestate"),
                "another trace's state was left"
            );
            assert_eq!(current().trace_context(), Some(context));
        });
        let mut none = headers(&[("tracestate", "a=b")]);
        inject(&mut none);
        assert_eq!(none.len(), 1, "nothing is open, nothing is said");
    });
}

#[test]
fn a_trace_goes_on_below_its_sender() {
    let incoming = headers(&[
        ("traceparent", TRACEPARENT),
        ("tracestate", "a=1"),
        ("tracestate", "b=2"),
    ]);
    let mut outgoing = HeaderMap::new();
    let traces = capture(|| {
        continue_trace(extract(&incoming)).run(|| {
            assert!(
                !current().is_recording(),
                "the sender's span is not ours to describe"
            );
            session("s").run(|| {
                step(&OUTER, || {
                    let inner = || step(&INNER, || inject(&mut outgoing));
                    std::thread::scope(|scope| {
                        scope.spawn(inner.in_current_trace());
                    });
                });
            });
            // A second root of the same trace.
            drop(span("second"));
        });
        block_on(continue_trace(extract(&incoming)).scope(async { drop(span("third")) }));
        drop(span("own"));
    });
    let id = |record: &carrot_wire::Record| record.trace_id.unwrap().to_string();
    let of = |name: &str| {
        let named = |record: &&carrot_wire::Record| record.name.as_deref() == Some(name);
        traces.records().iter().find(named).unwrap()
    };
    for name in ["outer", "second", "third"] {
        assert_eq!(id(of(name)), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(
            of(name).parent_span_id.unwrap().to_string(),
            "b7ad6b7169203331"
        );
    }
    assert_eq!(of("inner").parent_span_id, of("outer").span_id);
    assert_eq!(of("inner").session_id.as_deref(), Some("s"));
    assert_ne!(id(of("own")), id(of("outer")));
    assert_eq!(of("own").parent_span_id, None);
    let passed_on = extract(&outgoing).unwrap();
    assert_eq!(Some(passed_on.parent), of("inner").span_id);
    assert_eq!(passed_on.state.as_str(), "a=1,b=2");
    assert!(passed_on.sampled && !passed_on.random);
}

#[test]
fn a_broken_header_begins_a_new_trace() {
    for broken in [
        "",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "zz",
    ] {
        assert_eq!(extract(&headers(&[("traceparent", broken)])), None);
    }
    let twice = headers(&[("traceparent", TRACEPARENT), ("traceparent", TRACEPARENT)]);
    let traces = capture(|| continue_trace(extract(&twice)).run(|| drop(span("root"))));
    assert_eq!(traces.records()[0].parent_span_id, None);
}

/// Against OpenTelemetry's own propagator, there and back.
#[test]
fn opentelemetry_reads_what_we_write_and_we_what_it_writes() {
    use opentelemetry::propagation::TextMapPropagator;
    use opentelemetry::trace::TraceContextExt;
    use std::collections::HashMap;

    let propagator = opentelemetry_sdk::propagation::TraceContextPropagator::new();
    let incoming = headers(&[("traceparent", TRACEPARENT), ("tracestate", "a=1,b=2")]);
    capture(|| {
        continue_trace(extract(&incoming)).run(|| {
            step(&OUTER, || {
                let mut ours = HeaderMap::new();
                inject(&mut ours);
                let text = |name| ours[name].to_str().unwrap().to_owned();
                let carrier: HashMap<String, String> = ["traceparent", "tracestate"]
                    .map(|name| (name.to_owned(), text(name)))
                    .into();
                let context = propagator.extract(&carrier);
                let theirs = context.span().span_context().clone();
                let context = current().trace_context().unwrap();
                assert!(theirs.is_valid() && theirs.is_remote() && theirs.is_sampled());
                assert_eq!(theirs.trace_id().to_string(), context.trace.to_string());
                assert_eq!(theirs.span_id().to_string(), context.parent.to_string());
                assert_eq!(theirs.trace_state().header(), "a=1,b=2");

                let mut back = HashMap::new();
                let theirs = opentelemetry::Context::new().with_remote_span_context(theirs);
                propagator.inject_context(&theirs, &mut back);
                let read = TraceContext::parse(&back["traceparent"], &back["tracestate"]).unwrap();
                assert_eq!(read, context);
            });
        });
    });
}
