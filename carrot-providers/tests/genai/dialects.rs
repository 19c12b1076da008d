//! The same calls by other providers' protocols.

use carrot_providers::recorder;
use carrot_providers::scripted::{Builder, Reply, When};
use carrot_wire::Status;
use genai::adapter::AdapterKind;
use genai::resolver::Endpoint;
use serde_json::{Value, json};

use crate::pair::{all_recorded, assert_same_seen, message, said};
use crate::support::{Pair, USAGE, both, both_streams, items, pair, request, with_tool};

fn script(it: Builder) -> Builder {
    let call = Reply::tool_call("look", r#"{"q":"Straße"}"#)
        .reasoning("hm")
        .usage(USAGE);
    it.on(When::says("tool"), call)
        .on(When::says("fail"), Reply::error(400, "no such thing"))
        .on(When::any(), Reply::text("one two three").usage(USAGE))
}

/// Clients that speak to `base`, below the server's origin, as those of `kind` do.
fn speaking(kind: AdapterKind, base: &str) -> Pair {
    let mut pair = pair(script);
    for target in [&mut pair.bare.target, &mut pair.wrapped.target] {
        let url = target.endpoint.base_url().replace("/v1/", base);
        target.endpoint = Endpoint::from_owned(url);
        target.model.adapter_kind = kind;
    }
    pair
}

fn value(item: impl serde::Serialize) -> Value {
    serde_json::to_value(item).unwrap()
}

async fn calls(pair: &Pair) -> Vec<Result<Value, String>> {
    let (client, target) = (&pair.wrapped.client, || pair.wrapped.target.clone());
    let mut all = Vec::new();
    for says in ["hi", "tool", "fail"] {
        let answer = client.exec_chat(target(), with_tool(says), None).await;
        all.push(answer.map(value).map_err(|error| error.to_string()));
        all.extend(items(client.exec_chat_stream(target(), request(says), None).await).await);
    }
    all
}

/// Plain and streamed calls, bare, wrapped and replayed.
async fn speaks(kind: AdapterKind, base: &str, operation: &str, has_cache: bool) {
    let mut pair = speaking(kind, base);
    let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), None));
    assert_eq!(value(wrapped.unwrap()), value(bare.unwrap()), "{kind}");
    assert_eq!(record.name.as_deref(), Some(operation));
    let content = |record: &carrot_wire::Record| message(record)["content"].clone();
    assert_eq!(content(&record), "one two three", "{kind}");
    assert_eq!(record.metadata["input_tokens"], 150, "{kind}");
    assert_eq!(record.metadata["output_tokens"], 42, "{kind}");
    if has_cache {
        assert_eq!(record.metadata["cached_tokens"], 100, "{kind}");
    }
    assert!(record.metadata.contains_key("finish_reason"), "{kind}");
    assert_eq!(record.metadata.get("capture_complete"), None, "{kind}");

    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), None);
    assert_eq!(wrapped, bare, "{kind}");
    assert_eq!(content(&record), "one two three", "{kind}");
    assert_eq!(record.status, Some(Status::Success), "{kind}");
    assert_eq!(record.metadata["output_tokens"], 42, "{kind}");
    assert!(record.metadata.contains_key("ttft_ms"), "{kind}");
    assert_eq!(record.metadata.get("capture_complete"), None, "{kind}");

    let (bare, wrapped, record) = both_streams!(pair, with_tool("tool"), None);
    assert_eq!(wrapped, bare, "{kind}");
    let call = message(&record)["tool_calls"][0]["function"].take();
    assert_eq!(
        call,
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# }),
        "{kind}"
    );
    pair.assert_same_requests();

    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(calls(&pair))).await;
    pair.stop();
    let replay = recorder.finish().replay();
    let (replayed, again) = all_recorded(replay.scope(calls(&pair))).await;
    assert_same_seen(&replayed, &live);
    assert_eq!(said(&again), said(&records), "{kind}");
}

#[tokio::test]
async fn anthropic() {
    speaks(AdapterKind::Anthropic, "/v1/", "messages", true).await;
}

#[tokio::test]
async fn gemini() {
    speaks(AdapterKind::Gemini, "/v1beta/", "generate_content", true).await;
}

#[tokio::test]
async fn ollama() {
    speaks(AdapterKind::Ollama, "/", "chat", false).await;
}

#[tokio::test]
async fn responses() {
    speaks(AdapterKind::OpenAIResp, "/v1/", "responses", true).await;
}

#[tokio::test]
async fn interactions() {
    speaks(AdapterKind::GeminiIx, "/v1beta/", "interactions", true).await;
}
