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
async fn probe() {
    let replies = [
        ("html", Reply::html(200)),
        ("html 503", Reply::html(503).retry_after(0)),
        ("type", Reply::text("Hello there").content_type("text/plain")),
        ("json type", Reply::text("Hello there").content_type("application/json")),
        ("sse type", Reply::text("Hello there").content_type("text/event-stream")),
        ("long", Reply::text("Hello there").lying_length(20)),
        ("short", Reply::text("Hello there").lying_length(-20)),
        ("garbled", Reply::text("Hello there").garbled(2)),
        ("error", Reply::text("Hello there").error_after(2, "overloaded").retry_after(0)),
    ];
    for (name, reply) in replies {
        for streamed in [false, true] {
            let (seen, record) = both(reply.clone(), streamed).await;
            let seen: Vec<_> = seen.iter().map(|it| match it { Ok(v) => format!("ok {}", v["choices"][0]), Err(e) => format!("err {e}") }).collect();
            eprintln!("== {name} {streamed}: {seen:#?} {:?} {:?} out {:?} note {:?} complete {:?} attempts {:?}", record.status, record.error, record.output, note(&record), record.metadata.get("capture_complete"), record.metadata.get("attempts"));
        }
    }
    let _ = (output, Status::Error, Duration::ZERO, Instant::now(), json!(1));
}
