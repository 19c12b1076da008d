//! The words that Langfuse's and MLflow's SDKs have of their own.

use carrot_wire::{Level, SpanKind};
use serde_json::json;

use super::{input, metadata, output, read};

#[test]
fn a_generation_of_langfuse() {
    let record = read(json!({
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "gpt-4o",
        "langfuse.observation.model.parameters": r#"{"temperature":0.5}"#,
        "langfuse.observation.input": r#"[{"role":"user","content":"Hi"}]"#,
        "langfuse.observation.output": r#"{"role":"assistant","content":"Hello"}"#,
        "langfuse.observation.usage_details": r#"{"input":6,"input_cached_tokens":4,"output":2,"output_reasoning_tokens":1}"#,
        "langfuse.observation.cost_details": r#"{"total":0.25}"#,
        "langfuse.observation.level": "WARNING",
        "langfuse.observation.status_message": "slow",
        "langfuse.observation.prompt.name": "greeting",
        "langfuse.observation.prompt.version": 3,
        "langfuse.observation.metadata.region": "eu",
        "langfuse.trace.metadata": r#"{"version":"2"}"#,
        "langfuse.trace.tags": ["prod"],
        "langfuse.session.id": "s",
        "langfuse.user.id": "u",
        "langfuse.environment": "staging",
        "langfuse.unheard": 1,
    }));
    assert_eq!(
        (record.kind, record.level),
        (Some(SpanKind::LlmCall), Some(Level::Warning))
    );
    assert_eq!(
        input(&record),
        json!({"model": "gpt-4o", "temperature": 0.5, "messages": [{"role": "user", "content": "Hi"}]})
    );
    assert_eq!(
        output(&record),
        json!({"message": {"role": "assistant", "content": "Hello"}})
    );
    assert_eq!(
        metadata(&record),
        json!({
            "request_model": "gpt-4o", "input_tokens": 10, "cached_tokens": 4, "output_tokens": 3, "reasoning_tokens": 1,
            "total_tokens": 13, "cost_usd": 0.25, "status_message": "slow", "prompt_name": "greeting", "prompt_version": 3,
            "region": "eu", "version": "2", "environment": "staging", "langfuse.unheard": 1,
        })
    );
    assert_eq!(record.tags.as_deref(), Some(&["prod".to_owned()][..]));
    assert_eq!(
        (record.session_id.as_deref(), record.user_id.as_deref()),
        (Some("s"), Some("u"))
    );
}

#[test]
fn what_the_conventions_say_counts_before_it() {
    let record = read(json!({
        "langfuse.observation.type": "span", "openinference.span.kind": "AGENT",
        "langfuse.observation.input": "theirs", "input.value": "ours", "mlflow.spanInputs": r#""theirs too""#,
        "langfuse.observation.usage_details": r#"{"input":1}"#, "llm.token_count.prompt": 5,
    }));
    assert_eq!(record.kind, Some(SpanKind::Agent));
    assert_eq!(input(&record), "ours");
    assert_eq!(
        metadata(&record),
        json!({"input_tokens": 5, "total_tokens": 5})
    );
    let guardrail = read(json!({"langfuse.observation.type": "guardrail"}));
    assert_eq!(guardrail.kind, Some(SpanKind::Function));
    assert_eq!(
        metadata(&guardrail),
        json!({"langfuse.observation.type": "guardrail"})
    );
}

#[test]
fn a_chat_model_of_mlflow() {
    let record = read(json!({
        "mlflow.spanType": r#""CHAT_MODEL""#,
        "mlflow.llm.model": r#""gpt-4o""#,
        "mlflow.spanInputs": r#"{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-4o"}"#,
        "mlflow.spanOutputs": r#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}"#,
        "mlflow.chat.tokenUsage": r#"{"input_tokens":5,"output_tokens":2,"total_tokens":7}"#,
        "mlflow.trace.session": r#""s""#,
        "mlflow.trace.user": r#""u""#,
        "mlflow.traceTag.prod": "true",
    }));
    assert_eq!(record.kind, Some(SpanKind::LlmCall));
    assert_eq!(input(&record)["messages"][0]["content"], "Hi");
    assert_eq!(output(&record)["message"]["content"], "Hello");
    assert_eq!(
        metadata(&record),
        json!({"model": "gpt-4o", "input_tokens": 5, "output_tokens": 2, "total_tokens": 7, "finish_reason": "stop"})
    );
    assert_eq!(record.tags.as_deref(), Some(&["prod".to_owned()][..]));
    assert_eq!(
        (record.session_id.as_deref(), record.user_id.as_deref()),
        (Some("s"), Some("u"))
    );
    let tool = read(
        json!({"mlflow.spanType": r#""TOOL""#, "mlflow.spanInputs": r#"{"city":"Oslo"}"#, "mlflow.spanOutputs": "21"}),
    );
    assert_eq!(
        (tool.kind, output(&tool)),
        (Some(SpanKind::ToolCall), json!(21))
    );
}
