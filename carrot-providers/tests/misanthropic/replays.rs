//! Calls that are answered from a recording, with the server stopped, and calls that are refused.

use std::error::Error as _;

use carrot_providers::recorder;
use carrot_providers::scripted::{Builder, Reply, When};
use misanthropic::client::{AnthropicError, Error};

use crate::pair::{all_recorded, assert_same_seen, error, said};
use crate::support::{Pair, Seen, asks, items, pair, seen};

fn script(it: Builder) -> Builder {
    it.on(
        When::says("fail"),
        Reply::error(429, "slow down").retry_after(7),
    )
    .on(When::says("cut"), Reply::text("one two three").cut_after(5))
    .on(
        When::says("tool"),
        Reply::tool_call("look", r#"{"q":1}"#).reasoning("hm"),
    )
}

async fn calls(pair: &Pair) -> Vec<Seen> {
    let mut all = Vec::new();
    for says in ["hi", "hi", "fail", "tool"] {
        all.push(seen(pair.wrapped.message(asks(says)).await));
    }
    for says in ["hi", "tool", "cut", "fail"] {
        all.extend(items(pair.wrapped.stream(asks(says)).await).await);
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
    let why = "refused by the run's budget: max_steps is 1, and 1 model calls were made";
    let url = pair.wrapped.messages_url.clone();
    let calls = async {
        pair.wrapped.message(asks("hi")).await.unwrap();
        let message = pair.wrapped.message(asks("hi")).await.err();
        let stream = pair.wrapped.stream(asks("hi")).await.err();
        let raw = pair.wrapped.post_raw(url.as_str(), asks("hi")).await.err();
        ([message, stream], raw.expect("a refusal"))
    };
    let budget = carrot_runtime::budget().max_steps(1);
    let ((errors, raw), records) = all_recorded(budget.scope(calls)).await;
    for failure in errors {
        let Some(Error::Anthropic(AnthropicError::Unknown {
            code: None,
            message,
        })) = failure
        else {
            panic!("{failure:?}");
        };
        assert_eq!(message, why);
    }
    let mut source = raw.source();
    while let Some(inner) = source.and_then(|it| it.source()) {
        source = Some(inner);
    }
    assert_eq!(source.expect("the reason").to_string(), why);
    assert_eq!(error(&records[1]).0, "budget");
    assert_eq!(pair.sent().len(), 1, "they were not sent");
}
