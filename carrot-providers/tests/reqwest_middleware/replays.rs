//! Calls that are answered from a recording or refused, with no server asked.

use carrot_providers::recorder;
use carrot_providers::scripted::{Builder, Reply, When};
use carrot_providers::tap::Refused;
use carrot_runtime::budget;
use carrot_wire::{Record, Status};
use reqwest_middleware::{ClientWithMiddleware, Error};
use serde_json::json;

use crate::support::{
    Answer, Pair, all_recorded, chat, chat_stream, error, post, recorded, retrying,
};

fn script(builder: Builder) -> Builder {
    builder
        .on(When::says("fail"), Reply::error(400, "no such thing"))
        .on(
            When::says("busy").attempt(1),
            Reply::error(429, "slow down"),
        )
        .on(When::says("cut"), Reply::text("one two three").cut_after(2))
        .on(When::says("tool"), Reply::tool_call("look", r#"{"q":1}"#))
}

/// What the user sees of a few calls, whole and streamed.
async fn calls(client: &ClientWithMiddleware, base: &str) -> Vec<Answer> {
    let mut seen = Vec::new();
    for says in ["hi", "hi", "fail", "busy", "tool", "cut"] {
        for request in [chat(says), chat_stream(says)] {
            let response = post(client, base, &request).await.unwrap();
            seen.push(Answer::read(response).await);
        }
    }
    seen
}

#[tokio::test]
async fn a_recorded_run_is_answered_again_without_its_server() {
    let asker = Pair::of(script, retrying(2).build()).wrapped;
    let (client, base) = (asker.client.clone(), asker.server.url());
    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(calls(&client, &base))).await;
    let recording = recorder.finish();
    assert_eq!(recording.len(), 12, "a call that was retried is one");
    drop(asker);

    let (again, records_again) =
        all_recorded(recording.replay().scope(calls(&client, &base))).await;
    assert_eq!(again.len(), live.len());
    for (again, live) in again.iter().zip(&live) {
        assert_eq!(again.lasting(), live.lasting());
        match (&again.body.1, &live.body.1) {
            // A connection that breaks says so in its own words.
            (Some(again), Some(_)) => assert!(again.contains("replayed: "), "{again}"),
            (again, live) => assert_eq!(again, live),
        }
    }
    let said = |it: &Record| {
        let metadata = ["model", "input_tokens", "finish_reason", "response_id"]
            .map(|key| it.metadata.get(key).cloned());
        (it.status, it.output.clone(), metadata)
    };
    assert_eq!(
        records_again.iter().map(said).collect::<Vec<_>>(),
        records.iter().map(said).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_an_error_of_the_stack() {
    let asker = Pair::of(|it| it, retrying(2).build()).wrapped;
    let recorder = recorder();
    recorder.scope(asker.ask(&chat("hi"))).await.unwrap();
    let replay = recorder.finish().replay();
    let other = async { asker.send(&chat("ho")).await.unwrap_err() };
    let (refused, record) = recorded(replay.scope(other)).await;
    let words = refused.to_string();
    assert!(
        words.starts_with("no recorded answer fits POST /v1/chat/completions"),
        "{words}"
    );
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(error(&record), ("recording", words.as_str()));
    assert_eq!(asker.server.requests().len(), 1, "it was not sent");
}

#[tokio::test]
async fn a_call_over_the_budget_is_refused_before_it_is_sent() {
    let asker = Pair::new(|it| it).wrapped;
    let calls = async {
        asker.ask(&chat("a")).await.unwrap();
        asker.send(&chat_stream("b")).await.unwrap_err()
    };
    let (refused, records) = all_recorded(budget().max_steps(1).scope(calls)).await;
    let Error::Middleware(inner) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(inner.downcast_ref::<Refused>().unwrap().kind(), "budget");
    assert!(refused.to_string().contains("budget"), "{refused}");
    assert_eq!(error(&records[1]), ("budget", refused.to_string().as_str()));
    assert_eq!(asker.server.requests().len(), 1, "it was not sent");
}

#[tokio::test]
async fn errors_that_outlast_the_retries_are_answered_again() {
    let asker = Pair::of(
        |it| it.on(When::any(), Reply::error(429, "slow down")),
        retrying(2).build(),
    )
    .wrapped;
    let recorder = recorder();
    let request = chat("hi");
    let live = recorder.scope(asker.ask(&request)).await.unwrap();
    let replay = recorder.finish().replay();
    let within = async { budget().max_steps(1).scope(asker.ask(&request)).await };
    let (again, record) = recorded(replay.scope(within)).await;
    let again = again.unwrap();
    assert_eq!(again.lasting(), live.lasting());
    assert_eq!(error(&record), ("rate_limit_error", "slow down"));
    assert_eq!(asker.server.requests().len(), 3, "it was not sent again");
}

#[tokio::test]
async fn a_recorder_around_another_records_too() {
    let asker = Pair::new(|it| it).wrapped;
    let (outer, inner) = (recorder(), recorder());
    let request = chat("hi");
    let within = async { inner.scope(asker.ask(&request)).await.unwrap() };
    outer.scope(within).await;
    assert_eq!((outer.finish().len(), inner.finish().len()), (1, 1));
}

#[tokio::test]
async fn an_answer_in_another_form_is_not_given() {
    let asker = Pair::new(|it| it).wrapped;
    let base = asker.server.url().replace("/v1", "/v1beta");
    let ask = async |query: &str| {
        let url = format!("{base}/models/gemini-2.5-flash:streamGenerateContent?{query}");
        let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] });
        let request = asker.client.post(url).body(body.to_string());
        Ok::<_, Error>(request.send().await?.text().await?)
    };
    let recorder = recorder();
    let (array, events) = recorder
        .scope(async {
            let array = ask("key=k").await.unwrap();
            (array, ask("key=k&alt=sse").await.unwrap())
        })
        .await;
    assert!(array.starts_with('[') && events.starts_with("data: "));
    let replay = recorder.finish().replay();
    let (again, other) = replay
        .scope(async { (ask("alt=sse&key=other").await, ask("alt=json").await) })
        .await;
    assert_eq!(again.unwrap(), events);
    let other = other.unwrap_err().to_string();
    assert!(other.contains("another alt in its query"), "{other}");
}
