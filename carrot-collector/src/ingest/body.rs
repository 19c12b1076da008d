//! Request bodies, bounded and unpacked.

use std::io::{self, Read};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;

use crate::api::ApiError;

/// The encodings that are taken, as an answer's `Accept-Encoding` says it (RFC 7694).
pub(super) const ENCODINGS: &str = "zstd, gzip";

/// A body that was refused is still taken off the wire for this long: a client that sends all of it
/// before it listens would otherwise see a broken connection, and not the reason.
const DRAIN: Duration = Duration::from_secs(30);

/// Who compresses for HTTP must not ask for more memory than a window of 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Encoding, ApiError> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let name = values.next().map(|name| name.as_bytes().trim_ascii());
        let is = |known: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(known.as_bytes()));
        if values.next().is_some() {
            Err(unknown_encoding())
        } else if name.is_none() || is("identity") {
            Ok(Encoding::Identity)
        } else if is("gzip") || is("x-gzip") {
            Ok(Encoding::Gzip)
        } else if is("zstd") {
            Ok(Encoding::Zstd)
        } else {
            Err(unknown_encoding())
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
            Encoding::Zstd => "zstd",
        }
    }
}

fn unknown_encoding() -> ApiError {
    let message = format!("Content-Encoding: one of {ENCODINGS} is taken, or none: send it plain");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).accepting(ENCODINGS)
}

/// A body as it came.
pub(super) struct Packed {
    bytes: Bytes,
    encoding: Encoding,
    limit: usize,
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Packed, ApiError> {
    let encoding = match Encoding::of(headers) {
        Ok(encoding) => encoding,
        Err(error) => {
            refuse(headers, body);
            return Err(error);
        }
    };
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let length: usize = length.unwrap_or(0);
    if length > limit {
        refuse(headers, body);
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(length);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            let reason = "the request ended before its body did".to_owned();
            ApiError::new(StatusCode::BAD_REQUEST, reason)
        })?;
        if bytes.len() + chunk.len() > limit {
            drain(Body::from_stream(stream));
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Packed {
        bytes: bytes.into(),
        encoding,
        limit,
    })
}

impl Packed {
    /// The plain bytes, of which there may be no more than of packed ones. Takes its time.
    pub(super) fn unpack(self) -> Result<Bytes, ApiError> {
        let plain = match self.encoding {
            Encoding::Identity => return Ok(self.bytes),
            Encoding::Gzip => self.inflate(MultiGzDecoder::new(&*self.bytes)),
            Encoding::Zstd => zstd::Decoder::with_buffer(&*self.bytes).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                self.inflate(decoder)
            }),
        };
        let plain = plain.map_err(|_| {
            let message = format!("the body is broken: it is not {}", self.encoding.as_str());
            ApiError::new(StatusCode::BAD_REQUEST, message)
        })?;
        if plain.len() > self.limit {
            return Err(too_large(self.limit));
        }
        Ok(plain.into())
    }

    /// One byte more than the limit at most, which is enough to see that there is more.
    fn inflate(&self, decoder: impl Read) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        let most = self.limit as u64 + 1;
        decoder.take(most).read_to_end(&mut plain)?;
        Ok(plain)
    }
}

fn too_large(limit: usize) -> ApiError {
    let message = format!(
        "the body is larger than {} MiB ({limit} bytes): send it in several requests",
        limit >> 20
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// Takes a body off the wire, but not from a client that waits for leave to send: it gets the answer first.
pub(super) fn refuse(headers: &HeaderMap, body: Body) {
    if !headers.contains_key(EXPECT) {
        drain(body);
    }
}

/// Reads the rest and forgets it, behind the answer.
fn drain(body: Body) {
    tokio::spawn(tokio::time::timeout(DRAIN, async move {
        let mut stream = body.into_data_stream();
        while let Some(Ok(_)) = stream.next().await {}
    }));
}
