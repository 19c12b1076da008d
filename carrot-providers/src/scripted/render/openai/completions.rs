use serde_json::{Value, json};

use super::super::{CREATED, Page, logprobs, words};
use super::usage;

pub(in super::super) fn whole(page: &Page<'_>) -> Value {
    let text = page.answer.text.as_deref().unwrap_or_default();
    let mut body = body(page, text, Some(page.finish_reason()));
    body["choices"][0]["logprobs"] = tokens(page, 0, &words(text));
    body["usage"] = usage(page);
    body
}

pub(in super::super) fn chunks(page: &Page<'_>) -> Vec<Value> {
    let part = |(index, part): (usize, &str)| {
        let mut chunk = body(page, part, None);
        chunk["choices"][0]["logprobs"] = tokens(page, index, &[part]);
        chunk
    };
    let mut chunks: Vec<Value> = page
        .text_words()
        .into_iter()
        .enumerate()
        .map(part)
        .collect();
    chunks.push(body(page, "", Some(page.finish_reason())));
    if page.request.wants_usage() {
        let mut last = body(page, "", None);
        last["choices"] = json!([]);
        last["usage"] = usage(page);
        chunks.push(last);
    }
    chunks
}

fn body(page: &Page<'_>, text: &str, finish_reason: Option<&str>) -> Value {
    json!({
        "id": page.id("cmpl"),
        "object": "text_completion",
        "created": CREATED,
        "model": page.request.model(),
        "choices": [{ "text": text, "index": 0, "logprobs": null, "finish_reason": finish_reason }],
    })
}

/// The older form of log probabilities: lists side by side. `first` is the number of the first word.
fn tokens(page: &Page<'_>, first: usize, words: &[&str]) -> Value {
    if !page.request.body["logprobs"].is_u64() {
        return Value::Null;
    }
    let before: usize = page.text_words()[..first].iter().map(|it| it.len()).sum();
    let offsets = words.iter().scan(before, |at, word| {
        let start = *at;
        *at += word.len();
        Some(start)
    });
    let numbered = || {
        words
            .iter()
            .enumerate()
            .map(|(at, word)| (first + at, word))
    };
    json!({
        "tokens": words,
        "token_logprobs": numbered().map(|(at, _)| logprobs::of(at)).collect::<Vec<_>>(),
        "top_logprobs": numbered().map(|(at, word)| json!({ *word: logprobs::of(at) })).collect::<Vec<_>>(),
        "text_offset": offsets.collect::<Vec<_>>(),
    })
}
