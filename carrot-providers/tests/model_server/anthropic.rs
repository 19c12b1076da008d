//! Anthropic's messages.

use carrot_providers::scripted::{ModelServer, Reply};
use serde_json::{Value, json};

use super::{chat, events, joined, json_of, one, parsed, post, rich};

#[tokio::test]
async fn a_message_has_blocks_and_a_usage_without_the_cache() {
    let server = rich();
    let response = post(&server, "/v1/messages", chat("Hi")).await;
    assert_eq!(response.headers()["request-id"], "req_1");
    let message = json_of(response).await;
    assert_eq!(
        message["content"],
        json!([
            { "type": "thinking", "thinking": "Let me see.", "signature": "c2NyaXB0ZWQ=" },
            { "type": "text", "text": "It is sunny." },
            { "type": "tool_use", "id": "toolu_scripted_1_0", "name": "get_weather", "input": { "city": "Oslo" } },
            { "type": "tool_use", "id": "toolu_scripted_1_1", "name": "get_time", "input": {} },
        ])
    );
    assert_eq!(
        (&message["stop_reason"], &message["model"]),
        (&json!("tool_use"), &json!("m"))
    );
    let usage = &message["usage"];
    assert_eq!(usage["input_tokens"], 1000 - 400 - 50);
    assert_eq!(usage["cache_read_input_tokens"], 400);
    assert_eq!(usage["cache_creation_input_tokens"], 50);
    assert_eq!(usage["output_tokens"], 200);
}

#[tokio::test]
async fn a_stream_adds_up_to_the_message() {
    let server = rich();
    let mut request = chat("Hi");
    request["stream"] = json!(true);
    let events = events(post(&server, "/v1/messages", request).await).await;
    let data = parsed(&events);
    for ((name, _), event) in events.iter().zip(&data) {
        assert_eq!(name.as_deref(), event["type"].as_str());
    }
    let names: Vec<&str> = data.iter().filter_map(|it| it["type"].as_str()).collect();
    assert_eq!(names[..3], ["message_start", "ping", "content_block_start"]);
    assert_eq!(names[names.len() - 2..], ["message_delta", "message_stop"]);
    let deltas = |index: u64| -> Vec<Value> {
        let of_block = |it: &&Value| it["type"] == "content_block_delta" && it["index"] == index;
        data.iter().filter(of_block).cloned().collect()
    };
    assert_eq!(joined(&deltas(0), "/delta/thinking"), "Let me see.");
    assert_eq!(joined(&deltas(0), "/delta/signature"), "c2NyaXB0ZWQ=");
    assert_eq!(joined(&deltas(1), "/delta/text"), "It is sunny.");
    assert!(deltas(2).len() > 2);
    assert_eq!(
        joined(&deltas(2), "/delta/partial_json"),
        r#"{"city":"Oslo"}"#
    );
    let last = &data[data.len() - 2];
    assert_eq!(last["delta"]["stop_reason"], "tool_use");
    assert_eq!(last["usage"]["output_tokens"], 200);
    assert_eq!(data[0]["message"]["usage"]["cache_read_input_tokens"], 400);
}

#[tokio::test]
async fn errors_and_reasons_are_in_its_words() {
    let server = one(Reply::error(429, "slow down").retry_after(2));
    let response = post(&server, "/v1/messages", chat("Hi")).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(
        json_of(response).await,
        json!({ "type": "error", "error": { "type": "rate_limit_error", "message": "slow down" } })
    );
    let server = one(Reply::text("cut").finish_reason("length"));
    let message = json_of(post(&server, "/v1/messages", chat("Hi")).await).await;
    assert_eq!(message["stop_reason"], "max_tokens");

    let server = one(Reply::text("one two three").error_after(4, "too busy"));
    let mut request = chat("Hi");
    request["stream"] = json!(true);
    let events = events(post(&server, "/v1/messages", request).await).await;
    assert_eq!(events.len(), 5);
    assert_eq!(events[4].0.as_deref(), Some("error"));
    assert_eq!(parsed(&events)[4]["error"]["type"], "overloaded_error");
}

#[tokio::test]
async fn it_echoes_the_last_block() {
    let server = ModelServer::start();
    let request = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": [
        { "type": "tool_result", "tool_use_id": "t", "content": [{ "type": "text", "text": "21 degrees" }] },
    ] }] });
    let message = json_of(post(&server, "/anthropic/v1/messages", request).await).await;
    assert_eq!(message["content"][0]["text"], "You said: 21 degrees");
}
