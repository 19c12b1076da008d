//! Recordings: whole exchanges with model servers, kept so that the calls can be answered again.
//!
//! ```text
//! request (method, URL, headers, body) ─► answer (status, headers, pieces and when they came, how it ended)
//! ```
//!
//! Headers and query parameters that hold secrets are left out. As a file a recording is JSON that can be read, compared and
//! checked in; bytes that are no text are written in base64.

mod bytes;
mod matching;
mod read;
mod secrets;

use serde::{Deserialize, Serialize};

pub use self::bytes::{Body, Piece};
pub use matching::Unmatched;
pub use secrets::{is_secret_header, without_secrets};

/// The version of the format that is written.
pub const VERSION: u32 = 1;

/// Calls in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    version: u32,
    /// The calls.
    pub calls: Vec<RecordedCall>,
}

/// One call, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedCall {
    /// What was asked.
    pub request: RecordedRequest,
    /// What came back.
    pub answer: RecordedAnswer,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: String,
    /// The URL, without secrets.
    pub url: String,
    /// Names and values, without secrets.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default)]
    pub body: Body,
}

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordedAnswer {
    /// The HTTP status; none if no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Names and values, without secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The body as it came in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<Piece>,
    /// How it ended.
    pub end: End,
}

/// How an answer ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The body came to its end.
    Whole,
    /// The caller did not want to hear more, or the recording ended first.
    #[default]
    Left,
    /// The transport broke; in its words.
    Broken(String),
}

impl Default for Recording {
    fn default() -> Recording {
        Recording::new(Vec::new())
    }
}

impl Recording {
    /// A recording of these calls.
    pub fn new(calls: Vec<RecordedCall>) -> Recording {
        Recording {
            version: VERSION,
            calls,
        }
    }

    /// Reads what [`to_json`](Recording::to_json) wrote.
    ///
    /// # Errors
    ///
    /// When it is no recording, or one of a newer version.
    pub fn from_json(text: &str) -> Result<Recording, serde_json::Error> {
        let recording: Recording = serde_json::from_str(text)?;
        if recording.version > VERSION {
            let message = format!(
                "the recording has version {}, and this is written for {VERSION}: use a newer carrot",
                recording.version
            );
            return Err(serde::de::Error::custom(message));
        }
        Ok(recording)
    }

    /// As JSON, laid out over several lines.
    pub fn to_json(&self) -> String {
        // It is made of texts, numbers and lists of such.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl RecordedRequest {
    /// The path of the URL.
    pub fn path(&self) -> &str {
        let rest = self.url.split_once("://").map_or(&*self.url, |(_, it)| it);
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        path.split(['?', '#']).next().unwrap_or(path)
    }
}

#[cfg(test)]
mod tests;
