//! What goes wrong, as it is scripted.

use carrot_providers::scripted::{ModelServer, Reply, When};
use serde_json::{Value, json};

use super::{chat, events, http, json_of, one, post, text_of};

const CHAT: &str = "/v1/chat/completions";

fn stream() -> Value {
    let mut request = chat("Hi");
    request["stream"] = json!(true);
    request
}

#[tokio::test]
async fn a_cut_breaks_the_connection() {
    let server = one(Reply::text("one two three").cut_after(2));
    let response = post(&server, CHAT, stream()).await;
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    let response = post(&server, CHAT, chat("Hi")).await;
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_held_stream_comes_piece_by_piece() {
    let (reply, hold) = Reply::text("one two").held();
    let server = one(reply);
    let mut response = post(&server, CHAT, stream()).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        hold.release(1);
        seen.push(response.chunk().await.unwrap().unwrap());
    }
    assert!(seen[2].windows(4).any(|it| it == b"two\""), "{seen:?}");
    drop(hold);
    let rest = response.bytes().await.unwrap();
    assert!(rest.ends_with(b"data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_held_plain_answer_says_nothing_before() {
    let (reply, hold) = Reply::text("one two").held();
    let server = one(reply);
    let mut asking = std::pin::pin!(post(&server, CHAT, chat("Hi")));
    tokio::select! {
        biased;
        _ = &mut asking => panic!("answered before it was released"),
        () = asked(&server) => {}
    }
    hold.release(1);
    let answer = json_of(asking.await).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "one two");
}

/// Returns when a request has come.
async fn asked(server: &ModelServer) {
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_length_can_lie() {
    let plain = json_of(post(&one(Reply::text("one")), CHAT, chat("Hi")).await).await;
    let length = plain.to_string().len();
    let server = ModelServer::builder()
        .on(When::says("long"), Reply::text("one").lying_length(7))
        .on(When::says("short"), Reply::text("one").lying_length(-7))
        .on(
            When::says("first"),
            Reply::html(502)
                .header("server", "scripted")
                .lying_length(-1),
        )
        .start();
    let long = post(&server, CHAT, chat("long")).await;
    assert_eq!(long.content_length(), Some(length as u64 + 7));
    assert!(long.bytes().await.is_err());
    let short = post(&server, CHAT, chat("short")).await;
    let body = text_of(short).await;
    assert_eq!(body.len(), length - 7);
    let first = post(&server, CHAT, chat("first")).await;
    assert_eq!(first.status(), 502);
    assert_eq!(first.headers()["server"], "scripted");
    assert_eq!(first.headers()["content-type"], "text/html");
}

#[tokio::test]
async fn json_can_be_broken_off() {
    let server = one(Reply::text("one two").garbled(1));
    let body = text_of(post(&server, CHAT, chat("Hi")).await).await;
    assert!(body.starts_with('{') && serde_json::from_str::<Value>(&body).is_err());
    let events = events(post(&server, CHAT, stream()).await).await;
    let is_broken = |(_, data): &(_, String)| serde_json::from_str::<Value>(data).is_err();
    let broken: Vec<usize> = (0..events.len())
        .filter(|&at| is_broken(&events[at]))
        .collect();
    assert_eq!(broken, [1, events.len() - 1]);
    assert!(events[1].1.starts_with("{\""));
}

#[tokio::test]
async fn a_status_a_type_and_an_error_of_its_own() {
    let reply = Reply::text("one")
        .status(500)
        .content_type("text/plain")
        .error_after(2, "broken");
    let server = one(reply);
    let response = post(&server, CHAT, stream()).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["content-type"], "text/plain");
    let body = text_of(response).await;
    let last = body.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with(r#"data: {"error":{"#), "{last}");
    let plain = json_of(post(&server, CHAT, chat("Hi")).await).await;
    assert_eq!(plain["error"]["message"], "broken");
}

#[tokio::test]
async fn an_endless_stream_ends_with_its_reader() {
    let server = one(Reply::endless("again"));
    for path in [
        CHAT,
        "/v1/messages",
        "/v1/responses",
        "/v1beta/interactions",
        "/api/chat",
    ] {
        let mut request = stream();
        request["input"] = json!("Hi");
        let mut response = post(&server, path, request).await;
        let mut seen = Vec::new();
        while seen.windows(5).filter(|it| it == b"again").count() < 40 {
            seen.extend(response.chunk().await.unwrap().expect("no end"));
        }
    }
    let plain = json_of(post(&server, CHAT, chat("Hi")).await).await;
    assert!(plain["choices"][0]["message"]["content"].is_string());
}

#[tokio::test]
async fn fifty_megabytes() {
    let size = 50 << 20;
    let server = one(Reply::long(size));
    let plain = json_of(post(&server, CHAT, chat("Hi")).await).await;
    let text = plain["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(text.len(), size);
    let mut response = post(&server, CHAT, stream()).await;
    let mut read = 0;
    while let Some(piece) = response.chunk().await.unwrap() {
        read += piece.len();
    }
    assert!(read > size);
}

#[tokio::test]
async fn a_server_stops_with_a_stream_that_is_held() {
    let (reply, hold) = Reply::text("one").held();
    let server = one(reply);
    let response = http()
        .post(format!("{}{CHAT}", server.origin()))
        .body(stream().to_string());
    let response = response.send().await.unwrap();
    drop(server);
    assert!(response.bytes().await.is_err());
    drop(hold);
}
