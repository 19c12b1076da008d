//! Calls that are answered from a recording, with the server stopped, and calls that are refused.

use aws_sdk_bedrockruntime::config::Config;
use carrot_providers::{Recording, recorder};
use carrot_wire::Status;

use crate::server::{Reply, Request, Server};
use crate::support::{MODEL, all_recorded, ask, client, shown, stream, user};

fn script(request: &Request, _: usize) -> Reply {
    let streamed = request.path.ends_with("-stream");
    match request.says() {
        "fail" => Reply::error(400, "ValidationException", "No such model."),
        "busy" => Reply::error(429, "ThrottlingException", "Slow down."),
        "html" => Reply::raw("text/html", "<html>"),
        "cut" => Reply::streamed("one two three").cut_after(3),
        says if streamed => Reply::streamed(says),
        says => Reply::text(says),
    }
}

type Client = aws_sdk_bedrockruntime::Client;

/// What the user sees of a few calls, whole and streamed.
async fn calls(client: &Client) -> Vec<Result<String, String>> {
    let mut seen = Vec::new();
    for says in ["hi", "hi", "fail", "busy", "html"] {
        seen.push(ask(client, says).await);
    }
    for says in ["one two", "cut", "fail"] {
        seen.extend(stream(client, says).await);
    }
    seen
}

/// An error without what is told of the connection that its answer came by.
fn of_answer(words: &str) -> &str {
    words.split(", extensions: ").next().unwrap_or(words)
}

#[tokio::test]
async fn a_recorded_run_is_answered_again_without_its_server() {
    let server = Server::start(script).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(calls(&client))).await;
    let recording = recorder.finish();
    assert_eq!(recording.len(), 8);
    drop(server);

    let file = tempfile::NamedTempFile::new().unwrap();
    recording.save(file.path()).unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert!(!text.contains("AKIATEST"), "credentials are left out");
    let recording = Recording::load(file.path()).unwrap();

    let (replayed, again) = all_recorded(recording.replay().scope(calls(&client))).await;
    assert_eq!(replayed.len(), live.len());
    for (replayed, live) in replayed.iter().zip(&live) {
        match (replayed, live) {
            (Err(replayed), Err(live)) if replayed.contains("replayed: ") => {
                // A connection that breaks says so in its own words.
                assert!(live.contains("unexpected EOF"), "{live}");
                assert!(replayed.starts_with("dispatch failure"), "{replayed}");
            }
            (Err(replayed), Err(live)) => assert_eq!(of_answer(replayed), of_answer(live)),
            _ => assert_eq!(replayed, live),
        }
    }
    assert_eq!(records.len(), again.len());
    for (live, again) in records.iter().zip(&again) {
        // That a client could not read an answer is not seen where it is replayed.
        if live
            .metadata
            .get("capture_note")
            .is_some_and(|it| it != "the stream stopped before its end")
        {
            continue;
        }
        let said = |it: &carrot_wire::Record| {
            let metadata = ["request_model", "input_tokens", "finish_reason"]
                .map(|key| it.metadata.get(key).cloned());
            (it.name.clone(), it.status, it.output.clone(), metadata)
        };
        assert_eq!(said(live), said(again));
    }
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_refused_in_the_clients_own_error() {
    let server = Server::start(script).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let recorder = recorder();
    recorder.scope(ask(&client, "hi")).await.unwrap();
    let replay = recorder.finish().replay();
    let (refused, records) = all_recorded(replay.scope(async {
        (
            ask(&client, "ho").await.unwrap_err(),
            stream(&client, "hi").await.remove(0).unwrap_err(),
        )
    }))
    .await;
    assert!(refused.0.starts_with("dispatch failure"), "{}", refused.0);
    assert!(
        refused.0.contains("no recorded answer fits POST /model/"),
        "{}",
        refused.0
    );
    assert!(refused.1.contains("no recorded"), "{}", refused.1);
    assert_eq!(records[0].status, Some(Status::Error));
    assert_eq!(records[0].error.as_ref().unwrap().kind, "recording");
    assert_eq!(server.requests().len(), 1, "they were not sent");
}

#[tokio::test]
async fn a_call_over_the_budget_is_refused_in_the_clients_own_error() {
    let server = Server::start(script).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let budget = carrot_runtime::budget().max_steps(1);
    let (refused, records) = all_recorded(budget.scope(async {
        ask(&client, "hi").await.unwrap();
        (
            ask(&client, "hi").await.unwrap_err(),
            stream(&client, "hi").await.remove(0).unwrap_err(),
        )
    }))
    .await;
    let message = "refused by the run's budget: max_steps is 1, and 1 model calls were made";
    assert!(refused.0.contains(message), "{}", refused.0);
    assert!(refused.1.contains(message), "{}", refused.1);
    assert_eq!(records[1].error.as_ref().unwrap().kind, "budget");
    assert_eq!(server.requests().len(), 1, "they were not sent");
}

#[tokio::test]
async fn tokens_of_answers_whole_and_streamed_are_taken_from_the_budget() {
    let server = Server::start(script).await;
    let client = carrot_providers::wrap(client(&server.url()));
    // 95 of the whole answer, 15 of the stream.
    let budget = carrot_runtime::budget().max_tokens(110);
    let refused = budget.scope(async {
        ask(&client, "hi").await.unwrap();
        assert!(stream(&client, "hi").await.iter().all(Result::is_ok));
        ask(&client, "hi").await.unwrap_err()
    });
    let refused = refused.await;
    assert!(refused.contains("max_tokens is"), "{refused}");
}

/// One call by an HTTP client of its own.
async fn overridden(client: &Client) -> Result<String, String> {
    let own = aws_smithy_http_client::Builder::new().build_http();
    let own = Config::builder().http_client(own);
    let asked = client.converse().model_id(MODEL).messages(user("hi"));
    let answer = asked.customize().config_override(own).send().await;
    shown(answer)
}

#[tokio::test]
async fn a_call_by_an_http_client_of_its_own_is_recorded_and_never_sent_where_it_must_not_be() {
    let server = Server::start(script).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(overridden(&client))).await;
    live.unwrap();
    assert_eq!(records[0].status, Some(Status::Success));

    let replay = recorder.finish().replay();
    let (refused, records) = all_recorded(replay.scope(overridden(&client))).await;
    let refused = refused.unwrap_err();
    assert!(refused.contains("config_override"), "{refused}");
    assert_eq!(records[0].error.as_ref().unwrap().kind, "recording");

    let budget = carrot_runtime::budget().max_steps(1);
    let (refused, records) = all_recorded(budget.scope(async {
        overridden(&client).await.unwrap();
        overridden(&client).await.unwrap_err()
    }))
    .await;
    let message = "refused by the run's budget: max_steps is 1, and 1 model calls were made";
    assert!(refused.contains(message), "{refused}");
    assert!(refused.starts_with("dispatch failure"), "{refused}");
    assert_eq!(records[1].error.as_ref().unwrap().kind, "budget");
    assert_eq!(server.requests().len(), 2, "no other was sent");
}
