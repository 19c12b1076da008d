//! What goes over the wire, on both sides.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc;

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;

use crate::support::{Pair, chat, output, path, raw, read_until, recorded, sent};

#[test]
fn requests_and_answers_pass_but_for_what_concerns_the_connection() {
    let (origin, upstream) = raw(|mut it| {
        let request = read_until(&mut it, "\"}");
        let answer = "HTTP/1.1 201 Made Up\r\ncontent-type: application/json\r\nx-twice: a\r\nx-twice: b\r\n\
                      connection: close, x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\ncontent-length: 2\r\n\r\n{}";
        it.write_all(answer.as_bytes()).unwrap();
        request
    });
    let body = r#"{"model":"m","prompt":"Hi"}"#;
    let (answer, _) = recorded(|| {
        let relay = carrot_providers::relay(format!("{origin}/base/")).unwrap();
        let head = format!(
            "POST {}/v1/completions?key=k%20k HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer k\r\nX-Twice: a\r\n\
             X-Twice: b\r\nAccept-Encoding: gzip, br\r\nAccept: a/b\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            path(relay.url()),
            relay.url().split('/').nth(2).unwrap(),
            body.len(),
        );
        read_until(&mut sent(relay.url(), &head), "never")
    });

    let request = upstream.join().unwrap();
    let (head, sent_body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    assert_eq!(
        lines.next(),
        Some("POST /base/v1/completions?key=k%20k HTTP/1.1")
    );
    let mut lines: Vec<_> = lines.map(str::to_lowercase).collect();
    lines.sort();
    let host = format!("host: {}", &origin["http://".len()..]);
    let expected = [
        "accept-encoding: identity",
        "accept: a/b",
        "authorization: bearer k",
        "content-length: 27",
        "content-type: application/json",
        &host,
        "x-twice: a",
        "x-twice: b",
    ];
    assert_eq!(lines, expected);
    assert_eq!(sent_body, body);

    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.split("\r\n").collect();
    assert!(lines.remove(0).starts_with("HTTP/1.1 201 "));
    lines.sort();
    let expected = [
        "connection: close",
        "content-length: 2",
        "content-type: application/json",
        "x-twice: a",
        "x-twice: b",
    ];
    assert_eq!(lines, expected);
    assert_eq!(body, "{}");
}

#[test]
fn what_is_no_model_call_passes_as_it_comes_in_both_directions() {
    let (tell, told) = mpsc::channel();
    let (origin, upstream) = raw(move |mut it| {
        let head = read_until(&mut it, "\r\n\r\n");
        let first = read_until(&mut it, "one");
        tell.send(first).unwrap();
        let second = read_until(&mut it, "two");
        let answer =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n3\r\nabc\r\n";
        it.write_all(answer.as_bytes()).unwrap();
        tell.send(second).unwrap();
        // The rest waits until the client has the first piece.
        let _ = read_until(&mut it, "three");
        it.write_all(b"3\r\ndef\r\n0\r\nx-sum: 6\r\n\r\n").unwrap();
        head
    });
    let (answer, records) = recorded(|| {
        let relay = carrot_providers::relay(&origin).unwrap();
        let head = format!(
            "POST {}/v1/files HTTP/1.1\r\nHost: localhost:{}\r\nTE: trailers\r\nAccept-Encoding: gzip\r\n\
             Content-Length: 11\r\n\r\none",
            path(relay.url()),
            relay.url().split([':', '/']).nth(4).unwrap(),
        );
        let mut client = sent(relay.url(), &head);
        assert_eq!(told.recv().unwrap(), "one");
        client.write_all(b"two").unwrap();
        assert_eq!(told.recv().unwrap(), "two");
        let mut answer = read_until(&mut client, "abc");
        client.write_all(b"three").unwrap();
        answer += &read_until(&mut client, "x-sum: 6");
        answer
    });
    let head = upstream.join().unwrap().to_lowercase();
    assert!(head.contains("content-length: 11\r\n"), "{head}");
    assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
    assert!(answer.contains("def\r\n0\r\nx-sum: 6"), "{answer}");
    assert!(records.is_empty());
}

#[test]
fn a_stream_passes_piece_by_piece() {
    let (reply, hold) = Reply::text("one two three").held();
    let pair = Pair::new(|it| it.on(When::any(), reply.clone()));
    hold.release(2);
    let mut request = chat("Hi");
    request["stream"] = true.into();
    let (lines, records) = recorded(|| {
        let relay = pair.relay();
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .build()
            .unwrap();
        let answer = client
            .post(format!("{}/v1/chat/completions", relay.url()))
            .body(request.to_string())
            .send()
            .unwrap();
        let mut reader = BufReader::new(answer);
        let mut first = String::new();
        while !first.contains("one") {
            reader.read_line(&mut first).unwrap();
        }
        drop(hold);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        (first, rest)
    });
    assert!(!lines.0.contains("three") && lines.1.contains("three"));
    assert_eq!(records[0].status, Some(Status::Success));
    assert_eq!(output(&records[0])["message"]["content"], "one two three");
}

#[test]
fn a_redirect_reaches_the_client() {
    let (origin, upstream) = raw(|mut it| {
        let _ = read_until(&mut it, "\r\n\r\n");
        let answer = "HTTP/1.1 307 Temporary Redirect\r\nlocation: https://a.example/\r\ncontent-length: 0\r\n\r\n";
        it.write_all(answer.as_bytes()).unwrap();
    });
    let relay = carrot_providers::relay(&origin).unwrap();
    let agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .new_agent();
    let answer = agent
        .get(format!("{}/v1/models", relay.url()))
        .call()
        .unwrap();
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"], "https://a.example/");
    upstream.join().unwrap();
}
