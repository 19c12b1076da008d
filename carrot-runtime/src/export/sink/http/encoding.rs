//! Compressed request bodies, where the collector takes them.
//!
//! A collector says so by `Accept-Encoding` in its answers (RFC 7694, section 3); one that never does is
//! never sent what it may not know.

use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use reqwest::header::{ACCEPT_ENCODING, HeaderMap};

use crate::config::Compression;

/// Shorter bodies gain nothing.
const WORTH_IT: usize = 1_024;
/// The quickest, which makes a tenth of such JSON.
const ZSTD_LEVEL: i32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::export::sink) enum Encoding {
    Gzip,
    Zstd,
}

impl Encoding {
    pub(in crate::export::sink) fn name(self) -> &'static str {
        match self {
            Encoding::Gzip => "gzip",
            Encoding::Zstd => "zstd",
        }
    }

    fn encode(self, body: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Encoding::Gzip => {
                let packed = Vec::with_capacity(body.len() / 4);
                let mut encoder =
                    flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
                encoder.write_all(body)?;
                encoder.finish()
            }
            Encoding::Zstd => zstd::bulk::compress(body, ZSTD_LEVEL),
        }
    }
}

/// What is known of the collector: 0 nothing, 1 gzip, 2 zstd, 3 that it takes none.
pub(in crate::export::sink) struct Learned(AtomicU8);

const NOTHING: u8 = 0;
const GZIP: u8 = 1;
const ZSTD: u8 = 2;
const NEVER: u8 = 3;

impl Learned {
    pub(in crate::export::sink) fn new(setting: Compression, is_here: bool) -> Learned {
        Learned(AtomicU8::new(match setting {
            Compression::Auto if is_here => NEVER,
            Compression::Auto => NOTHING,
            Compression::Off => NEVER,
            Compression::Gzip => GZIP,
            Compression::Zstd => ZSTD,
        }))
    }

    /// Packs a body as far as is known; says how.
    pub(in crate::export::sink) fn encode(&self, body: Vec<u8>) -> (Vec<u8>, Option<Encoding>) {
        let encoding = match self.0.load(Relaxed) {
            GZIP => Encoding::Gzip,
            ZSTD => Encoding::Zstd,
            _ => return (body, None),
        };
        if body.len() < WORTH_IT {
            return (body, None);
        }
        match encoding.encode(&body) {
            Ok(packed) => (packed, Some(encoding)),
            Err(_) => (body, None),
        }
    }

    pub(in crate::export::sink) fn learn(&self, answer: &HeaderMap) {
        if self.0.load(Relaxed) != NOTHING {
            return;
        }
        let takes = |wanted: &str| {
            let lists = answer.get_all(ACCEPT_ENCODING).iter();
            let lists = lists.filter_map(|value| value.to_str().ok());
            let mut codings = lists.flat_map(|list| list.split(','));
            codings.any(|coding| {
                let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
                let refused = weight.trim().trim_start_matches("q=").parse() == Ok(0.0);
                name.trim().eq_ignore_ascii_case(wanted) && !refused
            })
        };
        if takes("zstd") {
            self.0.store(ZSTD, Relaxed);
        } else if takes("gzip") {
            self.0.store(GZIP, Relaxed);
        }
    }

    /// It does not take them after all.
    pub(in crate::export::sink) fn refused(&self) {
        self.0.store(NEVER, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(accept: &str) -> HeaderMap {
        let accept = accept.parse().unwrap();
        HeaderMap::from_iter([(ACCEPT_ENCODING, accept)])
    }

    #[test]
    fn bodies_are_packed_once_the_collector_said_so() {
        let learned = Learned::new(Compression::Auto, false);
        let body = vec![b'a'; 10_000];
        assert_eq!(learned.encode(body.clone()), (body.clone(), None));
        learned.learn(&HeaderMap::new());
        learned.learn(&answer("br, identity"));
        assert_eq!(learned.encode(body.clone()).1, None);
        learned.learn(&answer("zstd;q=0, GZIP;q=0.5"));
        let (packed, encoding) = learned.encode(body.clone());
        assert_eq!(encoding, Some(Encoding::Gzip));
        let mut read = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(&*packed), &mut read).unwrap();
        assert_eq!(read, body);
        assert_eq!(learned.encode(vec![b'a'; 100]).1, None, "not worth it");
        learned.refused();
        assert_eq!(learned.encode(body).1, None);
    }

    #[test]
    fn zstd_comes_first_and_this_machine_is_sent_plain_bodies() {
        let body = vec![b'a'; 10_000];
        let learned = Learned::new(Compression::Auto, false);
        learned.learn(&answer("gzip, zstd"));
        let (packed, encoding) = learned.encode(body.clone());
        assert_eq!(encoding, Some(Encoding::Zstd));
        assert_eq!(zstd::bulk::decompress(&packed, 20_000).unwrap(), body);
        let here = Learned::new(Compression::Auto, true);
        here.learn(&answer("gzip, zstd"));
        assert_eq!(here.encode(body.clone()).1, None);
        let always = Learned::new(Compression::Gzip, true);
        assert_eq!(always.encode(body).1, Some(Encoding::Gzip));
    }
}
