//! Ollama's chat, generate and embed.

use serde_json::{Value, json};

use super::super::request::text_of;
use super::super::route::Route;
use super::{CREATED_AT, Page, logprobs, parsed, vector};

/// Durations, in nanoseconds: the same in every run.
const LOADING: u64 = 1_000_000;
const READING: u64 = 10_000_000;
const WRITING: u64 = 100_000_000;

pub(super) fn whole(page: &Page<'_>) -> Value {
    let mut body = chunk(page, page.answer.text.as_deref().unwrap_or_default());
    if let Some(thinking) = &page.answer.reasoning {
        *field(page, &mut body, "thinking") = json!(thinking);
    }
    if !page.answer.calls.is_empty() {
        *field(page, &mut body, "tool_calls") = calls(page);
    }
    add_logprobs(page, &mut body, 0, &page.text_words());
    end(page, &mut body);
    body
}

/// The lines of a stream. Calls come whole.
pub(super) fn chunks(page: &Page<'_>) -> Vec<Value> {
    let mut chunks = Vec::new();
    for word in page.reasoning_words() {
        let mut chunk = chunk(page, "");
        *field(page, &mut chunk, "thinking") = json!(word);
        chunks.push(chunk);
    }
    for (index, word) in page.text_words().into_iter().enumerate() {
        let mut chunk = chunk(page, word);
        add_logprobs(page, &mut chunk, index, &[word]);
        chunks.push(chunk);
    }
    if !page.answer.calls.is_empty() {
        let mut chunk = chunk(page, "");
        *field(page, &mut chunk, "tool_calls") = calls(page);
        chunks.push(chunk);
    }
    let mut last = chunk(page, "");
    end(page, &mut last);
    chunks.push(last);
    chunks
}

pub(super) fn embeddings(page: &Page<'_>) -> Value {
    let body = &page.request.body;
    let dimensions = vector::dimensions(body, "dimensions");
    let texts = match &body["input"] {
        Value::Array(list) => list.iter().map(text_of).collect(),
        one => vec![text_of(one)],
    };
    let vectors = texts.iter().map(|it| vector::of(it, dimensions));
    json!({
        "model": page.request.model(),
        "embeddings": vectors.collect::<Vec<_>>(),
        "total_duration": LOADING + READING,
        "load_duration": LOADING,
        "prompt_eval_count": page.usage.input,
    })
}

fn chunk(page: &Page<'_>, text: &str) -> Value {
    let mut chunk =
        json!({ "model": page.request.model(), "created_at": CREATED_AT, "done": false });
    if page.request.route == Route::OllamaChat {
        chunk["message"] = json!({ "role": "assistant", "content": text });
    } else {
        chunk["response"] = json!(text);
    }
    chunk
}

/// A part of the message, which a generated text has at its top.
fn field<'a>(page: &Page<'_>, chunk: &'a mut Value, name: &str) -> &'a mut Value {
    match page.request.route {
        Route::OllamaChat => &mut chunk["message"][name],
        _ => &mut chunk[name],
    }
}

fn calls(page: &Page<'_>) -> Value {
    let calls = page.answer.calls.iter().enumerate();
    let call = |(index, (name, arguments)): (usize, &(String, String))| {
        let function = json!({ "index": index, "name": name, "arguments": parsed(arguments) });
        json!({ "id": page.call_id(index), "function": function })
    };
    calls.map(call).collect()
}

/// What the last line says. Ollama has no word for the end of a call.
fn end(page: &Page<'_>, chunk: &mut Value) {
    let reason = match page.finish_reason() {
        "tool_calls" => "stop",
        other => other,
    };
    chunk["done"] = json!(true);
    chunk["done_reason"] = json!(reason);
    chunk["total_duration"] = json!(LOADING + READING + WRITING);
    chunk["load_duration"] = json!(LOADING);
    chunk["prompt_eval_count"] = json!(page.usage.input);
    if page.usage.cached > 0 {
        chunk["prompt_eval_cached_count"] = json!(page.usage.cached);
    }
    chunk["prompt_eval_duration"] = json!(READING);
    chunk["eval_count"] = json!(page.usage.output);
    chunk["eval_duration"] = json!(WRITING);
}

/// If `logprobs` asks for them: those of these words, of which the first has this number.
fn add_logprobs(page: &Page<'_>, chunk: &mut Value, first: usize, words: &[&str]) {
    let body = &page.request.body;
    if body["logprobs"] == true && !words.is_empty() {
        let alternatives = body["top_logprobs"].as_u64().unwrap_or(0);
        let words = words.iter().enumerate();
        let tokens = words.map(|(at, word)| logprobs::token(first + at, word, alternatives));
        chunk["logprobs"] = tokens.collect();
    }
}
