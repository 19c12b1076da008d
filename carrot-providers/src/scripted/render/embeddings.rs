use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::request::text_of;
use super::Page;

/// How long the vectors are, unless `dimensions` says otherwise.
const DIMENSIONS: u64 = 8;

pub(super) fn whole(page: &Page<'_>) -> Value {
    let body = &page.request.body;
    let dimensions = body["dimensions"]
        .as_u64()
        .unwrap_or(DIMENSIONS)
        .clamp(1, 4096) as usize;
    let texts = match &body["input"] {
        // A list of token ids is one text.
        Value::Array(list) if !list.first().is_some_and(Value::is_number) => {
            list.iter().map(text_of).collect()
        }
        one => vec![text_of(one)],
    };
    let as_base64 = body["encoding_format"] == "base64";
    let vector = |(index, text): (usize, &String)| {
        let vector = vector(text, dimensions);
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

/// A unit vector in which each word of the text has a place, so that texts with words in common are
/// near each other. The place of a word is its FNV-1a hash.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0f32; dimensions];
    for word in text
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
    {
        let hash = word
            .to_lowercase()
            .bytes()
            .fold(2_166_136_261u32, |hash, byte| {
                (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
            });
        vector[hash as usize % dimensions] += 1.0;
    }
    let length = vector.iter().map(|it| it * it).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|it| *it /= length);
    } else {
        vector[0] = 1.0;
    }
    vector
}

/// Little-endian floats in base64, as the Python client asks for them.
fn base64(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|it| it.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_common_words_are_near() {
        let near = |a: &str, b: &str| {
            vector(a, 64)
                .iter()
                .zip(vector(b, 64))
                .map(|(a, b)| a * b)
                .sum::<f32>()
        };
        assert!(
            near("reset my password", "how to reset a Password")
                > near("reset my password", "weather in Oslo")
        );
        assert!((near("", "") - 1.0).abs() < 1e-6);
    }
}
