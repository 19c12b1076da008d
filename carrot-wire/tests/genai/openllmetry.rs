//! OpenLLMetry, in the shapes that Traceloop's instrumentations of Python send.

use carrot_wire::SpanKind;
use serde_json::json;

use crate::{input, metadata, output, read};

#[test]
fn a_model_call() {
    let record = read(json!({
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.temperature": 0.7,
        "llm.is_streaming": false,
        "gen_ai.openai.api_base": "https://api.openai.com/v1/",
        "llm.request.functions.0.name": "weather",
        "llm.request.functions.0.description": "Looks outside.",
        "llm.request.functions.0.parameters": r#"{"type": "object"}"#,
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": r#"[{"type": "text", "text": "Hi"}]"#,
        "gen_ai.prompt.2.role": "assistant",
        "gen_ai.prompt.2.tool_calls.0.id": "call_1",
        "gen_ai.prompt.2.tool_calls.0.name": "weather",
        "gen_ai.prompt.2.tool_calls.0.arguments": r#"{"city": "Rome"}"#,
        "gen_ai.prompt.3.role": "tool",
        "gen_ai.prompt.3.tool_call_id": "call_1",
        "gen_ai.prompt.3.content": r#"{"sky": "blue"}"#,
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Sunny.",
        "gen_ai.completion.0.finish_reason": "stop",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.usage.prompt_tokens": 40,
        "gen_ai.usage.completion_tokens": 2,
        "llm.usage.total_tokens": 42,
        "gen_ai.usage.cache_read_input_tokens": 0,
        "traceloop.workflow.name": "trip",
        "traceloop.association.properties.session_id": "s",
        "traceloop.association.properties.user_id": "u",
        "traceloop.association.properties.plan": "pro",
    }));
    assert_eq!(record.kind, Some(SpanKind::LlmCall));
    assert_eq!(
        input(&record),
        json!({
            "model": "gpt-4o-mini", "temperature": 0.7, "stream": false,
            "tools": [{"type": "function", "function": {
                "name": "weather", "description": "Looks outside.", "parameters": {"type": "object"}}}],
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "call_1", "type": "function",
                     "function": {"name": "weather", "arguments": r#"{"city": "Rome"}"#}},
                ]},
                {"role": "tool", "tool_call_id": "call_1", "content": r#"{"sky":"blue"}"#},
            ],
        })
    );
    assert_eq!(
        output(&record),
        json!({"message": {"role": "assistant", "content": "Sunny."}})
    );
    assert_eq!(
        metadata(&record),
        json!({
            "provider": "openai", "request_model": "gpt-4o-mini", "model": "gpt-4o-mini-2024-07-18",
            "input_tokens": 40, "output_tokens": 2, "total_tokens": 42, "cached_tokens": 0,
            "finish_reason": "stop", "plan": "pro",
            "gen_ai.openai.api_base": "https://api.openai.com/v1/", "traceloop.workflow.name": "trip",
        })
    );
    assert_eq!(
        (record.session_id.as_deref(), record.user_id.as_deref()),
        (Some("s"), Some("u"))
    );
}

#[test]
fn workflows_agents_and_tools() {
    let record = read(json!({
        "traceloop.span.kind": "tool", "traceloop.entity.name": "weather",
        "traceloop.entity.input": r#"{"city": "Rome"}"#, "traceloop.entity.output": r#"{"sky": "blue"}"#,
    }));
    assert_eq!(record.kind, Some(SpanKind::ToolCall));
    assert_eq!(
        (input(&record), output(&record)),
        (json!({"city": "Rome"}), json!({"sky": "blue"}))
    );
    assert_eq!(metadata(&record), json!({"tool_name": "weather"}));

    let record = read(json!({"traceloop.span.kind": "agent", "traceloop.entity.name": "planner"}));
    assert_eq!(record.kind, Some(SpanKind::Agent));
    assert_eq!(metadata(&record), json!({"agent": "planner"}));

    let kind = |kind: &str| read(json!({"traceloop.span.kind": kind})).kind;
    assert_eq!(kind("workflow"), Some(SpanKind::Function));
    assert_eq!(kind("other"), None);
}

#[test]
fn the_names_of_its_first_versions() {
    let record = read(json!({
        "llm.request.type": "completion",
        "llm.prompts.0.content": "Hi", "llm.completions.0.content": "Hello",
        "llm.completions.0.tool_calls.0.function.name": "f",
    }));
    assert_eq!(
        input(&record)["messages"],
        json!([{"role": "user", "content": "Hi"}])
    );
    assert_eq!(output(&record)["message"]["content"], "Hello");
    assert_eq!(
        output(&record)["message"]["tool_calls"][0]["function"]["name"],
        "f"
    );
}
