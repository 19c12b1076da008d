//! Clients of other providers: what they answer is understood in their own words.

use carrot_providers::scripted::{ModelServer, Reply, When};
use carrot_providers::wrap;
use carrot_wire::{Record, Status};
use rig_core::Model;
use rig_core::driver::Transport;
use rig_core::operation::Completion;
use rig_core::providers::anthropic::AnthropicConfig;
use rig_core::providers::gemini::GeminiConfig;
use rig_core::providers::ollama::OllamaConfig;
use rig_core::wire::Wire;
use serde_json::json;

use crate::support::{call, output, recorded, stream};

/// A server that always answers this, and its address without a path.
fn server(content_type: &str, body: impl Into<String>) -> (ModelServer, String) {
    carrot_providers::tls::install_ring();
    let reply = Reply::raw(200, content_type, body);
    let server = ModelServer::builder().on(When::any(), reply).start();
    let base = server.url().trim_end_matches("/v1").to_owned();
    (server, base)
}

/// Asks the bare model and the wrapped one; what they see is the same.
async fn whole<W, T>(bare: Model<W, T>, wrapped: Model<W, T>) -> Record
where
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    let bare = call(&bare, "Hi").await;
    let (wrapped, record) = recorded(call(&wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    wrapped.unwrap();
    record
}

async fn streamed<W, T>(bare: Model<W, T>, wrapped: Model<W, T>) -> Record
where
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    let bare = stream(&bare, "Hi").await;
    let (wrapped, record) = recorded(stream(&wrapped, "Hi")).await;
    assert_eq!(wrapped, bare);
    record
}

fn assert_says(record: &Record, provider_operation: &str, text: &str, tokens: (u64, u64)) {
    assert_eq!(record.status, Some(Status::Success), "{record:?}");
    assert_eq!(record.name.as_deref(), Some(provider_operation));
    assert_eq!(output(record)["message"]["content"], text, "{record:?}");
    assert_eq!(record.metadata["input_tokens"], tokens.0);
    assert_eq!(record.metadata["output_tokens"], tokens.1);
}

fn events(events: &[serde_json::Value]) -> String {
    let events = events.iter();
    let events =
        events.map(|it| format!("event: {}\ndata: {it}\n\n", it["type"].as_str().unwrap()));
    events.collect()
}

#[tokio::test]
async fn anthropic() {
    let usage = json!({ "input_tokens": 5, "output_tokens": 2 });
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [{ "type": "text", "text": "Hello" }],
        "stop_reason": "end_turn", "stop_sequence": null, "usage": usage,
    });
    let (_server, base) = server("application/json", message.to_string());
    let client = AnthropicConfig::new("sk-test")
        .with_base_url(&base)
        .client();
    let model =
        |client: &rig_core::providers::anthropic::Anthropic| client.completion("claude-sonnet-4-5");
    let record = whole(model(&client), model(&wrap(client.clone()))).await;
    assert_says(&record, "messages", "Hello", (5, 2));

    let mut start = message;
    start["content"] = json!([]);
    start["usage"]["output_tokens"] = json!(1);
    let body = events(&[
        json!({ "type": "message_start", "message": start }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "Hel" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "lo" } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn", "stop_sequence": null },
                "usage": { "output_tokens": 2 } }),
        json!({ "type": "message_stop" }),
    ]);
    let (_server, base) = server("text/event-stream", body);
    let client = AnthropicConfig::new("sk-test")
        .with_base_url(&base)
        .client();
    let record = streamed(model(&client), model(&wrap(client.clone()))).await;
    assert_says(&record, "messages", "Hello", (5, 2));
}

#[tokio::test]
async fn gemini() {
    let answer = |text: &str, finish: Option<&str>| {
        let mut candidate =
            json!({ "content": { "role": "model", "parts": [{ "text": text }] }, "index": 0 });
        if let Some(reason) = finish {
            candidate["finishReason"] = json!(reason);
        }
        json!({
            "candidates": [candidate], "modelVersion": "gemini-2.5-flash", "responseId": "r1",
            "usageMetadata": { "promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7 },
        })
    };
    let model =
        |client: &rig_core::providers::gemini::Gemini| client.completion("gemini-2.5-flash");
    let (_server, base) = server(
        "application/json",
        answer("Hello", Some("STOP")).to_string(),
    );
    let client = GeminiConfig::new("key").with_base_url(&base).client();
    let record = whole(model(&client), model(&wrap(client.clone()))).await;
    assert_says(&record, "generate_content", "Hello", (5, 2));
    assert!(!format!("{record:?}").contains("\"key\""), "no key is kept");

    let body = [answer("Hel", None), answer("lo", Some("STOP"))];
    let body: String = body
        .iter()
        .map(|it| format!("data: {it}\r\n\r\n"))
        .collect();
    let (_server, base) = server("text/event-stream", body);
    let client = GeminiConfig::new("key").with_base_url(&base).client();
    let record = streamed(model(&client), model(&wrap(client.clone()))).await;
    assert_says(&record, "generate_content", "Hello", (5, 2));
}

#[tokio::test]
async fn ollama() {
    let piece = |text: &str, done: bool| {
        let mut piece = json!({
            "model": "llama3.2", "created_at": "2026-01-01T00:00:00Z", "done": done,
            "message": { "role": "assistant", "content": text },
        });
        if done {
            let end = json!({ "done_reason": "stop", "total_duration": 1, "load_duration": 1,
                "prompt_eval_count": 5, "prompt_eval_duration": 1, "eval_count": 2, "eval_duration": 1 });
            piece
                .as_object_mut()
                .unwrap()
                .extend(end.as_object().unwrap().clone());
        }
        piece
    };
    let model = |client: &rig_core::providers::ollama::Ollama| client.native_completion("llama3.2");
    let (_server, base) = server("application/json", piece("Hello", true).to_string());
    let client = OllamaConfig::new().with_base_url(&base).client();
    let record = whole(model(&client), model(&wrap(client.clone()))).await;
    assert_says(&record, "chat", "Hello", (5, 2));

    let body = [piece("Hel", false), piece("lo", false), piece("", true)];
    let body: String = body.iter().map(|it| format!("{it}\n")).collect();
    let (_server, base) = server("application/x-ndjson", body);
    let client = OllamaConfig::new().with_base_url(&base).client();
    let record = streamed(model(&client), model(&wrap(client.clone()))).await;
    assert_says(&record, "chat", "Hello", (5, 2));
}
