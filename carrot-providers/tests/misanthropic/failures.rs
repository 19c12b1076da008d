//! What fails for the bare client fails for the wrapped one in the same words.

use carrot_providers::scripted::{Reply, When};
use carrot_wire::{Record, Status};

use crate::pair::{error, nobody, recorded};
use crate::support::{Pair, asks, client, pair, seen};

/// The error of a call, which is the same for both.
async fn failed(pair: &Pair) -> (String, Record) {
    let bare = seen(pair.bare.message(asks("Hi")).await).unwrap_err();
    let (wrapped, record) = recorded(async { seen(pair.wrapped.message(asks("Hi")).await) }).await;
    let wrapped = wrapped.unwrap_err();
    assert_eq!(wrapped, pair.as_wrapped(&bare));
    (wrapped, record)
}

#[tokio::test]
async fn error_statuses_of_all_kinds() {
    for status in [400, 401, 403, 404, 413, 429, 500, 529] {
        let reply = || Reply::error(status, "slow down").retry_after(7);
        let pair = pair(|it| it.on(When::any(), reply()));
        let (words, record) = failed(&pair).await;
        assert!(words.contains("slow down"), "{words}");
        assert_eq!(error(&record).1, "slow down", "{status}");
        pair.assert_same_requests();
    }
}

#[tokio::test]
async fn what_is_no_answer_reaches_the_user_as_it_is() {
    let page = format!("<html>{}</html>", "ü".repeat(2000));
    let unknown = r#"{"type":"error","error":{"type":"odd_error","message":"odd"}}"#;
    for (status, kind, body) in [
        (200, "text/html", page.as_str()),
        (502, "text/html", page.as_str()),
        (502, "application/json", unknown),
        (
            500,
            "application/json",
            r#"{"error":{"message":"no type"}}"#,
        ),
        (200, "application/json", r#"{"id":5}"#),
    ] {
        let pair = pair(|it| it.on(When::any(), Reply::raw(status, kind, body)));
        failed(&pair).await;
    }
}

#[tokio::test]
async fn nobody_listens() {
    let mut pair = pair(|it| it);
    let url = nobody();
    pair.bare = client(&url);
    pair.wrapped = carrot_providers::wrap(client(&url));
    let (_, record) = failed(&pair).await;
    assert_eq!(error(&record).0, "connect");
}

#[tokio::test]
async fn a_body_that_is_cut() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Hello there").cut_after(1)));
    let (_, record) = failed(&pair).await;
    assert_eq!(error(&record).0, "transport");
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(record.metadata["capture_complete"], false);
    pair.assert_same_requests();
}
