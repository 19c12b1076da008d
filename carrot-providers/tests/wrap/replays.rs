//! Calls that are answered from a recording, with the server stopped.

use async_openai::error::OpenAIError;
use async_openai::types::chat::CreateChatCompletionRequest;
use carrot_providers::scripted::{ModelServer, Reply, When};
use carrot_providers::{Recording, recorder};
use carrot_wire::Status;
use futures_util::StreamExt;
use serde_json::Value;

use crate::support::{all_recorded, chat, chat_stream, client, words};

type Client = async_openai::Client<async_openai::config::OpenAIConfig>;

fn server() -> ModelServer {
    carrot_providers::tls::install_ring();
    ModelServer::builder()
        .on(When::says("fail"), Reply::error(400, "no such thing"))
        .on(
            When::says("busy"),
            Reply::error(429, "slow down").header("retry-after", "0"),
        )
        .on(When::says("cut"), Reply::text("one two three").cut_after(2))
        .on(When::says("tool"), Reply::tool_call("look", r#"{"q":1}"#))
        .start()
}

fn wrapped(server: &ModelServer) -> Client {
    carrot_providers::wrap(client(&server.url()))
}

/// What the user sees of a few calls, whole and streamed.
async fn calls(client: &Client) -> Vec<Result<Value, String>> {
    let mut seen = Vec::new();
    for says in ["hi", "hi", "fail", "tool", "busy"] {
        let answer: Result<Value, OpenAIError> = client.chat().create_byot(chat(says)).await;
        seen.push(words(&answer));
    }
    for says in ["hi", "tool", "cut", "fail"] {
        let request: CreateChatCompletionRequest =
            serde_json::from_value(chat_stream(says)).unwrap();
        match client.chat().create_stream(request).await {
            Ok(mut stream) => {
                while let Some(item) = stream.next().await {
                    seen.push(words(&item));
                }
            }
            Err(error) => seen.push(Err(error.to_string())),
        }
    }
    seen
}

#[tokio::test]
async fn a_recorded_run_is_answered_again_without_its_server() {
    let server = server();
    let client = wrapped(&server);
    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(calls(&client))).await;
    let recording = recorder.finish();
    assert_eq!(recording.len(), 9);
    drop(server);

    let file = tempfile::NamedTempFile::new().unwrap();
    recording.save(file.path()).unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert!(!text.contains("sk-test"), "keys are left out");
    let recording = Recording::load(file.path()).unwrap();

    let (replayed, again) = all_recorded(recording.replay().scope(calls(&client))).await;
    assert_eq!(replayed.len(), live.len());
    for (replayed, live) in replayed.iter().zip(&live) {
        match (replayed, live) {
            // A connection that breaks says so in its own words.
            (Err(replayed), Err(live)) if replayed != live => {
                assert!(replayed.contains("replayed: "), "{replayed} / {live}");
            }
            _ => assert_eq!(replayed, live),
        }
    }
    assert_eq!(records.len(), again.len());
    for (live, again) in records.iter().zip(&again) {
        let said = |it: &carrot_wire::Record| {
            let metadata = ["model", "input_tokens", "finish_reason", "response_id"]
                .map(|key| it.metadata.get(key).cloned());
            (it.name.clone(), it.status, it.output.clone(), metadata)
        };
        assert_eq!(said(live), said(again));
    }
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_refused_in_the_clients_own_error() {
    let server = server();
    let client = wrapped(&server);
    let recorder = recorder();
    recorder
        .scope(client.chat().create_byot::<_, Value>(chat("hi")))
        .await
        .unwrap();
    let replay = recorder.finish().replay();
    let (error, records) = all_recorded(replay.clone().scope(async {
        let other: Result<Value, _> = client.chat().create_byot(chat("ho")).await;
        other.unwrap_err()
    }))
    .await;
    let message = error.to_string();
    assert_eq!(
        message,
        "no recorded answer fits POST /v1/chat/completions: the next recorded one differs at \
         /messages/0/content; record it again, or replay with or_send()"
    );
    assert_eq!(records[0].status, Some(Status::Error));
    assert_eq!(records[0].error.as_ref().unwrap().message, message);
    assert_eq!(server.requests().len(), 1, "it was not sent");

    let sent: Value = replay
        .or_send()
        .scope(client.chat().create_byot(chat("ho")))
        .await
        .unwrap();
    assert_eq!(sent["choices"][0]["message"]["content"], "You said: ho");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_stack_of_the_users_own_is_answered_and_refused_too() {
    use async_openai::middleware::ReqwestService;
    let server = server();
    let stack = tower::ServiceBuilder::new()
        .layer(carrot_providers::async_openai::layer(
            carrot_providers::wrapper(),
        ))
        .service(ReqwestService::new(reqwest::Client::new()));
    let client = client(&server.url()).with_http_service(stack);
    let ask = async || client.chat().create_byot::<_, Value>(chat("hi")).await;
    let recorder = recorder();
    let live = recorder.scope(ask()).await.unwrap();
    let replay = recorder.finish().replay();
    drop(server);
    let (first, second) = replay.scope(async { (ask().await, ask().await) }).await;
    assert_eq!(first.unwrap(), live);
    let refused = second.unwrap_err().to_string();
    assert!(
        refused.contains("no recorded call to this path is left"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_call_over_the_budget_is_refused_in_the_clients_own_error() {
    let server = server();
    let client = wrapped(&server);
    let budget = carrot_runtime::budget().max_steps(1);
    let (error, records) = all_recorded(budget.scope(async {
        let first: Value = client.chat().create_byot(chat("hi")).await.unwrap();
        assert!(first.is_object());
        let request = serde_json::from_value(chat_stream("hi")).unwrap();
        client
            .chat()
            .create_stream(request)
            .await
            .err()
            .expect("a refusal")
    }))
    .await;
    assert!(matches!(error, OpenAIError::Boxed(_)));
    let message = "refused by the run's budget: max_steps is 1, and 1 model calls were made";
    assert_eq!(error.to_string(), message);
    assert_eq!(records[1].error.as_ref().unwrap().kind, "budget");
    assert_eq!(
        records[1].input.as_ref().unwrap().to_value()["stream"],
        true
    );
    assert_eq!(server.requests().len(), 1, "it was not sent");
}

#[tokio::test]
async fn tokens_of_answers_whole_and_streamed_are_taken_from_the_budget() {
    let server = server();
    let client = wrapped(&server);
    let used = |answer: &Value| answer["usage"]["total_tokens"].as_u64().unwrap();
    let whole: Value = client.chat().create_byot(chat("hi")).await.unwrap();
    let budget = carrot_runtime::budget().max_tokens(used(&whole) * 2);
    let refused = budget.scope(async {
        let _: Value = client.chat().create_byot(chat("hi")).await.unwrap();
        let request = serde_json::from_value(chat_stream("hi")).unwrap();
        let mut stream = client.chat().create_stream(request).await.unwrap();
        while let Some(item) = stream.next().await {
            item.unwrap();
        }
        let third: Result<Value, _> = client.chat().create_byot(chat("hi")).await;
        third.unwrap_err().to_string()
    });
    assert!(refused.await.contains("max_tokens is"));
}

#[tokio::test]
async fn an_answer_that_was_given_up_is_recorded_as_far_as_it_came() {
    let server = server();
    let client = wrapped(&server);
    let recorder = recorder();
    let first = |client: Client| async move {
        let request = serde_json::from_value(chat_stream("hi there")).unwrap();
        let mut stream = client.chat().create_stream(request).await.unwrap();
        let first = stream.next().await.unwrap().unwrap();
        serde_json::to_value(first).unwrap()
    };
    let (live, _) = all_recorded(recorder.scope(first(client.clone()))).await;
    let replay = recorder.finish().replay();
    let (again, records) = all_recorded(replay.scope(first(client))).await;
    assert_eq!(again, live);
    assert_eq!(records.len(), 1);
}
