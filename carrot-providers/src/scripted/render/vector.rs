//! Vectors made from texts.

use serde_json::Value;

/// How long the vectors are, unless the request says otherwise.
const DIMENSIONS: u64 = 8;

/// A unit vector in which each word of the text has a place, so that texts with words in common are
/// near each other. The place of a word is its FNV-1a hash.
pub(super) fn of(text: &str, dimensions: usize) -> Vec<f32> {
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

/// How long the request wants them, by what it has under `key`.
pub(super) fn dimensions(request: &Value, key: &str) -> usize {
    let asked = request[key].as_u64();
    asked.unwrap_or(DIMENSIONS).clamp(1, 4096) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_common_words_are_near() {
        let near = |a: &str, b: &str| {
            of(a, 64)
                .iter()
                .zip(of(b, 64))
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
