//! What a collector's answer means for the batch.

use std::time::Duration;

use carrot_wire::ingest::Accepted;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use crate::config::ApiKey;
use crate::env;

/// Ours are far shorter, with an error for each record of the largest batch too.
const MAX_ANSWER: usize = 1024 * 1024;
/// Of an answer's own words, so many characters are shown.
const MAX_REASON: usize = 200;
/// Shorter values of headers are no secrets, and words of every answer.
const SECRET: usize = 8;

/// What was sent along that nobody may make us show, though some repeat it.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a> {
    pub(super) key: Option<&'a ApiKey>,
    pub(super) headers: &'a HeaderMap,
}

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

/// Reads the answer of the collector at `host`.
pub(super) async fn read(mut response: Response, host: &str, secrets: Secrets<'_>) -> Outcome {
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
            Ok(accepted) => delivered(&accepted, secrets),
            Err(_) => Outcome::Refused {
                why: format!("{host} is no collector: its answer is not ours"),
            },
        };
    }
    let reason = reason(&body, secrets);
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

fn delivered(accepted: &Accepted, secrets: Secrets<'_>) -> Outcome {
    let refused = accepted.errors.iter().map(|error| Refused {
        index: error.index,
        why: secrets.shown(&error.error),
    });
    Outcome::Delivered {
        refused: refused.collect(),
    }
}

/// The body, as far as an answer of ours could go.
pub(super) async fn body(response: &mut Response) -> reqwest::Result<Vec<u8>> {
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
fn reason(body: &[u8], secrets: Secrets<'_>) -> String {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: String,
    }
    serde_json::from_slice::<Refusal>(body)
        .map(|refusal| format!(" ({})", secrets.shown(&refusal.error)))
        .unwrap_or_default()
}

impl Secrets<'_> {
    /// A stranger's words on one line of a terminal, without the secrets.
    pub(super) fn shown(self, words: &str) -> String {
        let mut words = match self.key {
            Some(ApiKey(key)) => words.replace(key, "…"),
            None => words.to_owned(),
        };
        for secret in self.headers.values().filter_map(|it| it.to_str().ok()) {
            // `Bearer x` may come back as `x`.
            for secret in secret.split(' ').filter(|it| it.len() >= SECRET) {
                words = words.replace(secret, "…");
            }
        }
        shown(&words)
    }
}

/// A stranger's words on one line of a terminal.
pub(super) fn shown(words: &str) -> String {
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_REASON).collect()
}

/// The header's seconds; its other form, a date, is not used by those who answer 429.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let header = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = header.trim().parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_s_words_are_one_short_line_without_what_is_secret() {
        let key = ApiKey("ck-123".to_owned());
        let headers = [("x-gateway", "Token of-the-gateway"), ("x-tenant", "shop")];
        let headers = headers.map(|(name, value)| {
            let value = reqwest::header::HeaderValue::from_static(value);
            (reqwest::header::HeaderName::from_static(name), value)
        });
        let secrets = Secrets {
            key: Some(&key),
            headers: &HeaderMap::from_iter(headers),
        };
        assert_eq!(
            secrets.shown("no such key:\n\u{1b}[31mck-123"),
            "no such key:  [31m…"
        );
        assert_eq!(
            secrets.shown("of-the-gateway is none of shop"),
            "… is none of shop"
        );
        assert_eq!(shown(&"é".repeat(1_000)).chars().count(), MAX_REASON);
        assert_eq!(reason(b"<html>", secrets), "");
    }
}
