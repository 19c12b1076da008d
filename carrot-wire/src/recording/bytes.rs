//! Bytes in a JSON file: as JSON where they are, as text where they can be read, else in base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Json;

/// A body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// It could not be seen without taking it away.
    #[default]
    Unseen,
    /// A JSON value.
    Json(Json),
    /// Any other text.
    Text(String),
    /// Bytes, in base64.
    Base64(String),
}

impl Body {
    /// Of what was seen of it.
    pub fn of(seen: Option<&[u8]>) -> Body {
        let Some(bytes) = seen else {
            return Body::Unseen;
        };
        match str::from_utf8(bytes) {
            Ok(text) => match Json::one_line(text) {
                Some(json) => Body::Json(json),
                None => Body::Text(text.to_owned()),
            },
            Err(_) => Body::Base64(BASE64_STANDARD.encode(bytes)),
        }
    }
}

pub(super) fn decoded(base64: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(base64).ok()
}

/// A part of a body that came at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// When it came: so many microseconds after the request was sent.
    pub at_us: u64,
    /// The bytes.
    pub bytes: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Written<'a> {
    at_us: u64,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    text: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = str::from_utf8(&self.bytes).ok();
        let written = Written {
            at_us: self.at_us,
            text: text.map(Into::into),
            base64: text.is_none().then(|| BASE64_STANDARD.encode(&self.bytes)),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Piece, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let bytes = match (written.text, written.base64) {
            (Some(text), None) => Bytes::from(text.into_owned()),
            (None, Some(base64)) => decoded(&base64)
                .map(Bytes::from)
                .ok_or_else(|| D::Error::custom("base64 of a piece cannot be read"))?,
            _ => return Err(D::Error::custom("a piece has either text or base64")),
        };
        Ok(Piece {
            at_us: written.at_us,
            bytes,
        })
    }
}
