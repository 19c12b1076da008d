//! What fails for the bare client fails for the wrapped one in the same words.

use std::time::Duration;

use carrot_providers::scripted::{Reply, When};
use carrot_wire::Status;
use serde_json::json;

use crate::support::{Asker, Pair, chat, error, http, post, recorded, words};

#[tokio::test]
async fn an_error_status_has_the_words_of_the_server() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::error(401, "Incorrect API key provided")));
    let (_, record) = pair.ask(chat("Hi")).await;
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(
        error(&record),
        ("invalid_request_error", "Incorrect API key provided")
    );
}

#[tokio::test]
async fn an_error_status_whose_body_is_not_read() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::error(503, "overloaded")));
    let call = async {
        pair.wrapped
            .send(&chat("Hi"))
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let (status, record) = recorded(call).await;
    assert_eq!((status, record.status), (503, Some(Status::Error)));
    assert_eq!(error(&record), ("http_503", "HTTP 503"));
}

#[tokio::test]
async fn html_in_place_of_json() {
    let html = || Reply::raw(200, "text/html", "<html>hello</html>");
    let pair = Pair::new(|it| it.on(When::any(), html()));
    let (answer, record) = pair.ask(chat("Hi")).await;
    assert_eq!(answer.unwrap().body.0, b"<html>hello</html>");
    assert_eq!(record.metadata["capture_complete"], json!(false));
}

#[tokio::test]
async fn a_plain_answer_that_is_cut() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Hello").cut_after(1)));
    let (answer, record) = pair.ask(chat("Hi")).await;
    assert!(answer.unwrap().body.1.is_some());
    assert_eq!(
        (record.status, error(&record).0),
        (Some(Status::Error), "transport")
    );
}

#[tokio::test]
async fn nobody_listens_and_no_key_shows() {
    let client = carrot_providers::wrap(http());
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", free.local_addr().unwrap());
    drop(free);
    let bare = http().into();
    let send = async |client: &reqwest_middleware::ClientWithMiddleware| {
        let url = format!("{base}/chat/completions?key=sk-secret");
        let request = client.post(url).body(chat("Hi").to_string());
        words(&request.send().await.unwrap_err())
    };
    let bare = send(&bare).await;
    let (wrapped, record) = recorded(send(&client)).await;
    assert_eq!(wrapped, bare);
    assert_eq!(error(&record).0, "connect");
    assert!(error(&record).1.contains("refused"), "{:?}", record.error);
    assert!(!error(&record).1.contains("secret"), "{:?}", record.error);
}

#[tokio::test]
async fn a_call_dropped_before_its_answer_is_cancelled() {
    let late = Reply::text("late").delay(Duration::from_secs(60));
    let pair = Pair::new(|it| it.on(When::any(), late.clone()));
    let Asker { client, server } = &pair.wrapped;
    let (base, request) = (server.url(), chat("Hi"));
    let call = async {
        let asked = async {
            while server.requests().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = post(client, &base, &request) => panic!("it was not to be answered"),
            () = asked => {}
        }
    };
    let ((), record) = recorded(call).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert_eq!(record.input.unwrap().to_value(), chat("Hi"));
}
