//! The scripted model server, asked without any client of a model.

use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};
use carrot_wire::llm::Endpoint;
use reqwest::{Client, Response};
use serde_json::{Value, json};

fn http() -> Client {
    carrot_providers::tls::install_ring();
    Client::new()
}

async fn post(server: &ModelServer, path: &str, body: Value) -> Response {
    let request = http()
        .post(format!("{}{path}", server.url()))
        .header("content-type", "application/json");
    request.body(body.to_string()).send().await.unwrap()
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn chat(text: &str) -> Value {
    json!({ "model": "m", "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": text }] })
}

#[tokio::test]
async fn without_a_script_it_echoes_the_same_every_time() {
    let ask = async || {
        let server = ModelServer::start();
        json_of(post(&server, "/chat/completions", chat("Hi there")).await).await
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
        .on(When::endpoint(Endpoint::Completions), Reply::text("text"))
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
                reasoning: 0,
            }),
        )
        .strict()
        .start();
    let first = json_of(post(&server, "/chat/completions", chat("the weather?")).await).await;
    assert_eq!(first["choices"][0]["message"]["content"], "rain");
    assert_eq!(first["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
    let second = post(&server, "/chat/completions", chat("the weather?")).await;
    assert_eq!(
        (second.status().as_u16(), &second.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(json_of(second).await["error"]["message"], "slow down");
    let third = post(&server, "/completions", json!({ "prompt": "weather" })).await;
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
async fn streams_are_server_sent_events() {
    let server = ModelServer::start();
    let mut request = chat("Hi");
    request["stream"] = json!(true);
    let response = post(&server, "/chat/completions", request).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let text = String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap();
    let events: Vec<_> = text
        .split_terminator("\n\n")
        .map(|it| it.strip_prefix("data: ").unwrap())
        .collect();
    assert_eq!(events.last(), Some(&"[DONE]"));
    let content: String = events[..events.len() - 1]
        .iter()
        .map(|it| serde_json::from_str::<Value>(it).unwrap())
        .filter_map(|it| {
            it["choices"][0]["delta"]["content"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(content, "You said: Hi");
}

#[tokio::test]
async fn a_cut_stream_breaks_the_connection() {
    let server = ModelServer::builder()
        .on(When::any(), Reply::text("one two three").cut_after(2))
        .start();
    let mut request = chat("Hi");
    request["stream"] = json!(true);
    let response = post(&server, "/chat/completions", request).await;
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
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
    let wrong = post(&server, "/nowhere", json!({})).await;
    assert_eq!(wrong.status(), 404);
    let broken = post(&server, "/embeddings", json!("no object")).await;
    assert_eq!(broken.status(), 400);
}

#[tokio::test]
#[should_panic(
    expected = "this rule was never used: When { endpoint: None, says: Some(\"weather\")"
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
        post(&server, "/chat/completions", chat("Hi"))
            .await
            .status(),
        400
    );
    drop(server);
}

#[test]
fn it_stops_when_dropped() {
    let server = ModelServer::start();
    let address = server
        .url()
        .trim_start_matches("http://")
        .trim_end_matches("/v1")
        .to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(server);
    assert!(std::net::TcpStream::connect(&address).is_err());
}
