//! Gemini's generateContent and embedContent.

use serde_json::{Map, Value, json};

use super::super::reply::TokenUsage;
use super::super::request::text_of;
use super::{CREATED_AT, Page, logprobs, parsed, vector};

pub(super) fn whole(page: &Page<'_>) -> Value {
    let answer = page.answer;
    let mut parts = Vec::new();
    if let Some(text) = &answer.reasoning {
        parts.push(json!({ "text": text, "thought": true }));
    }
    if let Some(text) = &answer.text {
        parts.push(json!({ "text": text }));
    }
    parts.extend(calls(page));
    let mut body = response(page, parts, usage(page, true));
    let words = page.text_words();
    add_logprobs(page, &mut body, 0, &words);
    finish(page, &mut body);
    body
}

/// The responses that a stream consists of; the last one says how it ended.
pub(super) fn chunks(page: &Page<'_>) -> Vec<Value> {
    let response = |part: Value| response(page, vec![part], usage(page, false));
    let mut chunks = Vec::new();
    for word in page.reasoning_words() {
        chunks.push(response(json!({ "text": word, "thought": true })));
    }
    for (index, word) in page.text_words().into_iter().enumerate() {
        let mut chunk = response(json!({ "text": word }));
        add_logprobs(page, &mut chunk, index, &[word]);
        chunks.push(chunk);
    }
    chunks.extend(calls(page).into_iter().map(response));
    if chunks.is_empty() {
        chunks.push(response(json!({ "text": "" })));
    }
    if let Some(last) = chunks.last_mut() {
        last["usageMetadata"] = usage(page, true);
        finish(page, last);
    }
    chunks
}

pub(super) fn embedding(page: &Page<'_>) -> Value {
    json!({
        "embedding": { "values": values(&page.request.body) },
        "usageMetadata": { "promptTokenCount": page.usage.input },
    })
}

pub(super) fn embeddings(page: &Page<'_>) -> Value {
    let requests = page.request.body["requests"].as_array();
    let embeddings = requests.into_iter().flatten();
    let embeddings = embeddings.map(|it| json!({ "values": values(it) }));
    json!({
        "embeddings": embeddings.collect::<Vec<_>>(),
        "usageMetadata": { "promptTokenCount": page.usage.input },
    })
}

fn values(request: &Value) -> Vec<f32> {
    let dimensions = vector::dimensions(request, "outputDimensionality");
    vector::of(&text_of(&request["content"]), dimensions)
}

fn calls(page: &Page<'_>) -> Vec<Value> {
    let calls = page.answer.calls.iter().enumerate();
    let call = |(index, (name, arguments)): (usize, &(String, String))| json!({ "functionCall": { "name": name, "args": parsed(arguments), "id": page.call_id(index) } });
    calls.map(call).collect()
}

fn response(page: &Page<'_>, parts: Vec<Value>, usage: Value) -> Value {
    json!({
        "candidates": [{ "content": { "parts": parts, "role": "model" }, "index": 0 }],
        "usageMetadata": usage,
        "modelVersion": page.request.model(),
        "createTime": CREATED_AT,
        "responseId": page.id("response"),
    })
}

fn finish(page: &Page<'_>, response: &mut Value) {
    let reason = match page.finish_reason() {
        // Gemini says of a call only that it is at an end.
        "stop" | "tool_calls" => "STOP",
        "length" => "MAX_TOKENS",
        "content_filter" => "SAFETY",
        other => other,
    };
    response["candidates"][0]["finishReason"] = json!(reason);
}

/// Gemini's candidates are without thoughts, and what is zero is not said.
fn usage(page: &Page<'_>, is_last: bool) -> Value {
    let TokenUsage {
        input,
        output,
        cached,
        reasoning,
        ..
    } = page.usage;
    let mut usage = Map::new();
    usage.insert("promptTokenCount".to_owned(), json!(input));
    if is_last {
        let candidates = output.saturating_sub(reasoning);
        usage.insert("candidatesTokenCount".to_owned(), json!(candidates));
    }
    let total = if is_last { input + output } else { input };
    usage.insert("totalTokenCount".to_owned(), json!(total));
    if cached > 0 {
        usage.insert("cachedContentTokenCount".to_owned(), json!(cached));
    }
    let by_modality = json!([{ "modality": "TEXT", "tokenCount": input }]);
    usage.insert("promptTokensDetails".to_owned(), by_modality);
    if reasoning > 0 && is_last {
        usage.insert("thoughtsTokenCount".to_owned(), json!(reasoning));
    }
    usage.into()
}

/// If `responseLogprobs` asks for them: those of these words, of which the first has this number.
fn add_logprobs(page: &Page<'_>, response: &mut Value, first: usize, words: &[&str]) {
    if page.request.body["generationConfig"]["responseLogprobs"] != true || words.is_empty() {
        return;
    }
    let numbered = || {
        words
            .iter()
            .enumerate()
            .map(|(at, word)| (first + at, word))
    };
    let candidate = |(at, word)| json!({ "token": word, "tokenId": logprobs::id(at), "logProbability": logprobs::of(at) });
    let chosen: Vec<Value> = numbered().map(candidate).collect();
    let top = chosen.iter().map(|it| json!({ "candidates": [it] }));
    let sum: f64 = numbered().map(|(at, _)| logprobs::of(at)).sum();
    let result = json!({ "topCandidates": top.collect::<Vec<_>>(), "chosenCandidates": chosen });
    response["candidates"][0]["avgLogprobs"] = json!(sum / words.len() as f64);
    response["candidates"][0]["logprobsResult"] = result;
}
