use serde_json::{Value, json};

use super::{CREATED, Page, words};

pub(super) fn whole(page: &Page<'_>) -> Value {
    let text = page.answer.text.as_deref().unwrap_or_default();
    let mut body = body(page, text, Some(page.finish_reason()));
    body["usage"] = page.usage();
    body
}

pub(super) fn chunks(page: &Page<'_>) -> Vec<Value> {
    let text = page.answer.text.as_deref().unwrap_or_default();
    let mut chunks: Vec<Value> = words(text)
        .into_iter()
        .map(|part| body(page, part, None))
        .collect();
    chunks.push(body(page, "", Some(page.finish_reason())));
    if page.request.wants_usage() {
        let mut last = body(page, "", None);
        last["choices"] = json!([]);
        last["usage"] = page.usage();
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
