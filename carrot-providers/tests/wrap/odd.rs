//! Answers that no honest server gives: the user sees what the bare client shows, and the span says
//! what could not be understood.

use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use carrot_providers::scripted::{Reply, When};
use carrot_wire::{Record, Status};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::{Pair, chat, chat_stream, output, recorded, words};

type Seen = Vec<Result<Value, String>>;

/// What the user sees of a call, item for item where it is streamed.
async fn ask(client: &Client<OpenAIConfig>, streamed: bool) -> Seen {
    if !streamed {
        return vec![words::<Value>(&client.chat().create_byot(chat("Hi")).await)];
    }
    match client.chat().create_stream_byot(chat_stream("Hi")).await {
        Ok(stream) => stream.map(|item| words::<Value>(&item)).collect().await,
        Err(error) => vec![Err(error.to_string())],
    }
}

/// Asks bare and wrapped, and gives what both saw.
async fn both(reply: Reply, streamed: bool) -> (Seen, Record) {
    let pair = Pair::new(|it| it.on(When::any(), reply.clone()));
    let bare = ask(&pair.bare, streamed).await;
    let (wrapped, record) = recorded(ask(&pair.wrapped, streamed)).await;
    let bare: Seen = bare
        .into_iter()
        .map(|item| item.map_err(|error| pair.as_wrapped(error)))
        .collect();
    assert_eq!(wrapped.len(), bare.len());
    assert!(wrapped == bare, "they differ");
    pair.assert_same_requests();
    (wrapped, record)
}

fn note(record: &Record) -> &str {
    let note = record.metadata.get("capture_note");
    note.and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn html_in_place_of_a_stream() {
    let (seen, record) = both(Reply::html(200), true).await;
    assert_eq!(seen, [], "async-openai finds no event in it");
    assert_eq!(
        (record.status, &record.output),
        (Some(Status::Success), &None)
    );
    assert_eq!(
        note(&record),
        "the answer is not the JSON that was expected"
    );

    let (seen, record) = both(Reply::html(503).retry_after(0), true).await;
    assert!(seen[0].as_ref().unwrap_err().contains("<h1>503</h1>"));
    assert_eq!(record.error.unwrap().kind, "http_503");
    assert_eq!(record.metadata["attempts"], 4);
}

#[tokio::test]
async fn a_wrong_content_type() {
    for content_type in ["text/plain", "application/json", "text/event-stream"] {
        for streamed in [false, true] {
            let reply = Reply::text("Hello there").content_type(content_type);
            let (seen, record) = both(reply, streamed).await;
            assert!(seen.iter().all(Result::is_ok), "{seen:?}");
            assert_eq!(output(&record)["message"]["content"], "Hello there");
            assert_eq!(note(&record), "", "it could be understood");
        }
    }
}

#[tokio::test]
async fn a_length_that_is_too_long() {
    let (seen, record) = both(Reply::text("Hello there").lying_length(20), false).await;
    assert!(seen[0].is_err());
    assert_eq!(record.error.as_ref().unwrap().kind, "transport");
    assert_eq!(output(&record)["message"]["content"], "Hello there");

    // The stream's own end came before the one that was announced.
    let (seen, record) = both(Reply::text("Hello there").lying_length(20), true).await;
    assert!(seen.iter().all(Result::is_ok), "{seen:?}");
    assert_eq!(record.status, Some(Status::Success));
}

#[tokio::test]
async fn a_length_that_is_too_short() {
    let (seen, record) = both(Reply::text("Hello there").lying_length(-20), false).await;
    assert!(seen[0].as_ref().unwrap_err().contains("EOF while parsing"));
    assert_eq!(
        note(&record),
        "the answer is not the JSON that was expected"
    );
    assert_eq!(record.metadata["capture_complete"], false);
    let (seen, record) = both(Reply::text("Hello there").lying_length(-20), true).await;
    assert!(seen.iter().all(Result::is_ok), "{seen:?}");
    assert_eq!(output(&record)["message"]["content"], "Hello there");
}

#[tokio::test]
async fn json_that_breaks_off() {
    let (seen, record) = both(Reply::text("Hello there").garbled(2), false).await;
    assert!(seen[0].is_err());
    assert_eq!(record.output, None);
    let (seen, record) = both(Reply::text("Hello there").garbled(2), true).await;
    assert_eq!(seen.iter().filter(|item| item.is_err()).count(), 1);
    assert_eq!(output(&record)["message"]["content"], "Hello ");
    assert_eq!(note(&record), "a stream event is not JSON");
}

#[tokio::test]
async fn an_error_within_a_stream() {
    let (_, record) = both(
        Reply::text("Hello there").error_after(2, "overloaded"),
        true,
    )
    .await;
    let error = record.error.as_ref().unwrap();
    assert_eq!(
        (&*error.kind, &*error.message),
        ("server_error", "overloaded")
    );
    assert_eq!(output(&record)["message"]["content"], "Hello ");
}

#[tokio::test]
async fn a_stream_that_succeeds_on_a_retry_after_the_time_that_was_asked_for() {
    let busy = || Reply::error(429, "slow down").retry_after(1);
    let pair = Pair::new(|it| it.on(When::any().attempt(1), busy()));
    let bare = ask(&pair.bare, true).await;
    let begun = Instant::now();
    let (wrapped, record) = recorded(ask(&pair.wrapped, true)).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(record.metadata["attempts"], 2);
    assert_eq!(record.metadata["failed_attempts"], json!(["http_429"]));
}

#[tokio::test]
async fn a_stream_without_end_until_the_user_has_enough() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::endless("again")));
    let some = |client: Client<OpenAIConfig>| async move {
        let stream = client.chat().create_stream_byot(chat_stream("Hi")).await;
        let stream = stream.unwrap().map(|item| words::<Value>(&item));
        stream.take(5_000).collect::<Seen>().await
    };
    let bare = some(pair.bare.clone()).await;
    let (wrapped, record) = recorded(some(pair.wrapped.clone())).await;
    assert!(wrapped == bare, "they differ");
    assert_eq!(wrapped.len(), 5_000);
    assert_eq!(record.status, Some(Status::Cancelled));
    let output = output(&record);
    let content = output["message"]["content"].as_str().unwrap();
    assert!(content.starts_with("again again ") && content.len() > 5_000 * 5);
    assert_eq!(note(&record), "the stream stopped before its end");
}

/// A stream that is just longer than what is kept, since its events take their time without optimisations.
#[tokio::test]
async fn answers_longer_than_what_is_kept_reach_the_user_whole() {
    for (streamed, bytes) in [(false, 50 << 20), (true, 17 << 20)] {
        let (seen, record) = both(Reply::long(bytes), streamed).await;
        let length = |item: &Result<Value, String>| {
            let choice = &item.as_ref().unwrap()["choices"][0];
            let text = [&choice["message"]["content"], &choice["delta"]["content"]];
            text.iter()
                .filter_map(|it| Some(it.as_str()?.len()))
                .sum::<usize>()
        };
        assert_eq!(seen.iter().map(length).sum::<usize>(), bytes);
        assert_eq!(record.status, Some(Status::Success));
        assert_eq!(record.metadata["truncated"], true);
        assert_eq!(record.metadata["capture_complete"], false);
    }
}
