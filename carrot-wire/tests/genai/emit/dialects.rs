//! Whole exchanges with model servers, as their wrapped clients record them.

use bytes::Bytes;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall};
use carrot_wire::{Record, SpanKind};
use serde_json::{Value, json};

use super::{assert_is_read_back, by_name, json_of, tell};

fn exchange(host: &str, path: &str, request: Value, answer: Value) -> Record {
    let endpoint = Endpoint::find("POST", path).expect("a model call");
    let request = request.to_string();
    let exchange = Exchange {
        host,
        path,
        request: request.as_bytes(),
        status: Some(200),
        headers: &[("content-type", "application/json")],
        body: &[Bytes::from(answer.to_string())],
        times: &[],
        ended: true,
        truncated: false,
    };
    let mut record = Record {
        session_id: Some("s".to_owned()),
        ..Record::default()
    };
    LlmCall::read(endpoint, &exchange).fill(&mut record);
    record
}

#[track_caller]
fn assert_is_told(record: &Record, model: &str, provider: &str, answer: Value) {
    let back = assert_is_read_back(record);
    let told = tell(record);
    assert!(told.calls_model);
    assert!(told.name.ends_with(model), "{}", told.name);
    assert_eq!(json_of(&told, "gen_ai.output.messages")[0]["parts"], answer);
    let told = by_name(&told);
    assert_eq!(json!(told["gen_ai.provider.name"]), json!(provider));
    assert!(told.contains_key("gen_ai.input.messages"));
    assert!(told.contains_key("gen_ai.usage.input_tokens"));
    assert!(!told.contains_key("input.value") && !told.contains_key("output.value"));
    let output = |record: &Record| record.output.as_ref().unwrap().to_value()["message"].clone();
    let (given, read) = (output(record), output(&back));
    for field in ["role", "content", "reasoning_content"] {
        assert_eq!(read[field], given[field], "{field}");
    }
    let calls = |message: &Value| message["tool_calls"].as_array().map_or(0, Vec::len);
    assert_eq!(calls(&read), calls(&given));
}

fn hi() -> Value {
    json!([{"role": "user", "content": "Hi"}])
}

#[test]
fn openai() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}});
    let record = exchange(
        "api.openai.com",
        "/v1/chat/completions",
        json!({"model": "gpt-4o", "messages": hi(), "temperature": 0.7, "tools": [{"type": "function", "function": {"name": "f"}}]}),
        json!({"id": "r1", "model": "gpt-4o-2024-08-06", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": [call]}, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
                      "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}}}),
    );
    assert_is_told(
        &record,
        "gpt-4o-2024-08-06",
        "openai",
        json!([{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}}]),
    );
    let choice = |index: u64, text: &str, reason: &str| json!({"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": reason});
    let record = exchange(
        "r.openai.azure.com",
        "/openai/deployments/d/chat/completions",
        json!({"model": "gpt-4o", "messages": hi(), "n": 2}),
        json!({"choices": [choice(0, "A", "stop"), choice(1, "B", "length")], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
    );
    let answer = json!([{"type": "text", "content": "A"}]);
    assert_is_told(&record, "gpt-4o", "azure.ai.openai", answer);
    let back = assert_is_read_back(&record);
    assert_eq!(
        back.output.unwrap().to_value(),
        record.output.as_ref().unwrap().to_value()
    );
    let told = by_name(&tell(&record));
    assert_eq!(
        json!(told["gen_ai.response.finish_reasons"]),
        json!(["stop", "length"])
    );
}

#[test]
fn openai_responses() {
    let record = exchange(
        "api.openai.com",
        "/v1/responses",
        json!({"model": "gpt-5", "input": "Hi", "instructions": "Be brief."}),
        json!({"id": "resp_1", "model": "gpt-5", "status": "completed", "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}],
            "usage": {"input_tokens": 4, "output_tokens": 6, "output_tokens_details": {"reasoning_tokens": 3}}}),
    );
    assert_is_told(
        &record,
        "gpt-5",
        "openai",
        json!([{"type": "reasoning", "content": "Hm."}, {"type": "text", "content": "Hello"}]),
    );
}

#[test]
fn anthropic_and_bedrock() {
    let record = exchange(
        "api.anthropic.com",
        "/v1/messages",
        json!({"model": "claude-sonnet-4-5", "max_tokens": 9, "system": "Be brief.", "messages": hi()}),
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": "Hello"},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}}],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": 7}}),
    );
    let answer = json!([
        {"type": "reasoning", "content": "Hm."}, {"type": "text", "content": "Hello"},
        {"type": "tool_call", "id": "t1", "name": "f", "arguments": {"x": 1}},
    ]);
    assert_is_told(&record, "claude-sonnet-4-5", "anthropic", answer);
    let told = by_name(&tell(&record));
    assert_eq!(json!(told["gen_ai.usage.input_tokens"]), json!(123));
    let record = exchange(
        "bedrock-runtime.us-east-1.amazonaws.com",
        "/model/amazon.nova-lite-v1%3A0/converse",
        json!({"system": [{"text": "Be brief."}], "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
               "inferenceConfig": {"maxTokens": 9}}),
        json!({"output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}}, "stopReason": "end_turn",
               "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}}),
    );
    let answer = json!([{"type": "text", "content": "Hello"}]);
    assert_is_told(&record, "amazon.nova-lite-v1:0", "aws.bedrock", answer);
}

#[test]
fn gemini_and_ollama() {
    let record = exchange(
        "generativelanguage.googleapis.com",
        "/v1beta/models/gemini-2.5-pro:generateContent",
        json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "generationConfig": {"temperature": 0.2}}),
        json!({"modelVersion": "gemini-2.5-pro", "candidates": [{"content": {"role": "model", "parts": [
            {"text": "Hm.", "thought": true}, {"text": "Hello"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 9}}),
    );
    let answer =
        json!([{"type": "reasoning", "content": "Hm."}, {"type": "text", "content": "Hello"}]);
    assert_is_told(&record, "gemini-2.5-pro", "gcp.gemini", answer);
    assert_eq!(tell(&record).name, "generate_content gemini-2.5-pro");
    let record = exchange(
        "localhost:11434",
        "/api/chat",
        json!({"model": "llama3", "messages": hi(), "options": {"seed": 1}}),
        json!({"model": "llama3", "message": {"role": "assistant", "content": "Hello"}, "done": true, "done_reason": "stop",
               "prompt_eval_count": 2, "eval_count": 3}),
    );
    let answer = json!([{"type": "text", "content": "Hello"}]);
    assert_is_told(&record, "llama3", "ollama", answer);
}

#[test]
fn embeddings() {
    let record = exchange(
        "api.mistral.ai",
        "/v1/embeddings",
        json!({"model": "mistral-embed", "input": ["a", "b"], "encoding_format": "float"}),
        json!({"model": "mistral-embed", "data": [{"embedding": [0.1]}, {"embedding": [0.2]}],
               "usage": {"prompt_tokens": 2, "total_tokens": 2}}),
    );
    let back = assert_is_read_back(&record);
    assert_eq!(record.kind, Some(SpanKind::Embedding));
    assert_eq!(back.input.unwrap().to_value()["input"], json!(["a", "b"]));
    let told = tell(&record);
    assert_eq!(told.name, "embeddings mistral-embed");
    let told = by_name(&told);
    assert_eq!(json!(told["gen_ai.provider.name"]), json!("mistral_ai"));
    assert_eq!(json!(told["embedding.model_name"]), json!("mistral-embed"));
    assert_eq!(
        json!(told["gen_ai.request.encoding_formats"]),
        json!(["float"])
    );
    assert_eq!(
        json!(told["output.value"]),
        json!(r#"{"embeddings_count":2}"#)
    );
}
