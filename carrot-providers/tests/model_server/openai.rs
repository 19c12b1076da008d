//! OpenAI's forms.

use carrot_providers::scripted::{ModelServer, Reply};
use serde_json::{Value, json};

use super::{chat, events, joined, json_of, one, parsed, post, rich};

#[tokio::test]
async fn streams_are_server_sent_events() {
    let server = ModelServer::start();
    let mut request = chat("Hi");
    request["stream"] = json!(true);
    let response = post(&server, "/v1/chat/completions", request).await;
    assert_eq!(response.headers()["x-request-id"], "req_1");
    let events = events(response).await;
    let (last, chunks) = events.split_last().unwrap();
    assert_eq!(last.1, "[DONE]");
    assert_eq!(
        joined(&parsed(chunks), "/choices/0/delta/content"),
        "You said: Hi"
    );
}

#[tokio::test]
async fn usage_has_all_its_parts() {
    let server = rich();
    let chat = json_of(post(&server, "/v1/chat/completions", chat("Hi")).await).await;
    assert_eq!(
        chat["usage"],
        json!({
            "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
            "prompt_tokens_details": { "cached_tokens": 400, "cache_write_tokens": 50 },
            "completion_tokens_details": { "reasoning_tokens": 30 },
        })
    );
    let request = json!({ "model": "m", "input": "Hi" });
    let response = json_of(post(&server, "/v1/responses", request).await).await;
    assert_eq!(
        response["usage"]["input_tokens_details"],
        json!({ "cached_tokens": 400, "cache_write_tokens": 50 })
    );
}

#[tokio::test]
async fn log_probabilities_for_those_who_ask() {
    let server = one(Reply::text("Hello you"));
    let token = |word: &str, logprob: f64| json!({ "token": word, "logprob": logprob, "bytes": word.as_bytes() });
    let mut request = chat("Hi");
    request["logprobs"] = json!(true);
    request["top_logprobs"] = json!(2);
    request["return_token_ids"] = json!(true);
    let plain = json_of(post(&server, "/v1/chat/completions", request.clone()).await).await;
    let content = &plain["choices"][0]["logprobs"]["content"];
    let mut first = token("Hello ", -0.125);
    first["top_logprobs"] = json!([token("Hello ", -0.125), token("other1", -1.125)]);
    assert_eq!(content[0], first);
    assert_eq!(plain["choices"][0]["token_ids"], json!([1000, 1001]));

    request["stream"] = json!(true);
    let events = events(post(&server, "/v1/chat/completions", request).await).await;
    let chunks = parsed(&events[..events.len() - 1]);
    let streamed: Vec<&Value> = chunks
        .iter()
        .filter_map(|it| it.pointer("/choices/0/logprobs/content/0"))
        .collect();
    assert_eq!(
        streamed,
        content.as_array().unwrap().iter().collect::<Vec<_>>()
    );

    let request = json!({ "prompt": "Hi", "logprobs": 1 });
    let older = json_of(post(&server, "/v1/completions", request).await).await;
    assert_eq!(
        older["choices"][0]["logprobs"],
        json!({
            "tokens": ["Hello ", "you"], "token_logprobs": [-0.125, -0.25],
            "top_logprobs": [{ "Hello ": -0.125 }, { "you": -0.25 }], "text_offset": [0, 6],
        })
    );

    let request = json!({ "input": "Hi", "include": ["message.output_text.logprobs"] });
    let response = json_of(post(&server, "/v1/responses", request).await).await;
    let logprobs = &response["output"][0]["content"][0]["logprobs"];
    assert_eq!(logprobs[1]["logprob"], -0.25);

    let unasked = json_of(post(&server, "/v1/chat/completions", chat("Hi")).await).await;
    assert_eq!(unasked["choices"][0]["logprobs"], Value::Null);
}
