//! Ollama's own API: JSON lines, plain JSON and embeddings.

use carrot_wire::SpanKind;
use carrot_wire::llm::{Endpoint, LlmCall, Usage};
use serde_json::{Value, json};

use crate::{JSON, ask, lines, read};

const NDJSON: &[(&str, &str)] = &[("content-type", "application/x-ndjson")];

fn chunk(message: Value) -> Value {
    json!({ "model": "qwen3:8b", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": false })
}

fn counts(mut last: Value) -> Value {
    let counts = json!({ "model": "qwen3:8b", "done": true, "done_reason": "stop", "total_duration": 5_000_000,
        "prompt_eval_count": 26, "prompt_eval_duration": 1, "eval_count": 290, "eval_duration": 2 });
    last.as_object_mut()
        .unwrap()
        .extend(counts.as_object().unwrap().clone());
    last
}

fn chat() -> Vec<Value> {
    vec![
        chunk(json!({ "role": "assistant", "content": "", "thinking": "Hm" })),
        chunk(json!({ "role": "assistant", "content": "", "thinking": "m." })),
        chunk(json!({ "role": "assistant", "content": "Grüße, " })),
        chunk(json!({ "role": "assistant", "content": "世界" })),
        chunk(json!({ "role": "assistant", "content": "", "tool_calls": [
            { "function": { "name": "weather", "arguments": { "city": "Paris" } } } ] })),
        counts(json!({ "message": { "role": "assistant", "content": "" } })),
    ]
}

fn check(call: &LlmCall) {
    assert_eq!(
        call.output,
        json!({ "message": {
            "role": "assistant", "content": "Grüße, 世界", "reasoning_content": "Hmm.",
            "tool_calls": [{ "id": null, "type": "function",
                "function": { "name": "weather", "arguments": "{\"city\":\"Paris\"}" } }],
        }})
    );
    assert_eq!(call.usage, Usage::new(26, 290));
    assert_eq!(call.finish_reason.as_deref(), Some("stop"));
    assert_eq!(call.model.as_deref(), Some("qwen3:8b"));
    assert_eq!(
        (call.provider, call.note, call.complete),
        ("ollama", None, true)
    );
}

#[test]
fn a_chat_plain_and_in_lines() {
    let whole = counts(
        json!({ "message": { "role": "assistant", "content": "Grüße, 世界", "thinking": "Hmm.",
        "tool_calls": [{ "function": { "name": "weather", "arguments": { "city": "Paris" } } }] } }),
    );
    let plain = ask("/api/chat", JSON, &whole.to_string());
    check(&plain);
    assert!(!plain.streamed);
    check(&ask(
        "/api/chat",
        JSON,
        &serde_json::to_string_pretty(&whole).unwrap(),
    ));

    let streamed = ask("/api/chat", NDJSON, &lines(&chat()));
    check(&streamed);
    assert!(streamed.streamed);
    let misnamed = ask("/api/chat", JSON, &lines(&chat()));
    check(&misnamed);
    assert!(
        misnamed.streamed,
        "lines are seen whatever their content type"
    );
    let unended = lines(&chat());
    check(&ask("/api/chat", NDJSON, unended.trim_end()));
    assert_eq!(
        (plain.endpoint.operation(), plain.endpoint.kind()),
        ("chat", SpanKind::LlmCall)
    );
}

#[test]
fn generated_text_plain_and_in_lines() {
    let chunk = |text: &str| json!({ "model": "m", "response": text, "done": false });
    let last = counts(json!({ "response": "", "context": [1, 2, 3] }));
    let streamed = ask(
        "/api/generate",
        NDJSON,
        &lines(&[chunk("Hel"), chunk("lo"), last]),
    );
    let plain = ask(
        "/api/generate",
        JSON,
        &counts(json!({ "response": "Hello", "context": [1, 2] })).to_string(),
    );
    for call in [&streamed, &plain] {
        assert_eq!(
            call.output,
            json!({ "message": { "role": "assistant", "content": "Hello" } })
        );
        assert_eq!(call.usage, Usage::new(26, 290));
    }
}

#[test]
fn cut_lines_keep_what_had_arrived() {
    let body = lines(&chat());
    let at = body.find("世界").unwrap();
    for ended in [true, false] {
        let call = read(
            Endpoint::OllamaChat,
            200,
            "application/x-ndjson",
            &body[..at],
            ended,
        );
        assert_eq!(call.output["message"]["content"], "Grüße, ");
        assert_eq!(
            (call.complete, call.note),
            (false, Some("the stream stopped before its end"))
        );
    }
}

#[test]
fn an_error_among_the_lines_is_an_error() {
    let body = lines(&[
        chat().remove(2),
        json!({ "error": "llama runner process has terminated" }),
    ]);
    let call = ask("/api/chat", NDJSON, &body);
    assert_eq!(
        call.error.unwrap().message,
        "llama runner process has terminated"
    );
    let call = read(
        Endpoint::OllamaChat,
        404,
        "application/json",
        r#"{"error":"model 'x' not found"}"#,
        true,
    );
    assert_eq!(call.error.unwrap().kind, "http_404");
}

#[test]
fn a_line_that_is_no_json_is_passed_over_and_noted() {
    let body = lines(&chat()).replacen('\n', "\noops\n", 1);
    let call = ask("/api/chat", NDJSON, &body);
    assert_eq!(call.output["message"]["content"], "Grüße, 世界");
    assert_eq!(
        (call.complete, call.note),
        (false, Some("a stream event is not JSON"))
    );
}

#[test]
fn embeddings_are_counted() {
    let body = json!({ "model": "all-minilm", "embeddings": [[0.1], [0.2]], "total_duration": 1, "prompt_eval_count": 8 });
    let call = ask("/api/embed", JSON, &body.to_string());
    assert_eq!(call.output, json!({ "embeddings_count": 2 }));
    assert_eq!(
        (call.usage.input, call.model.as_deref()),
        (Some(8), Some("all-minilm"))
    );
    assert_eq!(call.endpoint.kind(), SpanKind::Embedding);
    let older = ask("/api/embeddings", JSON, r#"{"embedding":[0.1,0.2]}"#);
    assert_eq!(older.output, json!({ "embeddings_count": 1 }));
}

#[test]
fn paths_are_told_from_those_of_other_servers() {
    let find = |path| Endpoint::find("POST", path);
    assert_eq!(
        find("/api/v1/embeddings"),
        Some(Endpoint::Embeddings),
        "OpenRouter"
    );
    assert_eq!(
        find("/api/chat/completions"),
        Some(Endpoint::ChatCompletions),
        "Open WebUI"
    );
    assert_eq!(find("/ollama/api/generate"), Some(Endpoint::OllamaGenerate));
    assert_eq!(find("/v2/chat"), None);
    assert_eq!(find("/api/pull"), None);
}
