//! Gemini's generateContent and embedContent.

use carrot_providers::scripted::{ModelServer, Reply};
use serde_json::{Value, json};

use super::{USAGE, events, joined, json_of, one, parsed, post, rich, text_of};

const PLAIN: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
const STREAM: &str = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";

fn ask(text: &str) -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }] })
}

#[tokio::test]
async fn an_answer_has_parts_and_candidates_without_thoughts() {
    let server = rich();
    let answer = json_of(post(&server, PLAIN, ask("Hi")).await).await;
    let candidate = &answer["candidates"][0];
    assert_eq!(
        candidate["content"],
        json!({ "role": "model", "parts": [
            { "text": "Let me see.", "thought": true },
            { "text": "It is sunny." },
            { "functionCall": { "name": "get_weather", "args": { "city": "Oslo" }, "id": "call_scripted_1_0" } },
            { "functionCall": { "name": "get_time", "args": {}, "id": "call_scripted_1_1" } },
        ] })
    );
    assert_eq!(candidate["finishReason"], "STOP");
    assert_eq!(answer["modelVersion"], "gemini-2.5-flash");
    assert_eq!(
        answer["usageMetadata"],
        json!({
            "promptTokenCount": 1000, "candidatesTokenCount": 170, "thoughtsTokenCount": 30,
            "totalTokenCount": 1200, "cachedContentTokenCount": 400,
            "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": 1000 }],
        })
    );
}

#[tokio::test]
async fn streams_are_events_or_an_array() {
    let server = rich();
    let path = format!("{STREAM}?key=k&alt=sse");
    let chunks = parsed(&events(post(&server, &path, ask("Hi")).await).await);
    let text = |chunks: &[Value]| joined(chunks, "/candidates/0/content/parts/0/text");
    assert_eq!(text(&chunks), "Let me see.It is sunny.");
    assert_eq!(chunks[0]["usageMetadata"]["totalTokenCount"], 1000);
    let last = chunks.last().unwrap();
    assert_eq!(last["usageMetadata"]["totalTokenCount"], 1200);
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");

    let response = post(&server, STREAM, ask("Hi")).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let array = text_of(response).await;
    assert!(array.starts_with("[{") && array.contains("}\n,\r\n{") && array.ends_with("\n]"));
    let array: Vec<Value> = serde_json::from_str(&array).unwrap();
    assert_eq!(text(&array), "Let me see.It is sunny.");
}

#[tokio::test]
async fn errors_and_reasons_are_in_its_words() {
    let server = one(Reply::error(503, "overloaded").usage(USAGE));
    let error = json!({ "code": 503, "message": "overloaded", "status": "UNAVAILABLE" });
    let answer = json_of(post(&server, PLAIN, ask("Hi")).await).await;
    assert_eq!(answer, json!({ "error": error }));
    let answer = json_of(post(&server, STREAM, ask("Hi")).await).await;
    assert_eq!(answer, json!([{ "error": error }]));

    let server = one(Reply::text("one two").error_after(1, "broken"));
    let array = text_of(post(&server, STREAM, ask("Hi")).await).await;
    let array: Vec<Value> = serde_json::from_str(&array).unwrap();
    assert_eq!(array.len(), 2);
    assert_eq!(array[1]["error"]["status"], "INTERNAL");

    let server = one(Reply::text("no").finish_reason("content_filter"));
    let answer = json_of(post(&server, PLAIN, ask("Hi")).await).await;
    assert_eq!(answer["candidates"][0]["finishReason"], "SAFETY");
}

#[tokio::test]
async fn log_probabilities_for_those_who_ask() {
    let server = ModelServer::start();
    let mut request = ask("Hi");
    request["generationConfig"] = json!({ "responseLogprobs": true });
    let answer = json_of(post(&server, PLAIN, request).await).await;
    let candidate = &answer["candidates"][0];
    assert_eq!(
        candidate["logprobsResult"]["chosenCandidates"][1],
        json!({ "token": "said: ", "tokenId": 1001, "logProbability": -0.25 })
    );
    assert_eq!(candidate["avgLogprobs"], -0.25);
}

#[tokio::test]
async fn texts_become_vectors() {
    let server = ModelServer::start();
    let content = |text: &str| json!({ "content": { "parts": [{ "text": text }] }, "outputDimensionality": 4 });
    let path = "/v1beta/models/gemini-embedding-001:embedContent";
    let one = json_of(post(&server, path, content("a b")).await).await;
    assert_eq!(one["embedding"]["values"].as_array().unwrap().len(), 4);
    let path = "/v1beta/models/gemini-embedding-001:batchEmbedContents";
    let both = json!({ "requests": [content("a b"), content("c")] });
    let both = json_of(post(&server, path, both).await).await;
    assert_eq!(both["embeddings"][0], one["embedding"]);
    assert_eq!(both["embeddings"].as_array().unwrap().len(), 2);
    assert_eq!(both["usageMetadata"]["promptTokenCount"], 3);
}
