//! Usage as providers write it, in one way of counting; and no token paid for twice.

use carrot_wire::llm::{Endpoint, Exchange, LlmCall, Spent, Usage, usage_of};
use carrot_wire::{price, price::Rates};
use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, events};

fn rates(provider: &str, model: &str) -> Rates {
    price::rates(provider, model).unwrap_or_else(|| panic!("{model} has a price"))
}

fn chat(usage: Value) -> Usage {
    let body = json!({ "choices": [], "usage": usage });
    ask("/v1/chat/completions", JSON, &body.to_string()).usage
}

#[test]
fn openai_counts_cached_tokens_and_reasoning_within() {
    let usage = chat(json!({
        "prompt_tokens": 2_006, "completion_tokens": 300, "total_tokens": 2_306,
        "prompt_tokens_details": { "cached_tokens": 1_920, "audio_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": 192, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0 },
    }));
    assert_eq!(usage, Usage::new(2_006, 300).cached(1_920).reasoning(192));
    // 86 fresh at $2.50, 1,920 cached at $1.25, 300 out at $10 a million.
    assert_eq!(rates("openai", "gpt-4o").cost(&usage), Some(0.005615));
}

#[test]
fn openai_counts_audio_within() {
    let usage = chat(json!({
        "prompt_tokens": 120, "completion_tokens": 80, "total_tokens": 200,
        "prompt_tokens_details": { "cached_tokens": 30, "text_tokens": 20, "audio_tokens": 100,
            "cached_tokens_details": { "audio_tokens": 25, "text_tokens": 5 } },
        "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 60, "text_tokens": 20 },
    }));
    let expected = Usage::new(120, 80).cached(30).reasoning(0);
    assert_eq!(usage, expected.audio_input(75).audio_output(60));
}

#[test]
fn deepseek_names_hits_and_misses() {
    let usage = chat(json!({
        "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
        "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36,
        "completion_tokens_details": { "reasoning_tokens": 12 },
    }));
    assert_eq!(usage, Usage::new(100, 20).cached(64).reasoning(12));
}

#[test]
fn litellm_keeps_anthropics_words_beside_openais() {
    let usage = chat(json!({
        "prompt_tokens": 1_125, "completion_tokens": 50, "total_tokens": 1_175,
        "prompt_tokens_details": { "cached_tokens": 1_000, "cache_creation_tokens": 100 },
        "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1_000,
    }));
    assert_eq!(usage, Usage::new(1_125, 50).cached(1_000).cache_write(100));
}

#[test]
fn groq_and_moonshot_have_places_of_their_own() {
    let usage = json!({ "prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11 });
    let finish = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let mut groq = finish.clone();
    groq["x_groq"] = json!({ "id": "req_1", "usage": usage });
    let mut moonshot = finish;
    moonshot["choices"][0]["usage"] = usage;
    for last in [groq, moonshot] {
        let call = ask("/openai/v1/chat/completions", EVENTS, &events(&[last]));
        assert_eq!(call.usage, Usage::new(5, 6));
    }
}

#[test]
fn gemini_counts_thoughts_and_tools_beside() {
    let body = json!({ "candidates": [], "usageMetadata": {
        "promptTokenCount": 1_000, "cachedContentTokenCount": 400, "candidatesTokenCount": 100,
        "thoughtsTokenCount": 50, "toolUsePromptTokenCount": 10, "totalTokenCount": 1_160 } });
    let call = ask(
        "/v1beta/models/gemini-2.5-pro:generateContent",
        JSON,
        &body.to_string(),
    );
    assert_eq!(call.usage, Usage::new(1_010, 150).cached(400).reasoning(50));
    let rates = rates("gemini", "gemini-2.5-pro");
    let (input, output) = (rates.input.unwrap(), rates.output.unwrap());
    let cached = rates.cached.unwrap();
    let expected = (610.0 * input + 400.0 * cached + 150.0 * output) / 1e6;
    let cost = rates.cost(&call.usage).unwrap();
    assert!((cost - expected).abs() < 1e-9, "{cost} is not {expected}");
}

#[test]
fn counts_in_a_stream_that_repeats_them_are_not_added_up() {
    let chunk = |output: u64| {
        json!({ "choices": [{ "index": 0, "delta": { "content": "x" } }],
        "usage": { "prompt_tokens": 10, "completion_tokens": output, "total_tokens": 10 + output } })
    };
    let body = events(&[chunk(1), chunk(2), chunk(3)]) + "data: [DONE]\n\n";
    let call = ask("/v1/chat/completions", EVENTS, &body);
    assert_eq!(call.usage, Usage::new(10, 3));
    let chunk = |fresh: u64| json!({ "type": "message_delta", "delta": {}, "usage": { "input_tokens": 0, "output_tokens": fresh } });
    let start = json!({ "type": "message_start", "message": { "usage": { "input_tokens": 9, "output_tokens": 1 } } });
    let body = events(&[start, chunk(4), chunk(7), json!({ "type": "message_stop" })]);
    assert_eq!(ask("/v1/messages", EVENTS, &body).usage, Usage::new(9, 7));
}

#[test]
fn a_budget_knows_the_model_and_takes_nothing_for_a_failure() {
    let body = bytes::Bytes::from(
        json!({ "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } })
            .to_string(),
    );
    let body = [body];
    let exchange = Exchange {
        host: "h",
        path: "/v1/chat/completions",
        request: br#"{"model":"gpt-4o","service_tier":"flex"}"#,
        status: Some(200),
        headers: JSON,
        body: &body,
        times: &[],
        ended: true,
        truncated: false,
    };
    let endpoint = carrot_wire::llm::Endpoint::ChatCompletions;
    let spent = usage_of(endpoint, &exchange);
    assert_eq!(
        (spent.request_model.as_deref(), spent.usage),
        (Some("gpt-4o"), Usage::new(3, 2))
    );
    for status in [None, Some(429), Some(500)] {
        let failed = usage_of(endpoint, &Exchange { status, ..exchange });
        assert_eq!(failed, Default::default());
    }
    let call = LlmCall::read(endpoint, &exchange);
    assert_eq!(call.usage, spent.usage);
    assert_eq!(call.service_tier, spent.service_tier);
    assert_eq!(
        (call.provider, Some("flex")),
        (spent.provider, spent.service_tier.as_deref())
    );
}

#[test]
fn the_ends_of_an_answer_tell_its_counts() {
    let end = |endpoint: Endpoint, beginning: Usage, pieces: &[&str]| {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|it| bytes::Bytes::from((*it).to_owned()))
            .collect();
        let mut spent = Spent {
            usage: beginning,
            ..Spent::default()
        };
        spent.add_ends(endpoint, &pieces);
        spent.usage
    };
    let none = Usage::default();
    assert_eq!(
        end(
            Endpoint::ChatCompletions,
            none,
            &[
                r#"{"usage":{"prompt_tokens":3,"completion_tokens":2},"choices":"#,
                "aa"
            ]
        ),
        Usage::new(3, 2)
    );
    assert_eq!(
        end(
            Endpoint::ChatCompletions,
            none,
            &[
                r#"text of \"usage\": {\"prompt_tokens\": 9} and so on"}}],"usa"#,
                r#"ge": {"prompt_tokens": 3, "completion_tokens": 2}}"#,
            ]
        ),
        Usage::new(3, 2)
    );
    assert_eq!(
        end(
            Endpoint::ChatCompletions,
            none,
            &[
                r#"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
                "\n\ndata: {\"choices\":[],\"usage\":null}\n\ndata: [DONE]\n\n",
            ]
        ),
        Usage::new(3, 2)
    );
    assert_eq!(
        end(
            Endpoint::Messages,
            Usage::new(7, 1),
            &[r#"{"usage":{"output_tokens":5}}"#]
        ),
        Usage::new(7, 5)
    );
    assert_eq!(
        end(
            Endpoint::OllamaChat,
            none,
            &[r#"x","done":true,"prompt_eval_count":4,"eval_count":6}"#]
        ),
        Usage::new(4, 6)
    );
    assert_eq!(
        end(
            Endpoint::GenerateContent,
            none,
            &[
                r#""usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 6, "totalTokenCount": 10}}]"#
            ]
        ),
        Usage::new(4, 6)
    );
    assert_eq!(
        end(
            Endpoint::Converse,
            none,
            &[r#"{"metrics":{},"usage":{"inputTokens":4,"outputTokens":6}}"#]
        ),
        Usage::new(4, 6)
    );
    assert_eq!(
        end(
            Endpoint::Messages,
            Usage::new(7, 1),
            &["nothing", r#""usage":"#]
        ),
        Usage::new(7, 1)
    );
}
