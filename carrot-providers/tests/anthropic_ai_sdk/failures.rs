//! What fails for the bare client fails for the wrapped one in the same words.

use anthropic_ai_sdk::types::message::MessageClient;
use carrot_providers::scripted::{Reply, When};
use carrot_wire::{Record, Status};

use crate::pair::{error, nobody, recorded};
use crate::support::{Pair, Seen, asks, client, items, pair, whole};

/// What both clients see of a plain call, which is the same.
async fn both(pair: &Pair) -> (Seen, Record) {
    let bare = whole(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(whole(&pair.wrapped, "Hi")).await;
    assert_eq!(wrapped, bare.map_err(|words| pair.as_wrapped(&words)));
    (wrapped, record)
}

/// The same for streams.
async fn both_streams(pair: &Pair) -> (Vec<Seen>, Record) {
    let bare = items(&pair.bare, "Hi").await;
    let (wrapped, record) = recorded(items(&pair.wrapped, "Hi")).await;
    let bare = bare
        .into_iter()
        .map(|it| it.map_err(|words| pair.as_wrapped(&words)));
    assert_eq!(wrapped, bare.collect::<Vec<_>>());
    (wrapped, record)
}

#[tokio::test]
async fn an_error_status_has_the_words_of_the_server() {
    let pair = pair(|it| it.on(When::any(), Reply::error(429, "slow down").retry_after(7)));
    let (seen, record) = both(&pair).await;
    assert!(seen.unwrap_err().contains("slow down"));
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(error(&record), ("rate_limit_error", "slow down"));
    let (seen, record) = both_streams(&pair).await;
    assert!(seen[0].is_err());
    assert_eq!(error(&record), ("rate_limit_error", "slow down"));
    pair.assert_same_requests();
}

#[tokio::test]
async fn what_is_no_answer_reaches_the_user_as_it_is() {
    for (status, kind, body) in [
        (200, "text/html", "<html>no</html>"),
        (200, "application/json", r#"{"id":5}"#),
        (502, "text/html", "<html>bad gateway</html>"),
        (500, "application/json", ""),
    ] {
        let pair = pair(|it| it.on(When::any(), Reply::raw(status, kind, body)));
        let (seen, record) = both(&pair).await;
        assert!(seen.is_err());
        assert_eq!(
            record.status == Some(Status::Error),
            status >= 400,
            "{body}"
        );
        both_streams(&pair).await;
    }
}

#[tokio::test]
async fn a_body_that_is_cut() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Hello there").cut_after(1)));
    let (seen, record) = both(&pair).await;
    assert!(seen.is_err());
    assert_eq!(error(&record).0, "transport");
}

#[tokio::test]
async fn nobody_listens() {
    let mut pair = pair(|it| it);
    let url = nobody();
    pair.bare = client(&url);
    pair.wrapped = carrot_providers::wrap(client(&url));
    let (seen, record) = both(&pair).await;
    assert!(seen.is_err());
    assert_eq!(error(&record).0, "connect");
    let (_, record) = both_streams(&pair).await;
    assert_eq!(error(&record).0, "connect");
}

#[tokio::test]
async fn a_stream_that_is_not_asked_for_as_such() {
    let pair = pair(|it| it);
    let asked = asks("Hi");
    let bare = pair.bare.create_message_streaming(&asked).await.err();
    let wrapped = pair.wrapped.create_message_streaming(&asked).await.err();
    assert_eq!(wrapped.unwrap().to_string(), bare.unwrap().to_string());
    let (bare, wrapped) = (
        pair.bare.create_message(None).await.unwrap_err(),
        pair.wrapped.create_message(None).await.unwrap_err(),
    );
    assert_eq!(wrapped.to_string(), bare.to_string());
    pair.assert_same_requests();
}
