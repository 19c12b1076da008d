//! Answers as they are written.

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use futures_util::StreamExt;
use serde_json::json;

use crate::pair::{self, all_recorded, error, message, named, recorded};
use crate::support::{Pair, Seen, USAGE, asks, items, pair};

/// What both clients see of a stream, and the record of the wrapped one.
async fn both(pair: &Pair) -> (Vec<Seen>, carrot_wire::Record) {
    let bare = items(pair.bare.stream(asks("Hi")).await).await;
    let (wrapped, record) =
        recorded(async { items(pair.wrapped.stream(asks("Hi")).await).await }).await;
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();
    (wrapped, record)
}

#[tokio::test]
async fn a_message() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Grüße aus Oslo 🥕").usage(USAGE)));
    let (seen, record) = both(&pair).await;
    assert!(seen.iter().all(Result::is_ok), "{seen:?}");
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(message(&record)["content"], "Grüße aus Oslo 🥕");
    assert_eq!(record.metadata["input_tokens"], 150);
    assert!(record.metadata.contains_key("ttft_ms"));
}

#[tokio::test]
async fn tool_calls() {
    let reply = || Reply::tool_call("look", r#"{"q":"Straße"}"#).reasoning("hm");
    let pair = pair(|it| it.on(When::any(), reply()));
    let (_, record) = both(&pair).await;
    assert_eq!(
        message(&record)["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": r#"{"q":"Straße"}"# })
    );
}

#[tokio::test]
async fn a_cut_connection_and_an_error_within_the_stream() {
    let cut = pair(|it| it.on(When::any(), Reply::text("one two three four").cut_after(5)));
    let (seen, record) = both(&cut).await;
    assert!(seen.last().unwrap().is_err(), "{seen:?}");
    assert_eq!(error(&record).0, "transport");
    assert_eq!(message(&record)["content"], "one two ");

    let busy = pair(|it| {
        it.on(
            When::any(),
            Reply::text("one two three").error_after(4, "too busy"),
        )
    });
    let (_, record) = both(&busy).await;
    assert_eq!(error(&record), ("overloaded_error", "too busy"));
}

#[tokio::test]
async fn dropped_early_below_the_span_it_was_asked_in() {
    let (reply, hold) = Reply::text("one two three four five").held();
    let pair = pair(|it| it.on(When::any(), reply.clone()));
    let call = async {
        hold.release(6);
        let mut stream = pair::asks(pair.wrapped.stream(asks("Hi"))).await.unwrap();
        for _ in 0..4 {
            stream.next().await.unwrap().unwrap();
        }
    };
    let ((), records) = all_recorded(call).await;
    let (parent, call) = (named(&records, "asks"), named(&records, "messages"));
    assert_eq!(call.status, Some(Status::Cancelled));
    assert_eq!(call.parent_span_id, parent.span_id);
    drop(hold);
}
