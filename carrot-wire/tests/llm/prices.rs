//! What calls cost, from the usage that each provider really sends: no token is paid for twice.

use bytes::Bytes;
use carrot_wire::Record;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall};
use carrot_wire::price::{self, Rates};
use serde_json::{Value, json};

/// The record of a call, priced.
fn record(host: &str, path: &str, request: &Value, answer: &Value) -> Record {
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
    let mut record = Record::default();
    let endpoint = Endpoint::find("POST", path).unwrap();
    LlmCall::read(endpoint, &exchange).fill(&mut record);
    price::apply(&mut record);
    record
}

fn cost(record: &Record) -> f64 {
    record.metadata["cost_usd"].as_f64().unwrap()
}

fn rates(provider: &str, model: &str) -> [f64; 4] {
    let Rates {
        input,
        output,
        cached,
        cache_write,
        ..
    } = price::rates(provider, model).unwrap();
    let input = input.unwrap();
    [
        input,
        output.unwrap(),
        cached.unwrap(),
        cache_write.unwrap_or(input),
    ]
}

/// USD for so many tokens of each kind: fresh input, output, cached, cache-write.
fn usd(rates: [f64; 4], tokens: [u64; 4]) -> f64 {
    let millionths: f64 = rates
        .iter()
        .zip(tokens)
        .map(|(rate, count)| rate * count as f64)
        .sum();
    (millionths * 1e6).round() / 1e12
}

#[test]
fn openai_counts_cached_tokens_within_its_input() {
    let answer = json!({ "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2024-08-06",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
        "service_tier": "default",
        "usage": { "prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
            "prompt_tokens_details": { "cached_tokens": 1920, "audio_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": 100, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0 } } });
    let path = "/v1/chat/completions";
    let record = record(
        "api.openai.com",
        path,
        &json!({ "model": "gpt-4o" }),
        &answer,
    );
    assert_eq!(
        cost(&record),
        usd(rates("openai", "gpt-4o"), [86, 300, 1920, 0])
    );
}

#[test]
fn tiers_are_priced_as_the_answer_says() {
    let answer = |tier: &str| {
        json!({ "id": "resp_1", "object": "response", "model": "gpt-5-2025-08-07", "status": "completed",
            "output": [], "service_tier": tier,
            "usage": { "input_tokens": 1000, "input_tokens_details": { "cached_tokens": 0 },
                "output_tokens": 100, "output_tokens_details": { "reasoning_tokens": 64 }, "total_tokens": 1100 } })
    };
    let asked = json!({ "model": "gpt-5", "service_tier": "flex" });
    let of = |tier: &str| {
        cost(&record(
            "api.openai.com",
            "/v1/responses",
            &asked,
            &answer(tier),
        ))
    };
    let standard = usd(rates("openai", "gpt-5"), [1000, 100, 0, 0]);
    assert_eq!(of("default"), standard, "asked for, and not given");
    assert_eq!(of("flex"), standard / 2.0);
    assert_eq!(of("batch"), standard / 2.0);
    assert_eq!(of("priority"), standard * 2.0);
}

#[test]
fn anthropic_counts_cached_tokens_beside_its_input() {
    let answer = |tier: &str| {
        json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": [{ "type": "text", "text": "Hi" }], "stop_reason": "end_turn",
            "usage": { "input_tokens": 4, "cache_creation_input_tokens": 188086, "cache_read_input_tokens": 0,
                "cache_creation": { "ephemeral_5m_input_tokens": 188086, "ephemeral_1h_input_tokens": 0 },
                "output_tokens": 393, "service_tier": tier } })
    };
    let asked = json!({ "model": "claude-sonnet-4-5" });
    let of = |tier: &str| record("api.anthropic.com", "/v1/messages", &asked, &answer(tier));
    let standard = of("standard");
    assert_eq!(standard.metadata["input_tokens"], 188_090);
    let sonnet = rates("anthropic", "claude-sonnet-4-5-20250929");
    assert_eq!(cost(&standard), usd(sonnet, [4, 393, 0, 188_086]));
    assert_eq!(
        cost(&of("batch")),
        usd(sonnet.map(|rate| rate / 2.0), [4, 393, 0, 188_086])
    );
}

#[test]
fn gemini_counts_thoughts_beside_its_candidates() {
    let answer = json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": "Hi" }] },
            "finishReason": "STOP", "index": 0 }], "modelVersion": "gemini-2.5-pro", "responseId": "r1",
        "usageMetadata": { "promptTokenCount": 5000, "candidatesTokenCount": 50, "thoughtsTokenCount": 450,
            "totalTokenCount": 5500, "cachedContentTokenCount": 4000,
            "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": 5000 }],
            "cacheTokensDetails": [{ "modality": "TEXT", "tokenCount": 4000 }] } });
    let path = "/v1beta/models/gemini-2.5-pro:generateContent";
    let host = "generativelanguage.googleapis.com";
    let record = record(host, path, &json!({ "contents": [] }), &answer);
    assert_eq!(
        cost(&record),
        usd(rates("gemini", "gemini-2.5-pro"), [1000, 500, 4000, 0])
    );
}

#[test]
fn gemini_hears_at_a_price_of_its_own() {
    let answer = json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": "Hi" }] },
            "finishReason": "STOP" }], "modelVersion": "gemini-2.5-flash",
        "usageMetadata": { "promptTokenCount": 1100, "candidatesTokenCount": 10, "totalTokenCount": 1110,
            "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": 100 }, { "modality": "AUDIO", "tokenCount": 1000 }] } });
    let path = "/v1beta/models/gemini-2.5-flash:generateContent";
    let host = "generativelanguage.googleapis.com";
    let record = record(host, path, &json!({ "contents": [] }), &answer);
    let flash = price::rates("gemini", "gemini-2.5-flash").unwrap();
    let [input, output, hears] = [flash.input, flash.output, flash.audio_input].map(Option::unwrap);
    assert!(hears > input);
    assert_eq!(
        cost(&record),
        usd([input, output, hears, 0.0], [100, 10, 1000, 0])
    );
}

#[test]
fn deepseek_counts_hits_and_misses() {
    let answer = json!({ "id": "1", "object": "chat.completion", "model": "deepseek-chat",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
            "prompt_cache_hit_tokens": 896, "prompt_cache_miss_tokens": 104,
            "prompt_tokens_details": { "cached_tokens": 896 },
            "completion_tokens_details": { "reasoning_tokens": 50 } } });
    let asked = json!({ "model": "deepseek-chat" });
    let record = record("api.deepseek.com", "/chat/completions", &asked, &answer);
    assert_eq!(
        cost(&record),
        usd(rates("deepseek", "deepseek-chat"), [104, 200, 896, 0])
    );
}

#[test]
fn bedrock_counts_cached_tokens_beside_its_input() {
    let answer = json!({ "output": { "message": { "role": "assistant", "content": [{ "text": "Hi" }] } },
        "stopReason": "end_turn", "metrics": { "latencyMs": 500 },
        "usage": { "inputTokens": 12, "outputTokens": 30, "totalTokens": 1942,
            "cacheReadInputTokens": 1500, "cacheWriteInputTokens": 400 } });
    let host = "bedrock-runtime.us-east-1.amazonaws.com";
    let model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let expected = usd(rates("bedrock", model), [12, 30, 1500, 400]);
    for id in [
        model.replace(':', "%3A"),
        format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/{model}")
            .replace(':', "%3A")
            .replace('/', "%2F"),
    ] {
        let record = record(
            host,
            &format!("/model/{id}/converse"),
            &json!({ "messages": [] }),
            &answer,
        );
        assert_eq!(record.metadata["total_tokens"], 1942);
        assert_eq!(cost(&record), expected, "{id}");
    }
    // A profile of the user's own says nothing of its model.
    let own = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
    let record = record(host, &format!("/model/{own}/converse"), &json!({}), &answer);
    assert_eq!(record.metadata.get("cost_usd"), None);
}
