//! What fails for the bare client fails for the wrapped one in the same words.

use carrot_providers::scripted::{Reply, When};
use carrot_wire::{Record, Status};
use genai::adapter::AdapterKind;
use genai::resolver::AuthData;
use serde_json::json;

use crate::pair::{error, input, nobody};
use crate::support::{Pair, both, both_streams, pair, request, target};

/// The error of a plain call, which is the same for both.
async fn failed(pair: &Pair) -> (genai::Error, Record) {
    let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), None));
    let (bare, wrapped) = (bare.unwrap_err(), wrapped.unwrap_err());
    assert_eq!(wrapped.to_string(), pair.as_wrapped(&bare.to_string()));
    assert_eq!(record.status, Some(Status::Error));
    (wrapped, record)
}

#[tokio::test]
async fn an_error_status_has_the_words_of_the_server() {
    let reply = || Reply::error(401, "Incorrect API key provided");
    let pair = pair(|it| it.on(When::any(), reply()));
    let expected = ("invalid_request_error", "Incorrect API key provided");
    let (failure, record) = failed(&pair).await;
    assert_eq!(failure.status().map(|it| it.as_u16()), Some(401));
    assert_eq!(error(&record), expected);
    assert_eq!(input(&record)["model"], "gpt-4o-mini");

    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), None);
    assert_eq!(wrapped, bare);
    assert!(wrapped.iter().any(Result::is_err), "{wrapped:?}");
    assert_eq!(
        (record.status, error(&record)),
        (Some(Status::Error), expected)
    );
    pair.assert_same_requests();
}

#[tokio::test]
async fn headers_of_an_error_reach_the_user() {
    let pair = pair(|it| it.on(When::any(), Reply::error(429, "slow down").retry_after(7)));
    let (failure, record) = failed(&pair).await;
    assert_eq!(failure.headers().unwrap()["retry-after"], "7");
    assert_eq!(error(&record), ("rate_limit_error", "slow down"));
}

#[tokio::test]
async fn a_page_in_place_of_json() {
    let pair = pair(|it| it.on(When::any(), Reply::raw(200, "text/html", "<html>no</html>")));
    let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), None));
    assert_eq!(
        wrapped.unwrap_err().to_string(),
        bare.unwrap_err().to_string()
    );
    assert_eq!(record.metadata["capture_complete"], false);
    assert!(record.metadata.contains_key("capture_note"), "{record:?}");
}

#[tokio::test]
async fn an_answer_that_genai_does_not_understand() {
    let body = json!({ "model": "m", "choices": [{ "message": { "tool_calls": [{ "id": 5 }] } }] });
    let pair = pair(|it| {
        it.on(
            When::any(),
            Reply::raw(200, "application/json", body.to_string()),
        )
    });
    let (bare, wrapped, record) = both!(pair, exec_chat(request("Hi"), None));
    let (bare, wrapped) = (bare.unwrap_err(), wrapped.unwrap_err());
    assert!(
        matches!(bare, genai::Error::ChatResponseGeneration { .. }),
        "{bare:?}"
    );
    assert_eq!(wrapped.to_string(), bare.to_string());
    assert_eq!(record.metadata["model"], "m");
}

#[tokio::test]
async fn nobody_listens() {
    let mut pair = pair(|it| it);
    let url = nobody();
    pair.bare.target = target(AdapterKind::OpenAI, &url);
    pair.wrapped.target = target(AdapterKind::OpenAI, &url);
    let (_, record) = failed(&pair).await;
    assert_eq!(error(&record).0, "connect");

    let (bare, wrapped, record) = both_streams!(pair, request("Hi"), None);
    assert_eq!(wrapped, bare);
    assert_eq!(error(&record).0, "connect");
}

#[tokio::test]
async fn a_call_that_cannot_be_sent() {
    let mut pair = pair(|it| it);
    let auth = AuthData::from_env("CARROT_TEST_NO_SUCH_KEY");
    (pair.bare.target.auth, pair.wrapped.target.auth) = (auth.clone(), auth);
    let (_, record) = failed(&pair).await;
    assert_eq!(error(&record).0, "client");
    assert!(pair.sent().is_empty());
}

#[tokio::test]
async fn a_body_that_is_cut() {
    let pair = pair(|it| it.on(When::any(), Reply::text("Hello there").cut_after(1)));
    let (_, record) = failed(&pair).await;
    assert_eq!(error(&record).0, "transport");
    assert_eq!(input(&record)["model"], "gpt-4o-mini");
    assert_eq!(record.metadata["capture_complete"], false);
    pair.assert_same_requests();
}
