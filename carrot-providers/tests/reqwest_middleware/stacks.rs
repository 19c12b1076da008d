//! Among other middlewares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use carrot_providers::reqwest_middleware::middleware;
use carrot_providers::scripted::{Builder, Reply, When};
use carrot_providers::{wrap, wrapper};
use carrot_wire::Status;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{
    ClientBuilder, Middleware, Next, RequestBuilder, RequestInitialiser, Result,
};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use serde_json::json;

use crate::support::{Asker, Pair, all_recorded, chat, error, http, output, recorded, retrying};

fn fails_twice(builder: Builder) -> Builder {
    builder
        .on(When::any().attempt(1), Reply::error(500, "broken"))
        .on(When::any().attempt(2), Reply::error(429, "slow down"))
}

#[tokio::test]
async fn below_retries_a_call_is_one_span_with_its_attempts() {
    let pair = Pair::of(fails_twice, retrying(3).build());
    let (answer, record) = pair.ask(chat("Hi")).await;
    answer.unwrap();
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(output(&record)["message"]["content"], "You said: Hi");
    assert_eq!(record.metadata["attempts"], 3);
    assert_eq!(
        record.metadata["failed_attempts"],
        json!(["http_500", "http_429"])
    );
    assert_eq!(record.metadata["request_id"], "req_3");
}

#[tokio::test]
async fn above_retries_a_call_is_one_span_without_them() {
    let server = Pair::new(fails_twice).wrapped.server;
    let policy = ExponentialBackoff::builder()
        .retry_bounds(Duration::from_millis(1), Duration::from_millis(1))
        .build_with_max_retries(3);
    let client = ClientBuilder::new(http())
        .with(middleware(wrapper()))
        .with(RetryTransientMiddleware::new_with_policy(policy))
        .build();
    let asker = Asker { client, server };
    let (answer, record) = recorded(asker.ask(&chat("Hi"))).await;
    answer.unwrap();
    assert_eq!(record.metadata["request_id"], "req_3");
    assert_eq!(record.metadata.get("attempts"), None);
}

#[tokio::test]
async fn errors_that_outlast_the_retries() {
    let pair = Pair::of(
        |it| it.on(When::any(), Reply::error(429, "slow down")),
        retrying(2).build(),
    );
    let (answer, record) = pair.ask(chat("Hi")).await;
    answer.unwrap();
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(error(&record), ("rate_limit_error", "slow down"));
    assert_eq!(record.metadata["attempts"], 3);
}

#[tokio::test]
async fn nobody_listens_and_it_is_tried_again() {
    let mut pair = Pair::of(|it| it, retrying(2).build());
    let gone = pair.wrapped.server.url();
    pair.wrapped.server = Pair::new(|it| it).wrapped.server;
    let wrapped = async { crate::support::post(&pair.wrapped.client, &gone, &chat("Hi")).await };
    let (answer, record) = recorded(wrapped).await;
    let words = crate::support::words(&answer.unwrap_err());
    assert!(
        words.starts_with("Request failed after 2 retries"),
        "{words}"
    );
    assert_eq!(error(&record).0, "connect");
    assert_eq!(record.metadata["attempts"], 3);
    assert_eq!(
        record.metadata["failed_attempts"],
        json!(["connect", "connect"])
    );
}

#[tokio::test]
async fn wrapped_twice_is_recorded_once() {
    let pair = Pair::of(fails_twice, wrap(retrying(3).build()));
    let (answer, records) = all_recorded(pair.wrapped.ask(&chat("Hi"))).await;
    answer.unwrap();
    assert_eq!(
        (records.len(), &records[0].metadata["attempts"]),
        (1, &json!(3))
    );
}

/// Counts what passes and signs requests, as an authentication would.
struct Sign(Arc<AtomicU32>);

#[async_trait]
impl Middleware for Sign {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let headers = request.headers_mut();
        headers.insert("x-signed", number.to_string().parse().unwrap());
        next.run(request, extensions).await
    }
}

impl RequestInitialiser for Sign {
    fn init(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("x-initialised", "yes")
    }
}

#[tokio::test]
async fn middlewares_and_initialisers_stay() {
    let count = Arc::new(AtomicU32::new(0));
    let client = ClientBuilder::new(http())
        .with_init(Sign(count.clone()))
        .with(Sign(count.clone()))
        .build();
    let asker = Pair::of(|it| it, client).wrapped;
    let (answer, _) = recorded(asker.ask(&chat("Hi"))).await;
    answer.unwrap();
    let request = asker.asked().unwrap();
    assert_eq!(request.header("x-signed"), Some("0"));
    assert_eq!(request.header("x-initialised"), Some("yes"));
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

/// Gives up on an attempt and tries once more, in the same extensions.
struct Impatient;

#[async_trait]
impl Middleware for Impatient {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let again = request.try_clone().unwrap();
        let first = next.clone().run(request, extensions);
        match tokio::time::timeout(Duration::from_millis(100), first).await {
            Ok(answer) => answer,
            Err(_) => next.run(again, extensions).await,
        }
    }
}

#[tokio::test]
async fn an_attempt_that_was_given_up() {
    let late = Reply::text("late").delay(Duration::from_secs(60));
    let client = ClientBuilder::new(http()).with(Impatient).build();
    let pair = Pair::of(|it| it.on(When::any().attempt(1), late.clone()), client);
    let (answer, record) = pair.ask(chat("Hi")).await;
    answer.unwrap();
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(record.metadata["attempts"], 2);
    assert_eq!(record.metadata["failed_attempts"], json!(["dropped"]));
}

#[tokio::test]
async fn extensions_that_the_user_keeps() {
    let pair = Pair::new(|it| it.on(When::says("no"), Reply::error(400, "no")));
    let mut extensions = Extensions::new();
    let mut send = async |text: &str| {
        let url = format!("{}/chat/completions", pair.wrapped.server.url());
        let request = pair.wrapped.client.post(url).body(chat(text).to_string());
        let request = request.build().unwrap();
        let client = &pair.wrapped.client;
        let answer = client.execute_with_extensions(request, &mut extensions);
        answer.await.unwrap().status().as_u16()
    };
    let calls = async { (send("no").await, send("yes").await, send("yes").await) };
    let (statuses, records) = all_recorded(calls).await;
    assert_eq!(statuses, (400, 200, 200));
    assert_eq!(records.len(), 3, "different calls: {records:?}");
    drop(extensions);
}
