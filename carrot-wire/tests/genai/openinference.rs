//! OpenInference, in the shapes that its instrumentations of Python send.

use carrot_wire::SpanKind;
use serde_json::json;

use crate::{input, metadata, output, read};

#[test]
fn a_model_call() {
    let record = read(json!({
        "openinference.span.kind": "LLM",
        "llm.system": "openai",
        "llm.provider": "azure",
        "llm.model_name": "gpt-4o-2024-08-06",
        "llm.invocation_parameters": r#"{"model": "gpt-4o", "temperature": 0.1, "max_tokens": null}"#,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Use tools.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": "What is 23 times this?",
        "llm.input_messages.1.message.contents.1.message_content.type": "image",
        "llm.input_messages.1.message.contents.1.message_content.image.image.url": "https://x.test/87.png",
        "llm.input_messages.10.message.role": "tool",
        "llm.input_messages.10.message.content": "2001",
        "llm.input_messages.10.message.tool_call_id": "call_1",
        "llm.input_messages.2.message.role": "assistant",
        "llm.input_messages.2.message.tool_calls.0.tool_call.id": "call_1",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "multiply",
        "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": r#"{"a": 23, "b": 87}"#,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
        "llm.output_messages.0.message.contents.0.message_content.text": "Easy.",
        "llm.output_messages.0.message.contents.1.message_content.type": "text",
        "llm.output_messages.0.message.contents.1.message_content.text": "2001",
        "llm.tools.0.tool.json_schema": r#"{"type": "function", "function": {"name": "multiply"}}"#,
        "llm.token_count.prompt": 229,
        "llm.token_count.completion": 21,
        "llm.token_count.total": 250,
        "llm.token_count.prompt_details.cache_read": 128,
        "llm.token_count.prompt_details.cache_write": 0,
        "llm.token_count.completion_details.reasoning": 4,
        "llm.token_count.prompt_details.audio": 0,
        "llm.cost.total": 0.0066,
        "llm.finish_reason": "stop",
        "input.value": r#"{"messages": []}"#,
        "input.mime_type": "application/json",
        "output.value": "2001",
        "session.id": "s", "user.id": "u",
        "tag.tags": ["shopping", "travel"],
        "metadata": r#"{"author": "Ann"}"#,
    }));
    assert_eq!(record.kind, Some(SpanKind::LlmCall));
    assert_eq!(
        input(&record),
        json!({
            "model": "gpt-4o", "temperature": 0.1,
            "tools": [{"type": "function", "function": {"name": "multiply"}}],
            "messages": [
                {"role": "system", "content": "Use tools."},
                {"role": "user", "content": [
                    {"type": "text", "text": "What is 23 times this?"},
                    {"type": "image_url", "image_url": {"url": "https://x.test/87.png"}},
                ]},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "call_1", "type": "function",
                     "function": {"name": "multiply", "arguments": r#"{"a": 23, "b": 87}"#}},
                ]},
                {"role": "tool", "tool_call_id": "call_1", "content": "2001"},
            ],
        })
    );
    assert_eq!(
        output(&record),
        json!({"message": {"role": "assistant", "reasoning_content": "Easy.",
            "content": [{"type": "text", "text": "2001"}]}})
    );
    assert_eq!(
        metadata(&record),
        json!({
            "provider": "azure", "llm.system": "openai", "model": "gpt-4o-2024-08-06", "request_model": "gpt-4o",
            "input_tokens": 229, "output_tokens": 21, "total_tokens": 250,
            "cached_tokens": 128, "cache_write_tokens": 0, "reasoning_tokens": 4,
            "llm.token_count.prompt_details.audio": 0,
            "cost_usd": 0.0066, "finish_reason": "stop", "author": "Ann",
        })
    );
    assert_eq!(
        record.tags.as_deref(),
        Some(&["shopping".to_owned(), "travel".to_owned()][..])
    );
    assert_eq!(
        (record.session_id.as_deref(), record.user_id.as_deref()),
        (Some("s"), Some("u"))
    );
}

/// Instrumentations that know no messages say what went in and out as values.
#[test]
fn a_model_call_of_values() {
    let record = read(json!({
        "openinference.span.kind": "LLM", "llm.model_name": "m",
        "input.value": "Hi", "output.value": "Hello",
    }));
    assert_eq!(input(&record), json!({"model": "m", "input": "Hi"}));
    assert_eq!(
        output(&record),
        json!({"message": {"role": "assistant", "content": "Hello"}})
    );

    let record = read(json!({
        "openinference.span.kind": "LLM",
        "input.value": r#"{"messages":[{"role":"user","content":"Hi"}]}"#, "input.mime_type": "application/json",
    }));
    assert_eq!(input(&record)["messages"][0]["content"], "Hi");
}

#[test]
fn a_retriever_and_a_reranker() {
    let record = read(json!({
        "openinference.span.kind": "RETRIEVER",
        "input.value": "rivers",
        "retrieval.documents.0.document.id": "a",
        "retrieval.documents.0.document.score": 0.9,
        "retrieval.documents.0.document.content": "The Seine",
        "retrieval.documents.0.document.metadata": r#"{"page": 1}"#,
        "retrieval.documents.1.document.content": "The Rhône",
    }));
    assert_eq!(record.kind, Some(SpanKind::Retrieval));
    assert_eq!(input(&record), json!("rivers"));
    assert_eq!(
        output(&record),
        json!([
            {"id": "a", "score": 0.9, "content": "The Seine", "metadata": {"page": 1}},
            {"content": "The Rhône"},
        ])
    );

    let record = read(json!({
        "openinference.span.kind": "RERANKER", "reranker.query": "q", "reranker.top_k": 1,
        "reranker.input_documents.0.document.id": "a",
        "reranker.output_documents.0.document.id": "b",
    }));
    assert_eq!(record.kind, Some(SpanKind::Retrieval));
    assert_eq!(
        input(&record),
        json!({"query": "q", "top_k": 1, "documents": [{"id": "a"}]})
    );
    assert_eq!(output(&record), json!([{"id": "b"}]));
    assert_eq!(
        metadata(&record),
        json!({"openinference.span.kind": "RERANKER"})
    );
}

#[test]
fn embeddings_tools_chains_and_agents() {
    let record = read(json!({
        "openinference.span.kind": "EMBEDDING", "embedding.model_name": "e",
        "embedding.embeddings.0.embedding.text": "a",
        "embedding.embeddings.0.embedding.vector": [0.1, 0.2],
        "embedding.embeddings.1.embedding.text": "b",
    }));
    assert_eq!(record.kind, Some(SpanKind::Embedding));
    assert_eq!(input(&record), json!({"model": "e", "input": ["a", "b"]}));
    assert_eq!(output(&record), json!({"embeddings_count": 2}));

    let record = read(json!({
        "openinference.span.kind": "TOOL", "tool.name": "weather", "tool.description": "Looks outside.",
        "tool.parameters": r#"{"city": "string"}"#,
        "input.value": r#"{"city": "Rome"}"#, "output.value": "sunny",
    }));
    assert_eq!(record.kind, Some(SpanKind::ToolCall));
    assert_eq!(
        (input(&record), output(&record)),
        (json!({"city": "Rome"}), json!("sunny"))
    );
    assert_eq!(
        metadata(&record)["tool_parameters"],
        json!({"city": "string"})
    );

    let kind = |kind: &str| read(json!({"openinference.span.kind": kind})).kind;
    assert_eq!(kind("CHAIN"), Some(SpanKind::Function));
    assert_eq!(kind("AGENT"), Some(SpanKind::Agent));
    assert_eq!(kind("GUARDRAIL"), Some(SpanKind::Function));
}
