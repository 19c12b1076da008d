//! Which names are kept secret, everywhere that values are captured.

/// What stands in the place of a value that is kept secret.
pub const REDACTED: &str = "[redacted]";

/// A key is kept secret when its letters and digits, in lower case, end with one of these.
///
/// `OPENAI_API_KEY`, `x-api-key` and `user.password` are; `max_tokens` and `tokenizer` are not.
const SECRET_ENDINGS: &[&str] = &[
    "apikey",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secretkey",
    "token",
    "authorization",
    "credentials",
    "privatekey",
    "accesskey",
    "cookie",
];

/// Whether a value of this name is kept secret.
pub fn is_secret(name: &str) -> bool {
    SECRET_ENDINGS
        .iter()
        .any(|ending| ends_with_folded(name, ending))
}

/// Compares from the end, in lower case, passing over everything but letters and digits; no allocation, as
/// it runs for every key of every captured value.
fn ends_with_folded(name: &str, ending: &str) -> bool {
    let mut letters = name.bytes().rev().filter(u8::is_ascii_alphanumeric);
    ending.bytes().rev().all(|wanted| {
        letters
            .next()
            .is_some_and(|l| l.to_ascii_lowercase() == wanted)
    })
}

/// Replaces the values of secret names in `value`, at any depth; says whether there were any.
pub fn redact(value: &mut serde_json::Value) -> bool {
    match value {
        serde_json::Value::Object(map) => map.iter_mut().fold(false, |any, (name, value)| {
            if is_secret(name) {
                *value = REDACTED.into();
                true
            } else {
                redact(value) | any
            }
        }),
        serde_json::Value::Array(values) => values
            .iter_mut()
            .fold(false, |any, value| redact(value) | any),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names_are_known_in_every_spelling() {
        for name in [
            "api_key",
            "OPENAI_API_KEY",
            "x-api-key",
            "apiKey",
            "password",
            "Authorization",
            "accessToken",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["max_tokens", "tokenizer", "key", "question", "", "tokens"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_of_secret_names_are_replaced_at_any_depth() {
        let mut value = serde_json::json!({"a": [{"token": "x", "b": 1}], "password": {"c": 2}});
        assert!(redact(&mut value));
        assert!(!redact(&mut serde_json::json!([{"a": "token"}])));
        assert_eq!(
            value,
            serde_json::json!({"a": [{"token": REDACTED, "b": 1}], "password": REDACTED})
        );
    }
}
