//! Calls that are answered from a recording, with the server stopped, and calls that are refused.

use anthropic_ai_sdk::types::message::{MessageClient, MessageError};
use carrot_providers::recorder;
use carrot_providers::scripted::{Builder, Reply, When};

use crate::pair::{all_recorded, assert_same_seen, error, said};
use crate::support::{Pair, Seen, asks, items, pair, whole};

fn script(it: Builder) -> Builder {
    it.on(When::says("fail"), Reply::error(400, "no such thing"))
        .on(When::says("cut"), Reply::text("one two three").cut_after(5))
        .on(
            When::says("tool"),
            Reply::tool_call("look", r#"{"q":1}"#).reasoning("hm"),
        )
}

async fn calls(pair: &Pair) -> Vec<Seen> {
    let mut all = Vec::new();
    for says in ["hi", "hi", "fail", "tool"] {
        all.push(whole(&pair.wrapped, says).await);
    }
    for says in ["hi", "tool", "cut", "fail"] {
        all.extend(items(&pair.wrapped, says).await);
    }
    all
}

#[tokio::test]
async fn a_recorded_run_is_answered_again_without_its_server() {
    let mut pair = pair(script);
    let recorder = recorder();
    let (live, records) = all_recorded(recorder.scope(calls(&pair))).await;
    let recording = recorder.finish();
    assert_eq!(recording.len(), 8);
    pair.stop();
    let (replayed, again) = all_recorded(recording.replay().scope(calls(&pair))).await;
    assert_same_seen(&replayed, &live);
    assert_eq!(said(&again), said(&records));
}

#[tokio::test]
async fn a_call_over_the_budget_is_an_error_of_the_clients_own() {
    let pair = pair(|it| it);
    let asked = asks("hi").with_stream(true);
    let calls = async {
        whole(&pair.wrapped, "hi").await.unwrap();
        let whole = pair.wrapped.create_message(Some(&asked)).await.err();
        let stream = pair.wrapped.create_message_streaming(&asked).await.err();
        [whole, stream].map(|it| it.expect("a refusal"))
    };
    let budget = carrot_runtime::budget().max_steps(1);
    let (errors, records) = all_recorded(budget.scope(calls)).await;
    for (failure, record) in errors.iter().zip(&records[1..]) {
        assert!(
            matches!(failure, MessageError::RequestFailed(_)),
            "{failure:?}"
        );
        assert_eq!(
            failure.to_string(),
            "API request failed: refused by the run's budget: max_steps is 1, and 1 model calls were made"
        );
        assert_eq!(error(record).0, "budget");
    }
    assert_eq!(pair.sent().len(), 1, "they were not sent");
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_refused() {
    let pair = pair(|it| it);
    let recorder = recorder();
    recorder.scope(whole(&pair.wrapped, "hi")).await.unwrap();
    let replay = recorder.finish().replay();
    let refused = replay.scope(whole(&pair.wrapped, "ho")).await.unwrap_err();
    assert!(
        refused.contains("no recorded answer fits POST /v1/messages"),
        "{refused}"
    );
    assert_eq!(pair.sent().len(), 1, "it was not sent");
}
