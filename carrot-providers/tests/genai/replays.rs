//! Calls that are answered from a recording, with the server stopped, and calls that are refused.

use carrot_providers::recorder;
use carrot_providers::scripted::{Builder, Reply, When};
use carrot_wire::Status;
use genai::resolver::ServiceTargetResolver;
use genai::{ClientConfig, ServiceTarget};
use serde_json::Value;

use crate::pair::{all_recorded, assert_same_seen, error, said};
use crate::support::{Pair, captures, configured, items, pair, request, with_tool};

fn script(it: Builder) -> Builder {
    it.on(When::says("fail"), Reply::error(400, "no such thing"))
        .on(
            When::says("busy"),
            Reply::error(429, "slow down").retry_after(7),
        )
        .on(When::says("cut"), Reply::text("one two three").cut_after(2))
        .on(When::says("tool"), Reply::tool_call("look", r#"{"q":1}"#))
}

fn seen(item: genai::Result<impl serde::Serialize>) -> Result<Value, String> {
    match item {
        Ok(item) => Ok(serde_json::to_value(item).unwrap()),
        Err(error) => Err(format!("{error} {:?}", error.headers())),
    }
}

/// What the user sees of a few calls, whole and streamed.
async fn calls(pair: &Pair) -> Vec<Result<Value, String>> {
    let (client, target) = (&pair.wrapped.client, || pair.wrapped.target.clone());
    let mut all = Vec::new();
    for says in ["hi", "hi", "fail", "tool", "busy"] {
        all.push(seen(
            client.exec_chat(target(), with_tool(says), None).await,
        ));
    }
    all.push(seen(client.embed(target(), "one", None).await));
    let options = captures();
    for says in ["hi", "tool", "cut", "fail"] {
        let stream = client.exec_chat_stream(target(), request(says), Some(&options));
        all.extend(items(stream.await).await);
    }
    all
}

#[tokio::test]
async fn a_recorded_run_is_answered_again_without_its_server() {
    let mut pair = pair(script);
    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(calls(&pair))).await;
    let recording = recorder.finish();
    assert_eq!(recording.len(), 10);
    pair.stop();

    let (replayed, again) = all_recorded(recording.replay().scope(calls(&pair))).await;
    assert_same_seen(&replayed, &live);
    assert_eq!(said(&again), said(&records));
}

#[tokio::test]
async fn two_streams_at_once_and_one_that_is_dropped() {
    let mut pair = pair(|it| it.on(When::any(), Reply::text("one two three")));
    let ask = async |says: &str| {
        let wrapped = &pair.wrapped;
        let stream = wrapped
            .client
            .exec_chat_stream(wrapped.target.clone(), request(says), None);
        items(stream.await).await
    };
    let recorder = recorder();
    let live = recorder
        .scope(async { futures_util::join!(ask("a"), ask("b")) })
        .await;
    let replay = recorder.finish().replay();
    pair.stop();
    let ask = async |says: &str| {
        let wrapped = &pair.wrapped;
        let stream = wrapped
            .client
            .exec_chat_stream(wrapped.target.clone(), request(says), None);
        items(stream.await).await
    };
    let replayed = replay
        .clone()
        .scope(async { futures_util::join!(ask("a"), ask("b")) })
        .await;
    assert_eq!(replayed, live);

    let wrapped = &pair.wrapped;
    let stream = wrapped
        .client
        .exec_chat_stream(wrapped.target.clone(), request("a"), None);
    let dropped = async {
        drop(stream.await.unwrap());
        // The task that would have answered it sees that now.
        tokio::task::yield_now().await;
    };
    let ((), records) = all_recorded(replay.scope(dropped)).await;
    assert_eq!(records[0].status, Some(Status::Cancelled));
}

#[tokio::test]
async fn a_call_over_the_budget_is_an_error_of_the_clients_own() {
    let pair = pair(|it| it);
    let (client, target) = (&pair.wrapped.client, || pair.wrapped.target.clone());
    let budget = carrot_runtime::budget().max_steps(1);
    let calls = async {
        client
            .exec_chat(target(), request("hi"), None)
            .await
            .unwrap();
        let chat = client
            .exec_chat(target(), request("hi"), None)
            .await
            .unwrap_err();
        let stream = client.exec_chat_stream(target(), request("hi"), None).await;
        let embed = client.embed(target(), "hi", None).await.unwrap_err();
        [chat, stream.err().expect("a refusal"), embed]
    };
    let (errors, records) = all_recorded(budget.scope(calls)).await;
    for (failure, record) in errors.iter().zip(&records[1..]) {
        assert!(matches!(failure, genai::Error::Internal(_)), "{failure:?}");
        assert_eq!(
            failure.to_string(),
            "Internal error: refused by the run's budget: max_steps is 1, and 1 model calls were made"
        );
        assert_eq!(error(record).0, "budget");
    }
    assert_eq!(pair.sent().len(), 1, "they were not sent");
}

#[tokio::test]
async fn a_resolver_that_would_send_a_replayed_call_elsewhere_stops_it() {
    // The target is the server's, whatever is asked for.
    let replaced = std::sync::Arc::new(std::sync::OnceLock::<ServiceTarget>::new());
    let config = || {
        let replaced = replaced.clone();
        let resolver = ServiceTargetResolver::from_resolver_fn(move |asked: ServiceTarget| {
            Ok(replaced.get().cloned().unwrap_or(asked))
        });
        ClientConfig::default().with_service_target_resolver(resolver)
    };
    let pair = configured(|it| it, config, false);
    replaced.set(pair.wrapped.target.clone()).unwrap();
    let ask = async || {
        pair.wrapped
            .client
            .exec_chat("gpt-4o-mini", request("hi"), None)
            .await
    };
    let recorder = recorder();
    recorder.scope(ask()).await.unwrap();
    let refused = recorder.finish().replay().scope(ask()).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("ServiceTargetResolver replaces the target"),
        "{refused}"
    );
    assert_eq!(pair.sent().len(), 1, "it was not sent");
}
