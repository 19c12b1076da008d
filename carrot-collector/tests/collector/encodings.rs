//! Compressed bodies, and how a client learns of them.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::server::{Server, record};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// Posts a body with these headers, and gives all of the answer as text.
fn post(server: &Server, headers: &str, body: &[u8]) -> String {
    let mut stream = server.connect();
    let head = format!(
        "POST /v1/traces/ingest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn encoded(server: &Server, encoding: &str, body: &[u8]) -> String {
    post(server, &format!("Content-Encoding: {encoding}\r\n"), body)
}

#[track_caller]
fn assert_says(answer: &str, status: u16, words: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words),
        "{answer}"
    );
}

const ACCEPTED: &str = "accept-encoding: zstd, gzip\r\n";

#[test]
fn gzip_and_zstd_are_taken_and_every_answer_says_so() {
    let server = Server::start();
    let body = |number| json!({"traces": [record(number, "packed", 0)]}).to_string();
    let half = body(5).len() / 2;
    let packed = [
        ("gzip", gzip(body(1).as_bytes())),
        ("X-GZIP", gzip(body(2).as_bytes())),
        (" zstd ", zstd(body(3).as_bytes())),
        ("identity", body(4).into_bytes()),
        // In two members, as tools write it that append.
        (
            "gzip",
            [
                gzip(&body(5).as_bytes()[..half]),
                gzip(&body(5).as_bytes()[half..]),
            ]
            .concat(),
        ),
        (
            "zstd",
            [
                zstd(&body(6).as_bytes()[..half]),
                zstd(&body(6).as_bytes()[half..]),
            ]
            .concat(),
        ),
    ];
    for (encoding, bytes) in &packed {
        assert_says(&encoded(&server, encoding, bytes), 202, ACCEPTED);
    }
    assert_says(&post(&server, "", body(7).as_bytes()), 202, ACCEPTED);
    assert_eq!(server.names("").len(), 7);
}

#[test]
fn other_encodings_are_refused_with_those_that_are_taken() {
    let server = Server::start();
    for encoding in [
        "br",
        "deflate",
        "gzip, zstd",
        "",
        "gzip\r\nContent-Encoding: gzip",
    ] {
        let answer = encoded(&server, encoding, &gzip(b"{}"));
        assert_says(&answer, 415, "one of zstd, gzip is taken");
        assert_says(&answer, 415, ACCEPTED);
    }
}

#[test]
fn a_broken_body_is_refused_with_a_reason() {
    let server = Server::start();
    let body = json!({"traces": [record(1, "broken", 0)]}).to_string();
    let body = body.as_bytes();
    let cut = |mut packed: Vec<u8>| {
        packed.truncate(packed.len() - 4);
        packed
    };
    let followed = |packed: Vec<u8>| [&packed[..], b"and more"].concat();
    for (encoding, bytes) in [
        ("gzip", body.to_vec()),
        ("gzip", cut(gzip(body))),
        ("gzip", followed(gzip(body))),
        ("gzip", zstd(body)),
        ("zstd", body.to_vec()),
        ("zstd", cut(zstd(body))),
        ("zstd", followed(zstd(body))),
        ("zstd", gzip(body)),
        ("zstd", Vec::new()),
    ] {
        let answer = encoded(&server, encoding, &bytes);
        assert_says(&answer, 400, "the body is broken: it is not ");
        assert_says(&answer, 400, encoding);
    }
    assert_says(&encoded(&server, "gzip", &gzip(b"{}")), 400, "no traces");
    assert_eq!(server.names(""), [""; 0]);
}

/// Spaces take a thousandth of their size as gzip, and a ten thousandth as zstd.
#[test]
fn a_bomb_is_refused_before_it_is_large() {
    let server = Server::with(|builder| builder.body_limit(2 << 20));
    let bomb = vec![b' '; 100 << 20];
    let reason = "the body is larger than 2 MiB";
    assert_says(&encoded(&server, "gzip", &gzip(&bomb)), 413, reason);
    assert_says(&encoded(&server, "zstd", &zstd(&bomb)), 413, reason);

    // One whose window alone would take 128 MiB of memory.
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&bomb[..1 << 20]).unwrap();
    let wide = encoder.finish().unwrap();
    assert_says(&encoded(&server, "zstd", &wide), 400, "it is not zstd");
}
