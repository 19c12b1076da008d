//! Traces made of records, as the assembler gives them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use carrot_wire::Record;
use serde_json::{Value, json};

use crate::testing::Traces;

/// `n` is the span's id, and its place in time where it says no other.
fn record(n: u32, parent: u32, mut fields: Value) -> Record {
    let trace = "0123456789ab4def8123456789abcdef";
    let span = |n: u32| format!("{:016x}", 0xfedc_0000_0000_0000_u64 + u64::from(n));
    let mut record = json!({
        "id": format!("01234567-89ab-4def-fedc-{n:012x}"), "trace_id": trace, "span_id": span(n),
        "status": "success",
        "started_at": format!("2026-01-01T00:00:{n:02}Z"),
        "ended_at": format!("2026-01-01T00:00:{n:02}.5Z"),
    });
    if parent > 0 {
        record["parent_span_id"] = span(parent).into();
        record["parent_id"] = format!("01234567-89ab-4def-fedc-{parent:012x}").into();
    }
    record
        .as_object_mut()
        .unwrap()
        .append(fields.as_object_mut().unwrap());
    Record::from_json(&record.to_string()).unwrap()
}

fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    *panic.downcast::<String>().unwrap()
}

fn agent() -> Traces {
    let call = json!({"name": "chat.completions", "kind": "llm_call", "metadata": {"source": "sdk",
        "request_model": "gpt-4o", "model": "gpt-4o-2024-08-06", "input_tokens": 100, "output_tokens": 10,
        "cost_usd": 0.25, "latency_ms": 8, "ttft_ms": 3, "request_id": "req_8", "response_id": "chatcmpl-7"}});
    Traces::new(vec![
        record(
            1,
            0,
            json!({"name": "answer", "kind": "agent", "session_id": "chat-1", "user_id": "u-7",
                "ended_at": "2026-01-01T00:00:09Z", "tags": ["test"],
                "metadata": {"source": "decorator", "input_tokens": 200, "output_tokens": 20}}),
        ),
        record(
            2,
            1,
            json!({"name": "retrieve", "level": "WARNING", "session_id": "chat-1", "user_id": "u-8",
                "events": [{"name": "retry", "at": "2026-01-01T00:00:02.1Z", "data": {"attempt": 2}},
                    {"name": "slow", "at": "2026-01-01T00:00:02.2Z", "level": "WARNING"}]}),
        ),
        record(3, 1, call.clone()),
        record(4, 1, call),
    ])
}

#[test]
fn a_span_says_what_was_recorded() {
    let traces = agent();
    let retrieve = &traces["retrieve"];
    assert_eq!(retrieve.level(), "WARNING");
    assert_eq!(retrieve.session(), Some("chat-1"));
    assert_eq!(retrieve.user(), Some("u-8"));
    let events = retrieve.events();
    assert_eq!((events[0].name(), events[0].level()), ("retry", None));
    assert_eq!(events[0].data()["attempt"], 2);
    assert_eq!(events[1].level(), Some("WARNING"));

    let call = &traces["answer"]["chat.completions"];
    assert_eq!(call.model(), Some("gpt-4o-2024-08-06"));
    assert_eq!(call.usage().input, Some(100));
    assert_eq!(call.usage().cached, None);
    assert_eq!(call.cost_usd(), Some(0.25));
    assert_eq!(call.level(), "DEFAULT");
    assert_eq!(traces["answer"].tags(), ["test"]);

    assert_eq!(traces.find_all("chat.completions").len(), 2);
    assert_eq!(traces.roots()[0].find_all("chat.completions").len(), 2);
    assert_eq!(traces.roots()[0].spans().count(), 4);
    assert!(traces["answer"].find("answer").is_none());
}

#[test]
fn an_agent_around_its_calls_counts_once() {
    let traces = agent();
    let tokens = (
        traces.input_tokens(),
        traces.output_tokens(),
        traces.total_tokens(),
    );
    assert_eq!(tokens, (200, 20, 220));
    assert_eq!(traces.cost_usd(), Some(0.5));
    assert_eq!(Traces::new(Vec::new()).cost_usd(), None);
}

#[test]
fn a_snapshot_has_what_was_recorded_and_nothing_that_changes() {
    insta::assert_yaml_snapshot!(agent(), @r#"
    - name: answer
      kind: agent
      status: success
      session_id: chat-1
      user_id: u-7
      tags:
        - test
      metadata:
        input_tokens: 200
        output_tokens: 20
      children:
        - name: retrieve
          kind: function
          status: success
          level: WARNING
          user_id: u-8
          events:
            - name: retry
              data:
                attempt: 2
            - name: slow
              level: WARNING
        - name: chat.completions
          kind: llm_call
          status: success
          metadata:
            cost_usd: 0.25
            input_tokens: 100
            model: gpt-4o-2024-08-06
            output_tokens: 10
            request_model: gpt-4o
            source: sdk
        - name: chat.completions
          kind: llm_call
          status: success
          metadata:
            cost_usd: 0.25
            input_tokens: 100
            model: gpt-4o-2024-08-06
            output_tokens: 10
            request_model: gpt-4o
            source: sdk
    "#);
    insta::assert_snapshot!(agent().render(), @r"
    answer · agent                           200 → 20 tok
    ├─ retrieve                                                     ⚠ warning
    ├─ chat.completions · gpt-4o-2024-08-06  100 → 10 tok  $0.2500
    └─ chat.completions · gpt-4o-2024-08-06  100 → 10 tok  $0.2500
    ");
}

#[test]
fn ids_inside_values_are_named() {
    let calls = |first: &str, second: &str| json!([{"id": first, "type": "function"}, {"id": second, "type": "function"}]);
    let traces = Traces::new(vec![
        record(
            1,
            0,
            json!({"name": "answer",
                "input": {"traceparent": "00-0123456789ab4def8123456789abcdef-fedc000000000002-01", "other": "0123456789abcdef0123456789abcdef"},
                "output": ["see 01234567-89ab-4def-fedc-000000000001.", "0123456789ab4deffedc000000000002", "xfedc000000000001"],
                "metadata": {"linked": "fedc000000000001"}}),
        ),
        record(
            2,
            1,
            json!({"name": "chat", "kind": "llm_call", "output": {"message": {"tool_calls": calls("call_x9", "call_a1")}}}),
        ),
        record(
            3,
            1,
            json!({"name": "chat", "kind": "llm_call", "input": {"messages": [{"role": "tool", "tool_call_id": "call_a1"}]},
                "output": {"choices": [{"message": {"tool_calls": calls("call_a1", "call_b2")}}]}}),
        ),
        record(
            4,
            1,
            json!({"name": "tool", "status": "error", "input": {"id": "call_b2", "text": "call_b2 is kept inside a text"},
                "error": {"type": "E", "message": "in 0123456789ab4def8123456789abcdef", "chain": ["of fedc000000000004"]}}),
        ),
    ]);
    let root = &traces["answer"];
    assert_eq!(
        *root.input(),
        json!({"traceparent": "00-[trace_id]-[span_id]-01", "other": "0123456789abcdef0123456789abcdef"})
    );
    assert_eq!(
        *root.output(),
        json!(["see [id].", "[id]", "xfedc000000000001"])
    );
    assert_eq!(root.metadata()["linked"], "[span_id]");
    let second = &traces.find_all("chat")[1];
    assert_eq!(second.input()["messages"][0]["tool_call_id"], "call_2");
    let calls = &second.output()["choices"][0]["message"]["tool_calls"];
    assert_eq!(
        (&calls[0]["id"], &calls[1]["id"]),
        (&json!("call_2"), &json!("call_3"))
    );
    let tool = &traces["tool"];
    assert_eq!(tool.input()["id"], "call_3");
    assert_eq!(tool.input()["text"], "call_b2 is kept inside a text");
    let error = tool.error().unwrap();
    assert_eq!(
        (error.message.as_str(), error.chain[0].as_str()),
        ("in [trace_id]", "of [span_id]")
    );
    assert_eq!(
        traces.records()[0].trace_id.unwrap().to_string(),
        "0123456789ab4def8123456789abcdef"
    );
}

#[test]
fn failed_spans_are_named_with_the_tree() {
    agent().assert_no_errors();
    let traces = Traces::new(vec![
        record(
            1,
            0,
            json!({"name": "answer", "ended_at": "2026-01-01T00:00:09Z"}),
        ),
        record(2, 1, json!({"name": "plan"})),
        record(
            3,
            2,
            json!({"name": "weather", "status": "error",
            "error": {"type": "io::Error", "message": "no route", "chain": ["timed out"]}}),
        ),
        record(4, 1, json!({"name": "given up", "status": "cancelled"})),
        record(5, 1, json!({"name": "by hand", "status": "error"})),
    ]);
    let panic = catch_unwind(AssertUnwindSafe(|| traces.assert_no_errors())).unwrap_err();
    insta::assert_snapshot!(message(panic), @r"
    these spans failed:
      answer > plan > weather: io::Error: no route
        caused by: timed out
      answer > by hand: error

    in:
    answer
    ├─ plan
    │  └─ weather  ✗ io::Error: no route
    ├─ given up    cancelled
    └─ by hand     ✗ error
    ");
}

#[test]
fn the_order_of_starts_can_be_asked_for() {
    let traces = agent();
    traces.assert_order(["answer", "retrieve", "chat.completions", "chat.completions"]);
    traces.assert_order(["answer", "chat.completions"]);
    let wrong = ["chat.completions", "retrieve"];
    let panic = catch_unwind(AssertUnwindSafe(|| traces.assert_order(wrong))).unwrap_err();
    let said = message(panic);
    assert!(
        said.starts_with("no `retrieve` began after [\"chat.completions\"], in:\nanswer"),
        "{said}"
    );
}

#[test]
fn a_name_that_is_not_there_is_said_with_what_is() {
    let traces = agent();
    let panic = catch_unwind(AssertUnwindSafe(|| traces["retreive"].name().len())).unwrap_err();
    let said = message(panic);
    assert!(
        said.starts_with("no span named `retreive` in:\nanswer"),
        "{said}"
    );
    let panic = catch_unwind(AssertUnwindSafe(|| {
        traces["retrieve"]["answer"].name().len()
    }));
    assert_eq!(
        message(panic.unwrap_err()),
        "no span named `answer` below `retrieve`, only []"
    );
}

#[test]
fn what_ran_at_the_same_time_is_sorted_by_what_it_did() {
    let at_once = |n, name: &str, output: u32| {
        record(
            n,
            1,
            json!({"name": name, "output": output, "ended_at": "2026-01-01T00:00:08Z"}),
        )
    };
    let traces = Traces::new(vec![
        record(
            1,
            0,
            json!({"name": "root", "ended_at": "2026-01-01T00:00:09Z"}),
        ),
        at_once(2, "b", 2),
        at_once(3, "b", 1),
        at_once(4, "a", 1),
        record(8, 1, json!({"name": "0, but later"})),
    ]);
    let children = traces.roots()[0].children();
    let shown: Vec<_> = children
        .iter()
        .map(|span| format!("{} {}", span.name(), span.output()))
        .collect();
    assert_eq!(shown, ["a 1", "b 1", "b 2", "0, but later null"]);
}

/// As the API by hand records it.
#[test]
fn sessions_and_agents_stand_where_they_begin() {
    let traces = crate::testing::capture(|| {
        let _planner = crate::agent("planner").role("plans").session("s").user("u");
        let step = crate::span("step").level(crate::Level::Warning);
        step.add_event("half", &json!({"done": 0.5, "at": 7}));
        step.add_event("rest", &());
        drop(step);
        let _searcher = crate::agent("searcher");
    });
    assert_eq!(traces["step"].metadata()["agent"], "planner");
    assert_eq!(traces["searcher"].session(), Some("s"));
    insta::assert_yaml_snapshot!(traces, { ".**.done" => "[share]" }, @r#"
    - name: planner
      kind: agent
      status: success
      session_id: s
      user_id: u
      metadata:
        agent: planner
        agent_role: plans
      children:
        - name: step
          kind: function
          status: success
          level: WARNING
          events:
            - name: half
              data:
                at: 7
                done: "[share]"
            - name: rest
        - name: searcher
          kind: agent
          status: success
          metadata:
            agent: searcher
            parent_agent: planner
    "#);
}
