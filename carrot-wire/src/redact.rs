//! Which names are kept secret, everywhere that values are captured.

/// What stands in the place of a value that is kept secret.
pub const REDACTED: &str = "[redacted]";

/// Whether a value of this name is kept secret: its letters and digits, in lower case, end with one of
/// a few words.
///
/// `OPENAI_API_KEY`, `x-api-key` and `user.password` are; `max_tokens` and `tokenizer` are not.
#[inline(always)]
pub fn is_secret(name: &str) -> bool {
    is_secret_key(name.as_bytes())
}

/// As [`is_secret`], for a name that is still bytes.
///
/// It runs for every key of every captured value: the last two letters say no to most, and where the name is
/// a literal the compiler answers.
#[inline(always)]
pub fn is_secret_key(name: &[u8]) -> bool {
    match name {
        // Shorter than all of them.
        [] | [_] | [_, _] | [_, _, _] | [_, _, _, _] => false,
        [.., before, last] if before.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            let endings = endings([before.to_ascii_lowercase(), last.to_ascii_lowercase()]);
            !endings.is_empty() && ends_with_any(name, endings)
        }
        _ => punctuated(name),
    }
}

/// The words that end with these two letters.
#[inline(always)]
const fn endings(letters: [u8; 2]) -> &'static [&'static str] {
    match &letters {
        b"ey" => &["apikey", "secretkey", "privatekey", "accesskey"],
        b"rd" => &["password"],
        b"wd" => &["passwd"],
        b"se" => &["passphrase"],
        b"et" => &["secret"],
        b"en" => &["token"],
        b"on" => &["authorization"],
        b"ls" => &["credentials"],
        b"ie" => &["cookie"],
        _ => &[],
    }
}

/// A name whose last letters stand apart, as in `token_` or `api-ke-y`.
#[cold]
fn punctuated(name: &[u8]) -> bool {
    let mut letters = folded(name);
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) => ends_with_any(name, endings([before, last])),
        _ => false,
    }
}

/// Its letters and digits in lower case, from the end.
fn folded(name: &[u8]) -> impl Iterator<Item = u8> {
    let letters = name
        .iter()
        .rev()
        .filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase)
}

#[cold]
fn ends_with_any(name: &[u8], endings: &[impl AsRef<str>]) -> bool {
    endings.iter().any(|ending| {
        let mut letters = folded(name);
        let mut wanted = ending.as_ref().bytes().rev();
        wanted.all(|wanted| letters.next() == Some(wanted))
    })
}

/// More names that are kept secret, beside those that [`is_secret`] knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// Adds one; false if it has no ASCII letter or digit, or letters of other alphabets, which names are not
    /// compared by.
    #[must_use]
    pub fn add(&mut self, name: &str) -> bool {
        let mut letters: Vec<u8> = folded(name.as_bytes()).collect();
        letters.reverse();
        let fits = name.is_ascii() && !letters.is_empty();
        if fits {
            self.0.extend(String::from_utf8(letters));
        }
        fits
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a value of this name is kept secret: as with [`is_secret`] its letters and digits end with one of them.
    pub fn contains(&self, name: &str) -> bool {
        !self.is_empty() && ends_with_any(name.as_bytes(), &self.0)
    }
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
            "cookie",
            "Session-Cookie",
            "passphrase",
            "PASSWD",
            "client_secret",
            "aws-credentials",
            "_token_",
            "p a s s w o r d",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "max_tokens",
            "tokenizer",
            "key",
            "question",
            "",
            "n",
            "_",
            "en",
            "tokens",
            "passwörd",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_can_be_added_in_any_spelling() {
        let mut names = Names::default();
        assert!(!names.contains("ssn") && names.is_empty());
        assert!(names.add("SSN") && names.add("credit-card"));
        assert!(!names.add("") && !names.add("_") && !names.add("ключ"));
        for name in ["ssn", "user.ssn", "creditCard", "CREDIT_CARD"] {
            assert!(names.contains(name), "{name}");
        }
        assert!(!names.contains("session") && !names.contains("credit_card_type"));
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
