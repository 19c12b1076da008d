//! What cannot be done as it was asked for is one line on standard error, and the call goes on.
//!
//! Lines are printed once a minute, so each test looks at a process of its own: this file's tests that
//! are ignored, run alone.

use std::process::Command;
use std::time::Duration;

use carrot_providers::scripted::ModelServer;
use carrot_wire::Status;
use serde_json::{Value, json};

use crate::support::{all_recorded, chat, client};

/// The lines that a test prints by itself.
fn lines_of(test: &str) -> Vec<String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("warnings::{test}"), "--ignored"])
        .args(["--nocapture", "--test-threads", "1"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("1 passed"), "{text}{errors}");
    let lines = errors.lines().filter(|line| line.starts_with("carrot: "));
    lines.map(str::to_owned).collect()
}

fn with_a_timeout() -> reqwest::Client {
    let timeout = Duration::from_secs(30);
    reqwest::Client::builder().timeout(timeout).build().unwrap()
}

#[tokio::test]
#[ignore = "run by the test below"]
async fn http_client() {
    carrot_providers::tls::install_ring();
    let server = ModelServer::start();
    for _ in 0..2 {
        let own = client(&server.url()).with_http_client(with_a_timeout());
        let wrapped = carrot_providers::wrap(own);
        let (answer, records) =
            all_recorded(wrapped.chat().create_byot::<_, Value>(chat("Hi"))).await;
        answer.unwrap();
        assert_eq!(records[0].status, Some(Status::Success));
    }
    // This is what the line says.
    carrot_providers::async_openai::wrap_with_http(client(&server.url()), with_a_timeout());
}

#[test]
fn a_http_client_of_the_users_own_that_wrap_cannot_keep() {
    assert_eq!(
        lines_of("http_client"),
        [
            "carrot: wrap() replaces the client's own reqwest::Client by a default one; \
          use carrot_ai::async_openai::wrap_with_http(client, http) to keep yours"
        ]
    );
}

#[tokio::test]
#[ignore = "run by the test below"]
async fn no_price() {
    carrot_providers::tls::install_ring();
    let server = ModelServer::start();
    let wrapped = carrot_providers::wrap(client(&server.url()));
    let mut request = chat("Hi");
    request["model"] = json!("carrot-of-the-house");
    let budget = carrot_runtime::budget().max_usd(0.000_001).max_steps(2);
    let asks = budget.scope(async {
        for _ in 0..2 {
            wrapped
                .chat()
                .create_byot::<_, Value>(request.clone())
                .await
                .unwrap();
        }
        wrapped.chat().create_byot::<_, Value>(request).await
    });
    let (refused, records) = all_recorded(asks).await;
    assert!(refused.unwrap_err().to_string().contains("max_steps is 2"));
    for record in &records[..2] {
        assert_eq!(record.status, Some(Status::Success));
        assert!(record.metadata.contains_key("output_tokens"));
        assert_eq!(
            record.metadata.get("cost_usd"),
            None,
            "rather than a wrong one"
        );
    }
}

#[test]
fn a_model_without_a_price_under_a_ceiling_in_dollars() {
    assert_eq!(
        lines_of("no_price"),
        ["carrot: max_usd cannot count a model call without a price or tokens: see Builder::price"]
    );
}

#[tokio::test]
#[ignore = "run by the test below"]
async fn zero() {
    carrot_providers::tls::install_ring();
    let server = ModelServer::start();
    let wrapped = carrot_providers::wrap(client(&server.url()));
    for _ in 0..2 {
        let call = async { wrapped.chat().create_byot::<_, Value>(chat("Hi")).await };
        let call = carrot_runtime::budget().max_steps(0).scope(call);
        all_recorded(call).await.0.unwrap();
    }
}

#[test]
fn a_budget_of_zero() {
    assert_eq!(
        lines_of("zero"),
        ["carrot: max_steps is not above zero, and so ignored: leave it out, or raise it"]
    );
}

#[tokio::test]
#[ignore = "run by the test below"]
async fn or_send() {
    carrot_providers::tls::install_ring();
    let server = ModelServer::start();
    let wrapped = carrot_providers::wrap(client(&server.url()));
    let replay = carrot_providers::recorder().finish().replay().or_send();
    let asks = replay.scope(async {
        for _ in 0..2 {
            let answer: Value = wrapped.chat().create_byot(chat("Hi")).await.unwrap();
            assert_eq!(answer["choices"][0]["message"]["content"], "You said: Hi");
        }
    });
    all_recorded(asks).await;
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_recording_that_fits_no_request_and_is_not_to_stop_it() {
    assert_eq!(
        lines_of("or_send"),
        [
            "carrot: sent all the same: no recorded answer fits POST /v1/chat/completions: \
          no recorded call to this path is left; record it again, or replay with or_send()"
        ]
    );
}
