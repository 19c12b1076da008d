//! Middlewares that send a request twice at once, and take the answer that comes first.

use std::time::Duration;

use async_trait::async_trait;
use carrot_providers::recorder;
use carrot_providers::scripted::{Builder, Reply, When};
use carrot_wire::{Record, Status};
use futures_util::future::{Either, select};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};
use serde_json::json;

use crate::support::{Pair, all_recorded, chat, http, output, retrying};

/// Sends a second request while the first one is on its way, with the same extensions.
struct Hedge {
    /// How many requests come through before it begins.
    after: u32,
}

#[derive(Clone, Copy)]
struct Seen(u32);

#[async_trait]
impl Middleware for Hedge {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let seen = extensions.get::<Seen>().map_or(0, |it| it.0);
        extensions.insert(Seen(seen + 1));
        if seen < self.after {
            return next.run(request, extensions).await;
        }
        let second = request.try_clone().unwrap();
        let mut others = extensions.clone();
        let first = next.clone().run(request, extensions);
        let second = async {
            // As hedges do. The server lets the first wait for much longer.
            tokio::time::sleep(Duration::from_millis(100)).await;
            next.run(second, &mut others).await
        };
        match select(first, std::pin::pin!(second)).await {
            Either::Left((answer, _)) | Either::Right((answer, _)) => answer,
        }
    }
}

/// The first of the two is late.
fn late(attempt: u32) -> impl Fn(Builder) -> Builder {
    move |builder| {
        let late = Reply::text("late").delay(Duration::from_secs(60));
        builder
            .on(
                When::says("retried").attempt(1),
                Reply::error(500, "broken"),
            )
            .on(When::any().attempt(attempt), late)
    }
}

fn hedged(after: u32) -> ClientWithMiddleware {
    ClientBuilder::new(http()).with(Hedge { after }).build()
}

fn by(records: &[Record], status: Status) -> &Record {
    let mut found = records.iter().filter(|it| it.status == Some(status));
    let one = found.next().expect("a record of this status");
    assert!(found.next().is_none(), "only one: {records:?}");
    one
}

#[tokio::test]
async fn each_request_of_a_hedge_is_a_span() {
    let pair = Pair::of(late(1), hedged(0));
    let request = chat("Hi");
    let bare = pair.bare.ask(&request).await.unwrap();
    let (wrapped, records) = all_recorded(pair.wrapped.ask(&request)).await;
    assert_eq!(wrapped.unwrap(), bare);
    pair.assert_same_requests();
    assert_eq!(records.len(), 2, "both are sent, and paid for");
    let won = by(&records, Status::Success);
    assert_eq!(output(won)["message"]["content"], "You said: Hi");
    assert!(by(&records, Status::Cancelled).output.is_none());
}

#[tokio::test]
async fn a_hedge_below_retries_loses_no_answer() {
    let client = retrying(2).with(Hedge { after: 1 }).build();
    let pair = Pair::of(late(2), client);
    let request = chat("retried");
    let (answer, records) = all_recorded(pair.wrapped.ask(&request)).await;
    answer.unwrap();
    let won = by(&records, Status::Success);
    assert_eq!(output(won)["message"]["content"], "You said: retried");
    let lost = records.iter().find(|it| it.status != won.status).unwrap();
    assert_eq!(lost.metadata["attempts"], 2);
    assert_eq!(lost.metadata["failed_attempts"], json!(["http_500"]));
    assert_eq!(records.len(), 2);
}

#[tokio::test]
async fn wrapped_above_and_below_a_hedge_is_recorded_once() {
    let client = ClientBuilder::new(http())
        .with(carrot_providers::reqwest_middleware::middleware(
            carrot_providers::wrapper(),
        ))
        .with(Hedge { after: 0 })
        .build();
    let pair = Pair::of(late(1), client);
    let (answer, records) = all_recorded(pair.wrapped.ask(&chat("Hi"))).await;
    answer.unwrap();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(output(&records[0])["message"]["content"], "You said: Hi");
}

#[tokio::test]
async fn a_hedge_is_answered_from_its_recording() {
    let pair = Pair::of(late(1), hedged(0));
    let request = chat("Hi");
    let recorder = recorder();
    let live = recorder.scope(pair.wrapped.ask(&request)).await.unwrap();
    let recording = recorder.finish();
    assert_eq!(recording.len(), 2);
    let replayed = recording.replay().scope(pair.wrapped.ask(&request));
    assert_eq!(replayed.await.unwrap().body, live.body);
    assert_eq!(pair.wrapped.server.requests().len(), 2, "none was sent");
}
