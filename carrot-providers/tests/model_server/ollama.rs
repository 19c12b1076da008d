//! Ollama's chat, generate and embed.

use carrot_providers::scripted::{ModelServer, Reply, Route, When};
use reqwest::Response;
use serde_json::{Value, json};

use super::{chat, joined, json_of, one, post, rich, text_of};

async fn lines(response: Response) -> Vec<Value> {
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = text_of(response).await;
    let parse = |line| serde_json::from_str(line).unwrap();
    text.lines().map(parse).collect()
}

#[tokio::test]
async fn it_streams_unless_told_not_to() {
    let server = rich();
    let lines = lines(post(&server, "/api/chat", chat("Hi")).await).await;
    assert_eq!(joined(&lines, "/message/thinking"), "Let me see.");
    assert_eq!(joined(&lines, "/message/content"), "It is sunny.");
    let calls: Vec<&Value> = lines
        .iter()
        .filter_map(|it| it.pointer("/message/tool_calls"))
        .collect();
    assert_eq!(
        *calls[0],
        json!([
            { "id": "call_scripted_1_0", "function": { "index": 0, "name": "get_weather", "arguments": { "city": "Oslo" } } },
            { "id": "call_scripted_1_1", "function": { "index": 1, "name": "get_time", "arguments": {} } },
        ])
    );
    let (last, before) = lines.split_last().unwrap();
    assert!(before.iter().all(|it| it["done"] == false));
    assert_eq!(
        (&last["done"], &last["done_reason"]),
        (&json!(true), &json!("stop"))
    );
    assert_eq!(last["prompt_eval_count"], 1000);
    assert_eq!(last["prompt_eval_cached_count"], 400);
    assert_eq!(last["eval_count"], 200);

    let mut request = chat("Hi");
    request["stream"] = json!(false);
    let plain = json_of(post(&server, "/api/chat", request).await).await;
    assert_eq!(plain["message"]["content"], "It is sunny.");
    assert_eq!(plain["message"]["tool_calls"].as_array().unwrap().len(), 2);
    assert_eq!(plain["eval_count"], 200);
}

#[tokio::test]
async fn it_generates_and_embeds() {
    let server = ModelServer::builder()
        .on(
            When::route(Route::OllamaGenerate),
            Reply::text("Hello you").reasoning("Hm."),
        )
        .start();
    let request = json!({ "model": "llama3.2", "prompt": "Hi", "logprobs": true });
    let lines = lines(post(&server, "/api/generate", request).await).await;
    assert_eq!(joined(&lines, "/response"), "Hello you");
    assert_eq!(joined(&lines, "/thinking"), "Hm.");
    assert_eq!(lines[1]["logprobs"][0]["logprob"], -0.125);
    let request = json!({ "model": "nomic", "input": ["a b", "c"], "dimensions": 4 });
    let vectors = json_of(post(&server, "/api/embed", request).await).await;
    assert_eq!(vectors["embeddings"].as_array().unwrap().len(), 2);
    assert_eq!(vectors["embeddings"][1].as_array().unwrap().len(), 4);
    assert_eq!(vectors["prompt_eval_count"], 3);
}

#[tokio::test]
async fn errors_are_strings() {
    let server = one(Reply::error(404, "model 'm' not found"));
    let response = post(&server, "/api/chat", chat("Hi")).await;
    assert_eq!(response.status(), 404);
    assert_eq!(
        json_of(response).await,
        json!({ "error": "model 'm' not found" })
    );
    let server = one(Reply::text("one two").error_after(1, "out of memory"));
    let lines = lines(post(&server, "/api/chat", chat("Hi")).await).await;
    assert_eq!(lines[1], json!({ "error": "out of memory" }));
}
