//! OpenTelemetry's own names, as rig and the instrumentations of OpenTelemetry write them.

use carrot_wire::{Record, SpanKind, Status};
use serde_json::json;

use crate::{input, metadata, output, read};

/// The fields of rig 0.44, whose structured values are JSON in text.
#[test]
fn a_completion_of_rig() {
    let record = read(json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.stream": false,
        "gen_ai.system_instructions": r#"[{"type":"text","content":"Be brief."}]"#,
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "rig.provider_request_id": "req_1",
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 8,
        "gen_ai.usage.cache_creation.input_tokens": 2,
        "gen_ai.usage.reasoning_tokens": 3,
        "gen_ai.input.messages": json!([
            {"role": "user", "parts": [{"type": "text", "content": "Weather in Paris?"}]},
            {"role": "assistant", "parts": [
                {"type": "reasoning", "content": "I need a tool."},
                {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"city": "Paris"}},
            ]},
            {"role": "user", "parts": [{"type": "tool_call_response", "id": "call_1", "response": {"c": 20}}]},
        ]).to_string(),
        "gen_ai.output.messages": json!([
            {"role": "assistant", "parts": [{"type": "text", "content": "20 °C."}], "finish_reason": "unknown"},
        ]).to_string(),
    }));
    assert_eq!(record.kind, Some(SpanKind::LlmCall));
    assert_eq!(
        input(&record),
        json!({
            "model": "gpt-4o",
            "stream": false,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Weather in Paris?"},
                {"role": "assistant", "content": null, "reasoning_content": "I need a tool.", "tool_calls": [
                    {"id": "call_1", "type": "function",
                     "function": {"name": "weather", "arguments": r#"{"city":"Paris"}"#}},
                ]},
                {"role": "tool", "tool_call_id": "call_1", "content": r#"{"c":20}"#},
            ],
        })
    );
    assert_eq!(
        output(&record),
        json!({"message": {"role": "assistant", "content": "20 °C."}})
    );
    assert_eq!(
        metadata(&record),
        json!({
            "provider": "openai", "request_model": "gpt-4o", "model": "gpt-4o-2024-08-06",
            "input_tokens": 20, "output_tokens": 5, "total_tokens": 25,
            "cached_tokens": 8, "cache_write_tokens": 2, "reasoning_tokens": 3,
            "response_id": "resp_1", "rig.provider_request_id": "req_1",
        })
    );
}

/// Before 0.40 rig wrote its preamble as plain text and the provider's own messages and choices.
#[test]
fn a_completion_of_an_older_rig() {
    let record = read(json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.system_instructions": "Be brief.",
        "gen_ai.input.messages": r#"[{"role":"user","content":"Hi"}]"#,
        "gen_ai.output.messages":
            r#"[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]"#,
    }));
    assert_eq!(input(&record)["messages"][0]["content"], "Be brief.");
    assert_eq!(
        input(&record)["messages"][1],
        json!({"role": "user", "content": "Hi"})
    );
    assert_eq!(output(&record)["message"]["content"], "Hello");
    assert_eq!(metadata(&record)["finish_reason"], "stop");
}

#[test]
fn an_agent_and_a_tool_of_rig() {
    let record = read(json!({
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "planner",
        "gen_ai.system_instructions": "Plan trips.",
        "gen_ai.prompt": "To Rome",
        "gen_ai.completion": "Take the train.",
        "gen_ai.usage.input_tokens": 30,
        "gen_ai.usage.output_tokens": 9,
    }));
    assert_eq!(record.kind, Some(SpanKind::Agent));
    assert_eq!(
        input(&record),
        json!({"messages": [
            {"role": "system", "content": "Plan trips."}, {"role": "user", "content": "To Rome"},
        ]})
    );
    assert_eq!(output(&record)["message"]["content"], "Take the train.");
    assert_eq!(metadata(&record)["agent"], "planner");

    let record = read(json!({
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.name": "add",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.arguments": r#"{"x":2,"y":5}"#,
        "gen_ai.tool.call.result": "7",
    }));
    assert_eq!(record.kind, Some(SpanKind::ToolCall));
    assert_eq!(input(&record), json!({"x": 2, "y": 5}));
    assert_eq!(output(&record), json!("7"));
    assert_eq!(
        metadata(&record),
        json!({"tool_name": "add", "tool_type": "function", "tool_call_id": "call_1"})
    );
}

#[test]
fn parameters_tools_choices_and_times() {
    let record = read(json!({
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "gcp.vertex_ai",
        "gen_ai.request.model": "gemini-2.5-pro",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.reasoning.level": "high",
        "gen_ai.tool.definitions": r#"[{"type":"function","name":"weather"}]"#,
        "gen_ai.response.finish_reasons": ["stop", "length"],
        "gen_ai.response.time_to_first_chunk": 0.25,
        "gen_ai.output.messages": [
            {"role": "assistant", "parts": [{"type": "text", "content": "A"}], "finish_reason": "stop"},
            {"role": "assistant", "parts": [{"type": "text", "content": "B"}], "finish_reason": "length"},
        ],
        "server.address": "localhost",
    }));
    assert_eq!(
        input(&record),
        json!({
            "model": "gemini-2.5-pro", "temperature": 0.5, "n": 2, "stop": ["END"], "reasoning_level": "high",
            "tools": [{"type": "function", "name": "weather"}],
        })
    );
    let b = json!({"role": "assistant", "content": "B"});
    assert_eq!(output(&record)["message"]["content"], "A");
    assert_eq!(
        output(&record)["choices"][1],
        json!({"index": 1, "message": b, "finish_reason": "length"})
    );
    assert_eq!(
        metadata(&record),
        json!({
            "provider": "vertex_ai", "request_model": "gemini-2.5-pro", "finish_reason": "stop", "ttft_ms": 250,
            "gen_ai.operation.name": "generate_content", "server.address": "localhost",
        })
    );
}

#[test]
fn parts_of_every_kind() {
    let record = read(json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": [{"role": "user", "name": "ann", "parts": [
            {"type": "text", "content": "What are these?"},
            {"type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://x.test/a.png"},
            {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "AAAA"},
            {"type": "file", "modality": "document", "file_id": "file_1"},
            {"type": "custom", "data": 1},
            {"type": "tool_call_response", "id": "c", "response": "late"},
            {"type": "text", "content": "And?"},
        ]}],
    }));
    let messages = &input(&record)["messages"];
    assert_eq!(
        messages[0],
        json!({"role": "user", "name": "ann", "content": [
            {"type": "text", "text": "What are these?"},
            {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
            {"type": "audio", "audio": {"url": "data:audio/wav;base64,AAAA"}},
            {"type": "file", "modality": "document", "file_id": "file_1"},
            {"type": "custom", "data": 1},
        ]})
    );
    assert_eq!(
        messages[1],
        json!({"role": "tool", "tool_call_id": "c", "content": "late"})
    );
    assert_eq!(
        messages[2],
        json!({"role": "user", "name": "ann", "content": "And?"})
    );
}

#[test]
fn retrieval_embeddings_and_workflows() {
    let record = read(json!({
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": "rivers",
        "gen_ai.request.top_k": 2,
        "gen_ai.retrieval.documents": r#"[{"id":"a","score":0.9}]"#,
    }));
    assert_eq!(record.kind, Some(SpanKind::Retrieval));
    assert_eq!(input(&record), json!({"query": "rivers", "top_k": 2}));
    assert_eq!(output(&record), json!([{"id": "a", "score": 0.9}]));

    let record = read(json!({
        "gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e", "gen_ai.usage.input_tokens": "4",
    }));
    assert_eq!(record.kind, Some(SpanKind::Embedding));
    assert_eq!(metadata(&record)["input_tokens"], 4, "a count in a text");

    let record = read(json!({"gen_ai.operation.name": "invoke_workflow"}));
    assert_eq!(record.kind, Some(SpanKind::Function));
}

#[test]
fn sessions_users_and_errors() {
    let record = read(json!({
        "gen_ai.operation.name": "chat", "session.id": "s", "gen_ai.conversation.id": "s",
        "enduser.id": "u", "error.type": "timeout",
    }));
    assert_eq!(record.session_id.as_deref(), Some("s"));
    assert_eq!(record.user_id.as_deref(), Some("u"));
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.error.as_ref().unwrap().kind, "timeout");
    assert_eq!(
        metadata(&record),
        json!({}),
        "a session that is said twice is said once"
    );

    let record = read(json!({"session.id": "s", "gen_ai.conversation.id": "c"}));
    assert_eq!(metadata(&record), json!({"gen_ai.conversation.id": "c"}));
}

#[test]
fn cached_tokens_are_part_of_the_input() {
    let usage = |input: u64, cached: u64| {
        let record = read(json!({
            "gen_ai.usage.input_tokens": input, "gen_ai.usage.cache_read.input_tokens": cached,
            "gen_ai.usage.output_tokens": 1, "gen_ai.usage.total_tokens": input + 1,
        }));
        (
            record.meta_u64("input_tokens"),
            record.meta_u64("total_tokens"),
        )
    };
    assert_eq!(usage(10, 4), (Some(10), Some(11)));
    assert_eq!(
        usage(10, 40),
        (Some(50), Some(51)),
        "Anthropic's counts, as they are"
    );
}

#[test]
fn what_a_record_has_is_kept() {
    let mut record = Record {
        kind: Some(SpanKind::Reasoning),
        session_id: Some("mine".to_owned()),
        name: Some("step".to_owned()),
        ..Record::default()
    };
    let attributes = [("gen_ai.operation.name", "chat"), ("session.id", "theirs")];
    carrot_wire::genai::fill(attributes.into_iter().collect(), &mut record);
    assert_eq!(record.kind, Some(SpanKind::Reasoning));
    assert_eq!(record.session_id.as_deref(), Some("mine"));
    assert_eq!(record.name.as_deref(), Some("step"));
}

#[test]
fn an_agent_inside_another_names_it() {
    let mut record = Record::default();
    record.metadata.insert("agent".to_owned(), "outer".into());
    let attributes = [("gen_ai.agent.name", "inner")];
    carrot_wire::genai::fill(attributes.into_iter().collect(), &mut record);
    assert_eq!(
        metadata(&record),
        json!({"agent": "inner", "parent_agent": "outer"})
    );
}
