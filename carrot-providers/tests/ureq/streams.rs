//! Answers as they are written.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use serde_json::json;
use ureq::Agent;

use crate::support::{Pair, answer, ask, chat_stream, config, output, recorded};

/// All lines of a stream, errors in words.
fn lines(agent: &Agent, url: &str) -> Vec<Result<String, String>> {
    let response = ask(agent, url, &chat_stream("Hi")).unwrap();
    let reader = BufReader::new(response.into_body().into_reader());
    reader
        .lines()
        .map(|it| it.map_err(|it| it.to_string()))
        .collect()
}

#[test]
fn a_stream_comes_line_by_line() {
    let reply = || {
        Reply::text("Grüße aus Oslo 🥕")
            .and_tool_call("look", "{}")
            .reasoning("hm")
    };
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let (bare, wrapped, record) = pair.both(lines);
    assert_eq!(wrapped, bare);
    assert!(wrapped.iter().any(|it| it.as_deref() == Ok("data: [DONE]")));
    pair.assert_same_requests();
    assert_eq!(record.status, Some(Status::Success));
    let message = &output(&record)["message"];
    assert_eq!(message["content"], "Grüße aus Oslo 🥕");
    assert_eq!(message["reasoning_content"], "hm");
    assert_eq!(message["tool_calls"][0]["function"]["name"], "look");
    assert!(record.metadata.contains_key("ttft_ms"));
    assert!(record.metadata.contains_key("total_tokens"));
}

#[test]
fn nothing_is_waited_for_but_what_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It says its first word, and then nothing until it is left.
    let server = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut room = [0; 4096];
        let _ = connection.read(&mut room).unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n";
        connection.write_all(answer.as_bytes()).unwrap();
        while connection.read(&mut room).is_ok_and(|length| length > 0) {}
    });
    let limit = Some(Duration::from_secs(20));
    let agent = carrot_providers::wrap(config().timeout_recv_body(limit).build().new_agent());
    let (line, records) = recorded(|| {
        let response = ask(&agent, &url, &chat_stream("Hi")).unwrap();
        let mut line = String::new();
        let mut reader = BufReader::new(response.into_body().into_reader());
        reader.read_line(&mut line).map(|_| line)
    });
    assert_eq!(line.unwrap(), "data: {}\n");
    assert_eq!(records[0].status, Some(Status::Cancelled));
    server.join().unwrap();
}

#[test]
fn dropped_early_keeps_what_had_arrived() {
    let text = "word ".repeat(1000);
    let reply = || Reply::text(&text).delay(Duration::from_millis(1));
    let pair = Pair::new(|it| it.on(When::any(), reply()));
    let (bare, wrapped, record) = pair.both(|agent, url| {
        let response = ask(agent, url, &chat_stream("Hi")).unwrap();
        let reader = BufReader::new(response.into_body().into_reader());
        reader
            .lines()
            .take(9)
            .collect::<Result<Vec<_>, _>>()
            .unwrap()
    });
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Cancelled));
    let content = output(&record)["message"]["content"].to_string();
    assert!(content.starts_with("\"word word ") && content.len() < text.len());
    assert_eq!(record.metadata["capture_complete"], false);
}

#[test]
fn dropped_after_its_last_event_is_a_success() {
    let pair = Pair::new(|it| it);
    let (_, _, record) = pair.both(|agent, url| {
        let response = ask(agent, url, &chat_stream("Hi")).unwrap();
        let reader = BufReader::new(response.into_body().into_reader());
        let last = reader
            .lines()
            .find(|it| it.as_deref().is_ok_and(|it| it == "data: [DONE]"));
        assert!(last.is_some());
    });
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "You said: Hi");
}

#[test]
fn a_cut_connection_is_an_error_with_what_had_arrived() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("one two three four").cut_after(3)));
    let (bare, wrapped, record) = pair.both(lines);
    assert!(bare.last().unwrap().is_err(), "{bare:?}");
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.error.as_ref().unwrap().kind, "transport");
    assert_eq!(output(&record)["message"]["content"], "one two ");
}

#[test]
fn malformed_events_reach_the_user_as_they_are() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: {oops\n\ndata: [DONE]\n\n";
    for kind in ["text/event-stream", "text/event-stream; charset=utf-8"] {
        let pair = Pair::new(|it| it.on(When::any(), Reply::raw(200, kind, body)));
        let (bare, wrapped, record) =
            pair.both(|agent, url| answer(agent, url, &chat_stream("Hi")));
        assert_eq!(wrapped, bare);
        assert_eq!(wrapped.unwrap().body, body.as_bytes());
        assert_eq!(output(&record)["message"]["content"], json!("a"));
    }
}
