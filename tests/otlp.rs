//! A trace by OTLP is the trace that the Carrot dialect brings: two collectors are told the same.

use carrot_ai::{SpanKind, Usage, agent, builder, flush, generation, session, span};
use carrot_collector::Collector;
use carrot_runtime::{Otlp, Profile};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What every form of a span is in; gives the root's id.
fn work() -> String {
    let root = agent("planner")
        .tags(["production"])
        .metadata("version", &2)
        .input(&json!({"goal": "weather"}));
    root.add_event("decided", &json!({"city": "Paris", "sure": true}));
    span("weather")
        .kind(SpanKind::ToolCall)
        .input(&json!({"city": "Paris"}))
        .set_output(&json!({"celsius": 21}));
    // In the form of a wrapped client's: any other has this one when it has been OpenTelemetry's.
    let call = generation("ask")
        .model("gpt-4o")
        .metadata("request_model", "gpt-4o")
        .input(&json!({"model": "gpt-4o", "temperature": 0.5, "messages": [{"role": "user", "content": "Hi"}]}));
    call.set_output(&json!({"message": {"role": "assistant", "content": "Hello"}}));
    call.set_usage(Usage::new(10, 2));
    drop(call);
    span("think")
        .kind(SpanKind::Reasoning)
        .fail("Lost", "nothing found");
    root.set_output(&json!({"answer": ["21", null]}));
    root.id().unwrap().to_string()
}

fn collector() -> (Collector, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::builder().data(folder.path()).port(0).start();
    (collector.unwrap(), folder)
}

/// A trace without what the way by OTLP adds.
fn trace(collector: &Collector, id: &str) -> Value {
    fn strip(record: &mut Value) {
        if let Some(metadata) = record["metadata"].as_object_mut() {
            metadata.remove("resource");
            metadata.remove("scope");
            metadata.remove("tool_name");
        }
        let children = record.get_mut("children").and_then(Value::as_array_mut);
        children.into_iter().flatten().for_each(strip);
    }
    let url = format!("{}/v1/traces/{id}", collector.url());
    let mut trace: Value = ureq::get(url)
        .call()
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    strip(&mut trace);
    trace
}

#[test]
fn a_trace_by_otlp_is_the_trace_by_our_own_dialect() {
    let ((own, _own), (general, _general), (langfuse, _langfuse)) =
        (collector(), collector(), collector());
    let otlp = |to: &Collector| Otlp::new(to.url()).unwrap();
    let _carrot = builder()
        .base_url(own.url())
        .spool_off()
        .otlp(otlp(&general))
        .otlp(otlp(&langfuse).profile(Profile::Langfuse))
        .init()
        .unwrap();
    let id = session("chat-7").user("u-1").run(work);
    let report = flush();
    assert_eq!((report.acked, report.pending), (12, 0), "{report:?}");
    let expected = trace(&own, &id);
    assert_eq!(expected["totals"]["spans"], 4);
    for other in [&general, &langfuse] {
        let found = trace(other, &id);
        assert_eq!(found, expected, "found {found:#}\nexpected {expected:#}");
    }
}
