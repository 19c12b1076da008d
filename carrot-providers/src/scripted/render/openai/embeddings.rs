use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::super::request::text_of;
use super::super::{Page, vector};

pub(in super::super) fn whole(page: &Page<'_>) -> Value {
    let body = &page.request.body;
    let dimensions = vector::dimensions(body, "dimensions");
    let texts = match &body["input"] {
        // A list of token ids is one text.
        Value::Array(list) if !list.first().is_some_and(Value::is_number) => {
            list.iter().map(text_of).collect()
        }
        one => vec![text_of(one)],
    };
    let as_base64 = body["encoding_format"] == "base64";
    let vector = |(index, text): (usize, &String)| {
        let vector = vector::of(text, dimensions);
        let embedding = if as_base64 {
            json!(base64(&vector))
        } else {
            json!(vector)
        };
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    };
    json!({
        "object": "list",
        "model": page.request.model(),
        "data": texts.iter().enumerate().map(vector).collect::<Vec<_>>(),
        "usage": { "prompt_tokens": page.usage.input, "total_tokens": page.usage.input },
    })
}

/// Little-endian floats in base64, as the Python client asks for them.
fn base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|it| it.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}
