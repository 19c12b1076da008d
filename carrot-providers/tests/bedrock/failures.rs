//! Errors, retries, timeouts and broken connections.

use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use carrot_wire::Status;
use serde_json::json;

use crate::server::{Reply, Server};
use crate::support::{Pair, ask, client, config, output, recorded, stream};

#[tokio::test]
async fn an_error_of_the_server() {
    let pair = Pair::new(|_, _| Reply::error(400, "ValidationException", "No such model.")).await;
    for streamed in [false, true] {
        let call = async |client: &Client| match streamed {
            false => ask(client, "Hi").await,
            true => stream(client, "Hi").await.remove(0),
        };
        let bare = call(&pair.bare).await;
        let (wrapped, record) = recorded(call(&pair.wrapped)).await;
        assert!(wrapped.as_ref().unwrap_err().contains("No such model."));
        assert_eq!(wrapped, bare);
        assert_eq!(record.status, Some(Status::Error));
        let error = record.error.as_ref().unwrap();
        assert_eq!(
            (error.kind.as_str(), error.message.as_str()),
            ("ValidationException", "No such model.")
        );
        assert_eq!(record.metadata["request_id"], "req-1");
    }
    pair.assert_same_requests();
}

#[tokio::test]
async fn retries_are_one_span() {
    let pair = Pair::new(|_, before| match before {
        0 => Reply::error(429, "ThrottlingException", "Slow down."),
        1 => Reply::text("lost").cut_after(0),
        _ => Reply::text("at last"),
    })
    .await;
    let bare = ask(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(ask(&pair.wrapped, "Hi")).await;
    assert!(wrapped.is_ok(), "{wrapped:?}");
    assert_eq!(wrapped, bare);
    pair.assert_same_requests();
    assert_eq!(pair.wrapped_server.requests().len(), 3);
    assert_eq!(record.status, Some(Status::Success));
    assert_eq!(record.metadata["attempts"], 3);
    assert_eq!(
        record.metadata["failed_attempts"],
        json!(["http_429", "http_200"])
    );
    assert_eq!(output(&record)["message"]["content"], "at last");
}

#[tokio::test]
async fn retries_that_are_used_up() {
    let pair = Pair::new(|_, _| Reply::error(503, "ServiceUnavailableException", "Later.")).await;
    let bare = ask(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(ask(&pair.wrapped, "Hi")).await;
    assert!(wrapped.is_err());
    assert_eq!(wrapped, bare);
    assert_eq!(record.metadata["attempts"], 3);
    assert_eq!(
        record.error.as_ref().unwrap().kind,
        "ServiceUnavailableException"
    );
}

#[tokio::test]
async fn nobody_listens() {
    let nobody = Server::start(|_, _| Reply::text("")).await.url();
    let (bare, wrapped) = (client(&nobody), carrot_providers::wrap(client(&nobody)));
    let bare = ask(&bare, "Hi").await;
    let (wrapped, record) = recorded(ask(&wrapped, "Hi")).await;
    assert!(wrapped.is_err());
    assert_eq!(wrapped, bare);
    assert_eq!(record.error.as_ref().unwrap().kind, "connect");
    assert_eq!(record.metadata["attempts"], 3);
    assert_eq!(
        record.metadata["failed_attempts"],
        json!(["connect", "connect"])
    );
}

#[tokio::test]
async fn timeouts_of_an_attempt_and_of_the_whole() {
    let server = Server::start(|_, _| Reply::text("never").silent_after(0)).await;
    let soon = Duration::from_millis(60);
    for (timeouts, attempts) in [
        (TimeoutConfig::builder().operation_attempt_timeout(soon), 3),
        (TimeoutConfig::builder().operation_timeout(soon), 1),
    ] {
        let config = config(&server.url()).timeout_config(timeouts.build());
        let bare = Client::from_conf(config.build());
        let wrapped = carrot_providers::wrap(bare.clone());
        let bare = ask(&bare, "Hi").await;
        let (wrapped, record) = recorded(ask(&wrapped, "Hi")).await;
        assert!(wrapped.is_err());
        assert_eq!(wrapped, bare);
        assert_eq!(record.status, Some(Status::Error), "{record:?}");
        assert_eq!(record.error.as_ref().unwrap().kind, "timeout");
        let made = record
            .metadata
            .get("attempts")
            .map_or(1, |it| it.as_u64().unwrap());
        assert_eq!(made, attempts);
    }
}

#[tokio::test]
async fn html_in_place_of_json() {
    let pair = Pair::new(|_, _| Reply::raw("text/html", "<html>Gateway</html>")).await;
    let bare = ask(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(ask(&pair.wrapped, "Hi")).await;
    assert!(wrapped.is_err());
    assert_eq!(wrapped, bare);
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(
        record.metadata["capture_note"],
        "the answer is not the JSON that was expected"
    );
}

#[tokio::test]
async fn a_call_that_is_given_up_is_cancelled() {
    let server = Server::start(|_, _| Reply::text("never").silent_after(0)).await;
    let client = carrot_providers::wrap(client(&server.url()));
    let (_, record) = recorded(async {
        let call = ask(&client, "Hi");
        tokio::pin!(call);
        while server.requests().is_empty() {
            tokio::select! {
                _ = &mut call => panic!("it was answered"),
                () = tokio::task::yield_now() => {}
            }
        }
    })
    .await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(
        record.input.as_ref().unwrap().to_value()["messages"][0]["role"],
        "user"
    );
}
