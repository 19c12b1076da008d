//! Answers in one piece.

use async_openai::types::chat::CreateChatCompletionRequest;
use async_openai::types::completions::CreateCompletionRequest;
use async_openai::types::embeddings::CreateEmbeddingRequest;
use async_openai::types::responses::CreateResponse;
use carrot_providers::scripted::{Reply, TokenUsage, When};
use carrot_wire::{SpanKind, Status};
use serde_json::{Value, json};

use crate::support::{Pair, chat, output, recorded};

const USAGE: TokenUsage = TokenUsage {
    input: 150,
    output: 42,
    cached: 100,
    cache_write: 0,
    reasoning: 20,
};

fn typed<T: serde::de::DeserializeOwned>(request: Value) -> T {
    serde_json::from_value(request).expect("a request")
}

#[tokio::test]
async fn chat_completions() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Go to Settings.").usage(USAGE)));
    let request = || typed::<CreateChatCompletionRequest>(chat("How?"));
    let bare = pair.bare.chat().create(request()).await.unwrap();
    let (wrapped, record) = recorded(pair.wrapped.chat().create(request())).await;
    assert_eq!(wrapped.unwrap(), bare);
    pair.assert_same_requests();

    assert_eq!(record.name.as_deref(), Some("chat.completions"));
    assert_eq!(
        (record.kind, record.status),
        (Some(SpanKind::LlmCall), Some(Status::Success))
    );
    assert_eq!(record.input.unwrap().to_value(), pair.sent().body);
    let message = json!({ "role": "assistant", "content": "Go to Settings.", "refusal": null });
    assert_eq!(
        record.output.unwrap().to_value(),
        json!({ "message": message })
    );
    for (key, value) in [
        ("source", json!("sdk")),
        ("provider", json!("openai")),
        ("model", json!("gpt-4o-mini")),
        ("request_model", json!("gpt-4o-mini")),
        ("input_tokens", json!(150)),
        ("output_tokens", json!(42)),
        ("total_tokens", json!(192)),
        ("cached_tokens", json!(100)),
        ("reasoning_tokens", json!(20)),
        // 50 at 0.15, 100 cached at 0.075 and 42 at 0.60 USD per million.
        ("cost_usd", json!(0.0000402)),
        ("finish_reason", json!("stop")),
        ("request_id", json!("req_1")),
        ("response_id", json!("chatcmpl-scripted-1")),
    ] {
        assert_eq!(record.metadata.get(key), Some(&value), "{key}");
    }
    for key in [
        "attempts",
        "ttft_ms",
        "capture_complete",
        "capture_note",
        "truncated",
    ] {
        assert_eq!(record.metadata.get(key), None, "{key}");
    }
}

#[tokio::test]
async fn tool_calls() {
    let reply =
        || Reply::tool_call("get_weather", r#"{"city":"Oslo"}"#).and_tool_call("get_time", "{}");
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let bare: Value = pair
        .bare
        .chat()
        .create_byot(chat("weather?"))
        .await
        .unwrap();
    let (wrapped, record) = recorded(
        pair.wrapped
            .chat()
            .create_byot::<Value, Value>(chat("weather?")),
    )
    .await;
    assert_eq!(wrapped.unwrap(), bare);
    assert_eq!(output(&record)["message"], bare["choices"][0]["message"]);
    let function = &output(&record)["message"]["tool_calls"][0]["function"];
    assert_eq!(
        *function,
        json!({ "name": "get_weather", "arguments": "{\"city\":\"Oslo\"}" })
    );
    assert_eq!(record.metadata["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn completions() {
    let pair = Pair::new(|it| it);
    let request = || {
        typed::<CreateCompletionRequest>(
            json!({ "model": "gpt-3.5-turbo-instruct", "prompt": "Once" }),
        )
    };
    let bare = pair.bare.completions().create(request()).await.unwrap();
    let (wrapped, record) = recorded(pair.wrapped.completions().create(request())).await;
    assert_eq!(wrapped.unwrap(), bare);
    assert_eq!(record.name.as_deref(), Some("completions"));
    assert_eq!(output(&record)["message"]["content"], "You said: Once");
    assert!(record.metadata["cost_usd"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn embeddings() {
    let pair = Pair::new(|it| it);
    let request = || {
        typed::<CreateEmbeddingRequest>(
            json!({ "model": "text-embedding-3-small", "input": ["one text", "two"] }),
        )
    };
    let bare = pair.bare.embeddings().create(request()).await.unwrap();
    let (wrapped, record) = recorded(pair.wrapped.embeddings().create(request())).await;
    assert_eq!(wrapped.unwrap(), bare);
    assert_eq!(
        (record.name.as_deref(), record.kind),
        (Some("embeddings"), Some(SpanKind::Embedding))
    );
    assert_eq!(output(&record), json!({ "embeddings_count": 2 }));
    assert_eq!(
        (
            &record.metadata["input_tokens"],
            record.metadata.get("output_tokens")
        ),
        (&json!(3), None)
    );
}

#[tokio::test]
async fn responses() {
    let reply = || {
        Reply::text("Hello")
            .reasoning("a thought")
            .and_tool_call("look", "{}")
            .usage(USAGE)
    };
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let request = || typed::<CreateResponse>(json!({ "model": "gpt-4o-mini", "input": "Hi" }));
    let bare = pair.bare.responses().create(request()).await.unwrap();
    let (wrapped, record) = recorded(pair.wrapped.responses().create(request())).await;
    assert_eq!(wrapped.unwrap(), bare);
    assert_eq!(record.name.as_deref(), Some("responses"));
    let message = &output(&record)["message"];
    assert_eq!(
        (&message["content"], &message["reasoning_content"]),
        (&json!("Hello"), &json!("a thought"))
    );
    assert_eq!(message["tool_calls"][0]["function"]["name"], "look");
    assert_eq!(record.metadata["cached_tokens"], 100);
    assert_eq!(record.metadata["finish_reason"], "completed");
}

#[tokio::test]
async fn other_requests_pass_unrecorded() {
    let pair = Pair::new(|it| it);
    let bare = pair.bare.responses().retrieve("resp_1").await.unwrap_err();
    let (wrapped, records) =
        crate::support::all_recorded(pair.wrapped.responses().retrieve("resp_1")).await;
    assert_eq!(wrapped.unwrap_err().to_string(), bare.to_string());
    assert_eq!(records, []);
}

#[tokio::test]
async fn calls_with_types_of_the_users_own() {
    let pair = Pair::new(|it| it);
    let texts = || json!({ "model": "gpt-4o-mini", "input": "Hi", "prompt": "Hi" });
    macro_rules! both {
        ($calls:ident, $name:literal) => {
            let bare: Value = pair.bare.$calls().create_byot(texts()).await.unwrap();
            let (wrapped, record) =
                recorded(pair.wrapped.$calls().create_byot::<_, Value>(texts())).await;
            assert_eq!(wrapped.unwrap(), bare);
            assert_eq!(record.name.as_deref(), Some($name));
            assert_eq!(record.input.unwrap().to_value(), texts());
        };
    }
    both!(responses, "responses");
    both!(completions, "completions");
    both!(embeddings, "embeddings");
    pair.assert_same_requests();
}
