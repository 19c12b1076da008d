//! Clients that leave, upstreams that break or are not there, and people who have no business here.

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc;

use carrot_providers::RelayError;
use carrot_providers::scripted::{Reply, When};
use carrot_wire::{Record, Status};
use serde_json::Value;

use crate::support::{
    Pair, chat, chat_stream, output, path, post, raw, read_until, recorded, sent,
};

/// A chat request for a relay, as bytes.
fn asked(url: &str) -> String {
    let body = chat_stream("Hi").to_string();
    format!(
        "POST {}/v1/chat/completions HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n{body}",
        path(url),
        url.split('/').nth(2).unwrap(),
        body.len(),
    )
}

/// Asks, reads up to `seen` and leaves; gives the record.
fn left_after(answer: &'static str, seen: &str) -> Record {
    let (tell, told) = mpsc::channel();
    let (origin, upstream) = raw(move |mut it| {
        let _ = read_until(&mut it, "\r\n\r\n");
        it.write_all(answer.as_bytes()).unwrap();
        tell.send(()).unwrap();
        // Until the relay leaves.
        read_until(&mut it, "never");
    });
    let ((), mut records) = recorded(|| {
        let relay = carrot_providers::relay(&origin).unwrap();
        let mut client = sent(relay.url(), &asked(relay.url()));
        told.recv().unwrap();
        read_until(&mut client, seen);
        drop(client);
        upstream.join().unwrap();
        // The relay has one thread: when it answers again, it is through with what was before.
        assert_eq!(post(&format!("{}x", relay.url()), &Value::Null).status, 404);
    });
    records.remove(0)
}

#[test]
fn a_client_that_leaves_ends_the_upstreams_call() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    const WORD: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}}]}\n\n";
    let answer = format!("{HEAD}{WORD}").leak();
    let record = left_after(answer, "one");
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(output(&record)["message"]["content"], "one");

    // Before there is any answer.
    let record = left_after("", "");
    assert_eq!(record.status, Some(Status::Cancelled));

    // After the last event.
    let answer = format!("{HEAD}{WORD}data: [DONE]\n\n").leak();
    let record = left_after(answer, "[DONE]\n\n");
    assert_eq!(record.status, Some(Status::Success));
}

#[test]
fn an_answer_that_breaks_off_breaks_off() {
    for (stream, cut) in [(true, 3), (false, 0)] {
        let reply = || Reply::text("one two three four").cut_after(cut);
        let pair = Pair::new(|it| it.on(When::any(), reply()));
        let request = if stream {
            chat_stream("Hi")
        } else {
            chat("Hi")
        };
        let (bare, relayed, record) =
            pair.both(|base| post(&format!("{base}/v1/chat/completions"), &request));
        assert!(bare.is_broken);
        assert_eq!(relayed, bare);
        assert_eq!(record.status, Some(Status::Error));
        assert_eq!(record.error.unwrap().kind, "transport");
    }
}

#[test]
fn an_upstream_that_is_not_there() {
    carrot_providers::tls::install_ring();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (answer, records) = recorded(|| {
        let relay = carrot_providers::relay(format!("http://127.0.0.1:{port}")).unwrap();
        post(
            &format!("{}/v1/chat/completions?key=s3cret", relay.url()),
            &chat("Hi"),
        )
    });
    assert_eq!(answer.status, 502);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    let expected = format!("Carrot's relay got no answer from http://127.0.0.1:{port}: ");
    assert!(message.starts_with(&expected), "{message}");
    assert!(!message.contains("s3cret"), "{message}");
    assert_eq!(records[0].error.as_ref().unwrap().kind, "connect");
}

#[test]
fn html_instead_of_json() {
    let html = "<html>Bad gateway</html>";
    let pair = Pair::new(|it| it.on(When::any(), Reply::raw(200, "text/html", html)));
    let (bare, relayed, record) =
        pair.both(|base| post(&format!("{base}/v1/chat/completions"), &chat("Hi")));
    assert_eq!(relayed, bare);
    assert_eq!(relayed.body, html.as_bytes());
    assert!(record.metadata.contains_key("capture_note"));
}

#[test]
fn only_those_who_know_the_token_and_mean_this_machine_are_answered() {
    let pair = Pair::new(|it| it);
    let relay = pair.relay();
    let (own_path, host) = (path(relay.url()), relay.url().split('/').nth(2).unwrap());
    let status = |path: &str, host: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = read_until(&mut sent(relay.url(), &request), "never");
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(status(&format!("{own_path}/v1/models"), host), "200");
    let asked = pair.relayed.requests().len();
    assert_eq!(
        status(&format!("{own_path}/v1/models"), "evil.example"),
        "403"
    );
    assert_eq!(status("/v1/models", host), "404");
    assert_eq!(status("/", host), "404");
    assert_eq!(
        status(&format!("{}/v1/models", &own_path[..9]), host),
        "404"
    );
    assert_eq!(pair.relayed.requests().len(), asked);

    let (other, gone) = (pair.relay(), relay.url().to_owned());
    drop(relay);
    assert_eq!(
        post(&format!("{gone}/v1/chat/completions"), &chat("Hi")).status,
        404
    );
    let clone = other.clone();
    drop(other);
    assert_eq!(
        post(&format!("{}/v1/chat/completions", clone.url()), &chat("Hi")).status,
        200
    );
}

#[test]
fn a_wrong_upstream_is_a_clear_error() {
    let error = carrot_providers::relay("api.example.com").unwrap_err();
    assert!(matches!(error, RelayError::Upstream { .. }));
    assert_eq!(
        error.to_string(),
        "cannot relay to \"api.example.com\": write a whole URL, as https://api.example.com"
    );
}
