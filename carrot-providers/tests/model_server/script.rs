//! Rules, and the server itself.

use carrot_providers::scripted::{ModelServer, Reply, Route, TokenUsage, When};
use serde_json::json;

use super::{chat, http, json_of, post};

#[tokio::test]
async fn without_a_script_it_echoes_the_same_every_time() {
    let ask = async || {
        let server = ModelServer::start();
        json_of(post(&server, "/v1/chat/completions", chat("Hi there")).await).await
    };
    let answer = ask().await;
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        "You said: Hi there"
    );
    assert_eq!(
        (&answer["model"], &answer["usage"]["total_tokens"]),
        (&json!("m"), &json!(4 + 4))
    );
    assert_eq!(ask().await, answer);
}

#[tokio::test]
async fn the_first_rule_that_fits_answers() {
    let server = ModelServer::builder()
        .on(When::route(Route::Completions), Reply::text("text"))
        .on(
            When::says("weather").attempt(2),
            Reply::error(429, "slow down").retry_after(7),
        )
        .on(
            When::says("weather"),
            Reply::text("rain").usage(TokenUsage {
                input: 5,
                output: 1,
                cached: 2,
                ..TokenUsage::default()
            }),
        )
        .strict()
        .start();
    let first = json_of(post(&server, "/v1/chat/completions", chat("the weather?")).await).await;
    assert_eq!(first["choices"][0]["message"]["content"], "rain");
    assert_eq!(first["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
    let second = post(&server, "/v1/chat/completions", chat("the weather?")).await;
    assert_eq!(
        (second.status().as_u16(), &second.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(json_of(second).await["error"]["message"], "slow down");
    let third = post(&server, "/v1/completions", json!({ "prompt": "weather" })).await;
    assert_eq!(json_of(third).await["choices"][0]["text"], "text");
    let requests = server.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|it| (it.path.as_str(), it.attempt, it.last_message.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("/v1/chat/completions", 1, "the weather?"),
            ("/v1/chat/completions", 2, "the weather?"),
            ("/v1/completions", 1, "weather"),
        ]
    );
    assert_eq!(requests[0].header("Content-Type"), Some("application/json"));
    assert_eq!(requests[0].body["model"], "m");
}

#[tokio::test]
async fn models_and_wrong_urls() {
    let server = ModelServer::start();
    let models = http()
        .get(format!("{}/models", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(json_of(models).await["object"], "list");
    let wrong = post(&server, "/v1/nowhere", json!({})).await;
    assert_eq!(wrong.status(), 404);
    let broken = post(&server, "/v1/embeddings", json!("no object")).await;
    assert_eq!(broken.status(), 400);
}

#[tokio::test]
#[should_panic(
    expected = "this rule was never used: When { route: None, path: None, says: Some(\"weather\")"
)]
async fn a_strict_script_wants_its_rules_used() {
    let server = ModelServer::builder()
        .on(When::says("weather"), Reply::text("rain"))
        .strict()
        .start();
    drop(server);
}

#[tokio::test]
#[should_panic(expected = "no rule fits /v1/chat/completions \"Hi\"")]
async fn a_strict_script_wants_every_request_in_it() {
    let server = ModelServer::builder().strict().start();
    assert_eq!(
        post(&server, "/v1/chat/completions", chat("Hi"))
            .await
            .status(),
        400
    );
    drop(server);
}

#[test]
fn it_stops_when_dropped() {
    let server = ModelServer::start();
    let address = server.origin().trim_start_matches("http://").to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(server);
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[tokio::test]
async fn any_path_is_answered_by_a_rule_that_names_it() {
    let server = ModelServer::builder()
        .on(When::any(), Reply::text("a model"))
        .on(
            When::path("/converse"),
            Reply::pieces(
                200,
                "application/vnd.amazon.eventstream",
                [vec![0, 159], vec![7]],
            ),
        )
        .on(When::path("/health"), Reply::text("no dialect has this"))
        .start();
    let response = post(&server, "/model/x/converse-stream", json!({})).await;
    assert_eq!(
        response.headers()["content-type"],
        "application/vnd.amazon.eventstream"
    );
    assert_eq!(response.bytes().await.unwrap().as_ref(), [0, 159, 7]);
    let health = http().get(format!("{}/health", server.origin())).send();
    assert_eq!(health.await.unwrap().status(), 500);
    assert_eq!(server.requests()[1].method, "GET");
    assert_eq!(post(&server, "/other", json!({})).await.status(), 404);
}
