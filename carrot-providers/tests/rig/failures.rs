//! What fails for the bare client fails for the wrapped one in the same words.

use std::time::Duration;

use carrot_providers::scripted::{Reply, When};
use carrot_providers::wrap;
use carrot_wire::Status;
use rig_core::http_client::DynHttpClient;
use rig_core::providers::openai::OpenAIConfig;
use rig_reqwest::ReqwestClient;

use crate::support::{Pair, call, config, error, recorded};

#[tokio::test]
async fn an_error_status_has_the_words_of_the_server() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::error(401, "Incorrect API key provided")));
    let (answer, record) = pair.call("Hi").await;
    answer.unwrap_err();
    assert_eq!(record.status, Some(Status::Error));
    assert_eq!(
        error(&record),
        ("invalid_request_error", "Incorrect API key provided")
    );
    assert_eq!(record.metadata["request_id"], "req_1");
    let (_, record) = pair.stream("Hi").await;
    assert_eq!(error(&record).1, "Incorrect API key provided");
}

#[tokio::test]
async fn html_in_place_of_json() {
    let html = || Reply::raw(200, "text/html", "<html>hello</html>");
    let pair = Pair::new(|it| it.on(When::any(), html()));
    let (answer, record) = pair.call("Hi").await;
    answer.unwrap_err();
    assert_eq!(record.metadata["capture_complete"], false);
    pair.stream("Hi").await;
}

#[tokio::test]
async fn a_plain_answer_that_is_cut() {
    let pair = Pair::new(|it| it.on(When::any(), Reply::text("Hello").cut_after(1)));
    let (answer, record) = pair.call("Hi").await;
    answer.unwrap_err();
    assert_eq!(
        (record.status, error(&record).0),
        (Some(Status::Error), "transport")
    );
}

#[tokio::test]
async fn nobody_listens() {
    let http = DynHttpClient::new(ReqwestClient::from(Pair::http()));
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", free.local_addr().unwrap());
    drop(free);
    let bare = OpenAIConfig::new("k").with_base_url(base).connect(http);
    let wrapped = wrap(bare.clone());
    let bare = call(&bare.chat("m"), "Hi").await;
    let (wrapped, record) = recorded(call(&wrapped.chat("m"), "Hi")).await;
    assert_eq!(wrapped, bare);
    assert_eq!(error(&record).0, "connect");
    assert!(error(&record).1.contains("refused"), "{:?}", record.error);
}

#[tokio::test]
async fn a_client_of_the_users_own_keeps_its_timeout() {
    let late = || Reply::text("late").delay(Duration::from_secs(60));
    let server = Pair::new(|it| it.on(When::any(), late())).wrapped_server;
    let http = reqwest::Client::builder()
        .timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let client = config(&server).connect(ReqwestClient::from(http));
    let (answer, record) = recorded(call(&wrap(client).chat("m"), "Hi")).await;
    answer.unwrap_err();
    assert_eq!(error(&record).0, "timeout");
}

#[tokio::test]
async fn a_call_dropped_before_its_answer_is_cancelled() {
    let late = || Reply::text("late").delay(Duration::from_secs(60));
    let pair = Pair::new(|it| it.on(When::any(), late()));
    let model = pair.wrapped.chat("m");
    let dropped = async {
        let asked = async {
            while pair.wrapped_server.requests().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = call(&model, "Hi") => panic!("it was not to be answered"),
            () = asked => {}
        }
    };
    let ((), record) = recorded(dropped).await;
    assert_eq!(record.status, Some(Status::Cancelled));
    assert!(record.input.is_some());
}
