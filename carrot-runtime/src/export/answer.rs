//! What a collector's answer means for the batch.

use std::time::Duration;

use carrot_wire::ingest::Accepted;
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};

use crate::config::ApiKey;
use crate::env;

/// Ours are far shorter, with an error for each record of the largest batch too.
const MAX_ANSWER: usize = 1024 * 1024;
/// Of an answer's own words, so many characters are shown.
const MAX_REASON: usize = 200;

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Durable, but for those records that were not taken.
    Delivered { refused: Vec<Refused> },
    /// Not delivered; worth another try.
    Retry {
        why: String,
        after: Option<Duration>,
        nobody_listens: bool,
    },
    /// Too large for the collector.
    TooLarge,
    /// Not delivered, until the key is another or the collector knows it.
    KeyRefused { why: String },
    /// Not delivered, and never will be.
    Refused { why: String },
}

/// A record that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Its place in the batch.
    pub(super) index: usize,
    pub(super) why: String,
}

impl Outcome {
    /// All of it is durable.
    pub(super) const fn delivered() -> Outcome {
        Outcome::Delivered {
            refused: Vec::new(),
        }
    }

    pub(super) fn retry(why: String) -> Outcome {
        Outcome::Retry {
            why,
            after: None,
            nobody_listens: false,
        }
    }
}

/// Reads the answer of the collector at `host`; `key` is what it must not make us show.
pub(super) async fn read(mut response: Response, host: &str, key: Option<&ApiKey>) -> Outcome {
    let status = response.status();
    let after = retry_after(&response);
    let body = match body(&mut response).await {
        Ok(body) => body,
        // Without its last word nothing is known to be durable; sending again does no harm.
        Err(_) if status.is_success() => {
            return Outcome::retry(format!("the connection to {host} broke"));
        }
        Err(_) => Vec::new(),
    };
    if status.is_success() {
        return match serde_json::from_slice::<Accepted>(&body) {
            Ok(accepted) => delivered(&accepted, key),
            Err(_) => Outcome::Refused {
                why: format!("{host} is no collector: its answer is not ours"),
            },
        };
    }
    let reason = reason(&body, key);
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Outcome::TooLarge,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::KeyRefused {
            why: format!("{host} refuses the key: check {}{reason}", env::API_KEY),
        },
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Outcome::Retry {
            why: format!("{host} asks to wait ({status})"),
            after,
            nobody_listens: false,
        },
        status if status.is_server_error() => Outcome::Retry {
            why: format!("{host} failed ({status})"),
            after,
            nobody_listens: false,
        },
        status => Outcome::Refused {
            why: format!(
                "{host} answers {status}: is {} a collector's address?{reason}",
                env::BASE_URL
            ),
        },
    }
}

fn delivered(accepted: &Accepted, key: Option<&ApiKey>) -> Outcome {
    let refused = accepted.errors.iter().map(|error| Refused {
        index: error.index,
        why: shown(&error.error, key),
    });
    Outcome::Delivered {
        refused: refused.collect(),
    }
}

/// The body, as far as an answer of ours could go.
async fn body(response: &mut Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            break;
        }
    }
    Ok(body)
}

/// The collector's own words, if they are ours to show: a short `{"error": "…"}`.
fn reason(body: &[u8], key: Option<&ApiKey>) -> String {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: String,
    }
    serde_json::from_slice::<Refusal>(body)
        .map(|refusal| format!(" ({})", shown(&refusal.error, key)))
        .unwrap_or_default()
}

/// A stranger's words on one line of a terminal, without the key, which some repeat.
pub(super) fn shown(words: &str, key: Option<&ApiKey>) -> String {
    let words = match key {
        Some(ApiKey(key)) => words.replace(key, "…"),
        None => words.to_owned(),
    };
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_REASON).collect()
}

/// The header's seconds; its other form, a date, is not used by those who answer 429.
fn retry_after(response: &Response) -> Option<Duration> {
    let header = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = header.trim().parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_s_words_are_one_short_line_without_the_key() {
        let key = ApiKey("ck-123".to_owned());
        assert_eq!(
            shown("no such key:\n\u{1b}[31mck-123", Some(&key)),
            "no such key:  [31m…"
        );
        assert_eq!(shown(&"é".repeat(1_000), None).chars().count(), MAX_REASON);
        assert_eq!(reason(b"<html>", None), "");
    }
}
