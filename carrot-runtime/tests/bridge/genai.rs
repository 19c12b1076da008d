//! Spans that speak of models, as rig emits them.

use carrot_runtime::{Status, span};
use serde_json::json;
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::capture;

/// The fields that rig 0.44 declares.
fn completion() -> Span {
    info_span!(
        target: "rig::completions",
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = "openai",
        gen_ai.request.model = "gpt-4o",
        gen_ai.system_instructions = Empty,
        gen_ai.request.stream = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.model = Empty,
        rig.provider_request_id = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.usage.tool_use_prompt_tokens = Empty,
        gen_ai.usage.reasoning_tokens = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
    )
}

fn answer(call: &Span) {
    call.record("gen_ai.request.stream", false);
    call.record("gen_ai.response.id", "resp_1");
    call.record("gen_ai.response.model", "gpt-4o-2024-08-06");
    call.record("rig.provider_request_id", "req_1");
    call.record("gen_ai.usage.input_tokens", 1_000u64);
    call.record("gen_ai.usage.output_tokens", 100u64);
    let message = |role: &str, text: &str| json!([{"role": role, "parts": [{"type": "text", "content": text}], "finish_reason": "stop"}]);
    call.record("gen_ai.input.messages", message("user", "Hi").to_string());
    call.record(
        "gen_ai.output.messages",
        message("assistant", "Hello").to_string(),
    );
}

#[test]
fn a_completion_is_a_model_call() {
    let traces = capture(|| {
        let _agent = span("agent");
        let call = completion();
        call.in_scope(|| answer(&call));
    });
    assert_eq!(traces.find("agent").unwrap().children()[0].name(), "chat");
    let call = traces.find("chat").unwrap();
    assert_eq!(call.kind(), "llm_call");
    assert_eq!(call.input()["model"], "gpt-4o");
    assert_eq!(call.input()["messages"][0]["content"], "Hi");
    assert_eq!(
        *call.output(),
        json!({"message": {"role": "assistant", "content": "Hello"}})
    );
    let metadata = call.metadata();
    assert_eq!(metadata["source"], "tracing");
    assert_eq!(metadata["model"], "gpt-4o-2024-08-06");
    assert_eq!(metadata["provider"], "openai");
    assert_eq!(metadata["input_tokens"], 1_000);
    assert_eq!(metadata["finish_reason"], "stop");
    assert_eq!(metadata["rig.provider_request_id"], "req_1");
    assert!(metadata["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0));
}

#[test]
fn an_agent_with_its_tools() {
    let traces = capture(|| {
        let agent = info_span!(
            "invoke_agent",
            gen_ai.operation.name = "invoke_agent",
            gen_ai.agent.name = "planner",
            gen_ai.conversation.id = "c",
            gen_ai.prompt = "To Rome",
            gen_ai.completion = Empty,
        );
        agent.in_scope(|| {
            let tool = info_span!(
                "execute_tool",
                gen_ai.operation.name = "execute_tool",
                gen_ai.tool.name = "weather",
                gen_ai.tool.call.arguments = r#"{"city":"Rome","api_key":"k"}"#,
                gen_ai.tool.call.result = Empty,
                error.type = Empty,
            );
            tool.in_scope(|| tool.record("gen_ai.tool.call.result", "sunny"));
            tool.record("error.type", "timeout");
        });
        agent.record("gen_ai.completion", "Take the train.");
    });
    let agent = traces.find("invoke_agent").unwrap();
    assert_eq!(agent.kind(), "agent");
    assert_eq!(agent.metadata()["agent"], "planner");
    assert_eq!(agent.output()["message"]["content"], "Take the train.");
    let named = |name: &str| {
        let mut records = traces.records().iter();
        records.find(|it| it.name.as_deref() == Some(name)).unwrap()
    };
    assert_eq!(named("invoke_agent").session_id.as_deref(), Some("c"));
    let tool = traces.find("execute_tool").unwrap();
    assert_eq!(tool.kind(), "tool_call");
    assert_eq!(
        *tool.input(),
        json!({"city": "Rome", "api_key": "[redacted]"})
    );
    assert_eq!(named("execute_tool").status, Some(Status::Error));
    assert_eq!(tool.error().unwrap().kind, "timeout");
}

/// rig does so where `tracing` has no current span.
#[test]
fn an_agent_without_a_parent_goes_below_ours() {
    let traces = capture(|| {
        let _ours = span("ours");
        let agent =
            info_span!(parent: None, "invoke_agent", gen_ai.operation.name = "invoke_agent");
        agent.in_scope(|| drop(completion()));
    });
    assert_eq!(
        traces.render(),
        "ours\n└─ invoke_agent · agent\n   └─ chat · gpt-4o\n"
    );
}

/// rig asks whether `tracing` has a current span; ours around it must not look like one.
#[test]
fn ours_are_no_current_span_of_tracing() {
    capture(|| {
        let _ours = span("ours");
        assert!(Span::current().is_none());
    });
}

#[test]
fn secrets_among_attributes_are_redacted() {
    let traces = capture(|| {
        drop(info_span!(
            "a",
            metadata = r#"{"api_key": "k", "plan": "pro"}"#,
            traceloop.association.properties.password = "p",
            gen_ai.client.secret = "s",
            input.value = r#"{"token": "t"}"#,
        ));
    });
    let a = traces.find("a").unwrap();
    let secret = "[redacted]";
    assert_eq!(
        *a.metadata(),
        json!({
            "source": "tracing", "api_key": secret, "plan": "pro", "password": secret, "gen_ai.client.secret": secret,
        })
    );
    assert_eq!(*a.input(), json!({"token": secret}));
}

#[test]
fn an_attribute_is_cut_at_a_mebibyte() {
    let traces = capture(|| drop(info_span!("a", gen_ai.prompt = "x".repeat(2 << 20))));
    let a = traces.find("a").unwrap();
    assert_eq!(a.metadata()["truncated"], true);
    let content = a.input()["messages"][0]["content"].as_str().unwrap().len();
    assert_eq!(content, 1 << 20);
}
