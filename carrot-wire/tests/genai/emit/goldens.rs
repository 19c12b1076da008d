//! All that is said of a few records.

use carrot_wire::Record;
use carrot_wire::genai::emit::Profile;
use serde_json::{Value, json};

use super::{for_profile, record, tell};

fn call() -> Record {
    record(json!({
        "id": "01234567-89ab-4def-8123-456789abcdef", "parent_id": "01234567-89ab-4def-8000-000000000001",
        "name": "chat.completions", "kind": "llm_call", "status": "success",
        "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:02Z",
        "session_id": "chat-7", "user_id": "ann", "tags": ["production", "eu"],
        "input": {
            "model": "gpt-4o", "temperature": 0.2, "max_completion_tokens": 100, "reasoning_effort": "low",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather in Paris?"}],
            "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}],
        },
        "output": {"message": {
            "role": "assistant", "content": null, "reasoning_content": "I need a tool.",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": r#"{"city":"Paris"}"#}}],
        }},
        "metadata": {
            "source": "sdk", "provider": "openai", "request_model": "gpt-4o", "model": "gpt-4o-2024-08-06",
            "input_tokens": 50, "output_tokens": 20, "total_tokens": 70, "cached_tokens": 32, "reasoning_tokens": 8,
            "cost_usd": 0.0012, "ttft_ms": 250, "finish_reason": "tool_calls", "response_id": "r1", "agent": "planner",
            "prompt_name": "brief", "prompt_version": "3", "experiment": {"arm": "b"},
        },
    }))
}

fn step(kind: &str, name: &str, input: Value, output: Value) -> Record {
    record(json!({
        "name": name, "kind": kind, "status": "success", "session_id": "chat-7", "tags": ["production"],
        "input": input, "output": output, "metadata": {"source": "decorator", "team": "search"},
    }))
}

fn search() -> Record {
    step(
        "retrieval",
        "search",
        json!({"query": "rivers", "top": 2}),
        json!([{"id": "a", "score": 0.9, "text": "Seine"}, {"id": 2, "text": "Loire"}, {"text": "no id"}]),
    )
}

#[test]
fn a_model_call_with_tools_and_reasoning() {
    insta::assert_yaml_snapshot!(tell(&call()));
}

#[test]
fn a_function() {
    let record = step(
        "function",
        "answer",
        json!({"question": "Weather?"}),
        json!("20 C"),
    );
    insta::assert_yaml_snapshot!(tell(&record));
}

#[test]
fn a_tool() {
    let mut record = step(
        "tool_call",
        "weather",
        json!({"city": "Paris"}),
        json!({"c": 20}),
    );
    for (key, value) in [("tool_call_id", "c1"), ("tool_type", "function")] {
        record.metadata.insert(key.to_owned(), value.into());
    }
    insta::assert_yaml_snapshot!(tell(&record));
}

#[test]
fn an_agent() {
    let mut record = step(
        "agent",
        "planner",
        json!("Plan a trip."),
        json!({"days": 3}),
    );
    for (key, value) in [
        ("agent", "planner"),
        ("agent_role", "lead"),
        ("parent_agent", "boss"),
    ] {
        record.metadata.insert(key.to_owned(), value.into());
    }
    insta::assert_yaml_snapshot!(tell(&record));
}

#[test]
fn a_retrieval() {
    insta::assert_yaml_snapshot!(tell(&search()));
}

#[test]
fn an_error() {
    let record = record(json!({
        "name": "chat.completions", "kind": "llm_call", "status": "error", "level": "ERROR",
        "ended_at": "2026-01-01T00:00:01Z",
        "input": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]},
        "output": {"error": "slow down", "error_type": "rate_limit"},
        "error": {"message": "slow down", "type": "rate_limit", "chain": ["HTTP 429"]},
        "metadata": {"provider": "openai", "request_model": "gpt-4o"},
    }));
    insta::assert_yaml_snapshot!(tell(&record));
}

#[test]
fn langfuse() {
    insta::assert_yaml_snapshot!("langfuse_call", for_profile(&call(), Profile::Langfuse));
    insta::assert_yaml_snapshot!("langfuse_root", for_profile(&search(), Profile::Langfuse));
}

#[test]
fn mlflow() {
    insta::assert_yaml_snapshot!("mlflow_call", for_profile(&call(), Profile::Mlflow));
    insta::assert_yaml_snapshot!("mlflow_root", for_profile(&search(), Profile::Mlflow));
}
