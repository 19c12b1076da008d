//! Calls that are answered from a recording, with the server stopped, and calls that are refused.

use std::io::{BufRead, BufReader};

use carrot_providers::recorder;
use carrot_providers::scripted::{ModelServer, Reply, When};
use carrot_wire::{Record, Status};
use ureq::{Agent, Error};

use crate::support::{Seen, answer, ask, chat, chat_stream, config, recorded};

fn server() -> ModelServer {
    ModelServer::builder()
        .on(When::says("fail"), Reply::error(429, "slow down"))
        .on(When::says("tool"), Reply::tool_call("look", r#"{"q":1}"#))
        .on(When::says("cut"), Reply::text("one two three").cut_after(2))
        .start()
}

/// What the user sees of a few calls, whole and streamed. How a connection broke is said in its own words.
fn calls(agent: &Agent, url: &str) -> Vec<Result<Seen, String>> {
    let requests = [
        chat("hi"),
        chat("hi"),
        chat("fail"),
        chat_stream("tool"),
        chat_stream("cut"),
    ];
    let seen = requests.iter().map(|request| answer(agent, url, request));
    let mut seen: Vec<_> = seen.collect();
    for seen in seen.iter_mut().flatten() {
        seen.error = seen.error.take().map(|_| "broken".to_owned());
    }
    seen
}

fn said(record: &Record) -> impl PartialEq + std::fmt::Debug + use<> {
    let metadata = ["model", "input_tokens", "finish_reason", "response_id"];
    let metadata = metadata.map(|key| record.metadata.get(key).cloned());
    (
        record.name.clone(),
        record.status,
        record.output.clone(),
        metadata,
    )
}

#[test]
fn a_recorded_run_is_answered_again_without_its_server() {
    for is_error in [true, false] {
        let server = server();
        let url = server.url();
        let agent = config().http_status_as_error(is_error).build().new_agent();
        let agent = carrot_providers::wrap(agent);
        let recorder = recorder();
        let (live, records) = recorded(|| recorder.run(|| calls(&agent, &url)));
        let recording = recorder.finish();
        assert_eq!(recording.len(), 5);
        assert_eq!(live[2].is_err(), is_error);
        drop(server);

        let (again, replayed) = recorded(|| recording.replay().run(|| calls(&agent, &url)));
        assert_eq!(again, live);
        let said = |records: &[Record]| records.iter().map(said).collect::<Vec<_>>();
        assert_eq!(said(&replayed), said(&records));
    }
}

#[test]
fn a_replayed_stream_may_be_left() {
    let server = server();
    let url = server.url();
    let agent = carrot_providers::wrap(config().build().new_agent());
    let recorder = recorder();
    // Too long for one piece.
    let request = chat_stream(&"word ".repeat(5_000));
    recorder.run(|| answer(&agent, &url, &request)).unwrap();
    let (line, records) = recorded(|| {
        recorder.finish().replay().run(|| {
            let response = ask(&agent, &url, &request).unwrap();
            assert_eq!(response.body().mime_type(), Some("text/event-stream"));
            let mut line = String::new();
            let mut reader = BufReader::with_capacity(16, response.into_body().into_reader());
            reader.read_line(&mut line).unwrap();
            line
        })
    });
    assert!(line.starts_with("data: {"));
    assert_eq!(records[0].status, Some(Status::Cancelled));
    assert_eq!(server.requests().len(), 1, "the second was not sent");
}

#[test]
fn a_call_over_its_budget_is_refused_in_ureqs_own_error() {
    let server = server();
    let url = server.url();
    let agent = carrot_providers::wrap(config().build().new_agent());
    let (error, records) = recorded(|| {
        carrot_runtime::budget().max_steps(1).run(|| {
            answer(&agent, &url, &chat("hi")).unwrap();
            ask(&agent, &url, &chat("ho")).unwrap_err()
        })
    });
    assert!(matches!(error, Error::Other(_)), "{error:?}");
    let message = &records[1].error.as_ref().unwrap().message;
    assert_eq!(error.to_string(), format!("other: {message}"));
    assert!(message.contains("max_steps"), "{message}");
    assert_eq!(server.requests().len(), 1, "it was not sent");
}

#[test]
fn a_request_that_was_not_recorded_is_refused_or_sent() {
    let server = server();
    let url = server.url();
    let agent = carrot_providers::wrap(config().build().new_agent());
    let recorder = recorder();
    recorder.run(|| answer(&agent, &url, &chat("hi"))).unwrap();
    let replay = recorder.finish().replay();
    let refused = replay.clone().run(|| answer(&agent, &url, &chat("ho")));
    let message = refused.unwrap_err();
    assert!(message.contains("no recorded answer fits"), "{message}");
    assert_eq!(server.requests().len(), 1, "it was not sent");
    let sent = replay.or_send().run(|| answer(&agent, &url, &chat("ho")));
    assert_eq!(sent.unwrap().status, 200);
}
