//! What wrapping adds: per call and per streamed chunk, wrapped beside bare in one run.
//!
//! `memory` answers without a socket, so that the difference is ours alone; `socket` asks the
//! scripted model server on loopback, as a user would. Times are medians. What is recorded is captured
//! and parsed after each row, so that no exporter competes for the processors.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use carrot_providers::async_openai::layer;
use carrot_providers::scripted::{ModelServer, Reply, When};
use carrot_providers::{wrap, wrapper};
use carrot_runtime::testing::capture_async;
use futures_util::StreamExt;
use serde_json::{Value, json};

const CALLS: usize = 2_000;
const STREAMS: usize = 40;
const CHUNKS: usize = 5_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    carrot_providers::tls::install_ring();
    println!(
        "{:<28}{:>12}{:>12}{:>12}{:>8}",
        "median", "bare", "wrapped", "added", "ratio"
    );

    let plain = canned("application/json", plain_answer());
    let stream = canned("text/event-stream", stream_answer());
    let [bare, wrapped] = [false, true].map(|is_wrapped| memory(&plain, is_wrapped));
    capture_async(calls("call, memory", &bare, &wrapped)).await;
    let [bare, wrapped] = [false, true].map(|is_wrapped| memory(&stream, is_wrapped));
    capture_async(chunks("chunk, memory", &bare, &wrapped)).await;

    let server = ModelServer::builder()
        .on(
            When::says("stream"),
            Reply::raw(200, "text/event-stream", stream_answer()),
        )
        .start();
    let bare = Client::with_config(
        OpenAIConfig::new()
            .with_api_base(server.url())
            .with_api_key("k"),
    );
    let wrapped = wrap(bare.clone());
    capture_async(calls("call, socket", &bare, &wrapped)).await;
    capture_async(chunks("chunk, socket", &bare, &wrapped)).await;
}

type Asked = Client<OpenAIConfig>;

async fn calls(name: &str, bare: &Asked, wrapped: &Asked) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..CALLS {
        for (client, times) in [bare, wrapped].into_iter().zip(&mut times) {
            let start = Instant::now();
            let answer: Value = client
                .chat()
                .create_byot(request("plain"))
                .await
                .expect("an answer");
            times.push(start.elapsed());
            drop(answer);
        }
    }
    report(name, times, 1);
}

async fn chunks(name: &str, bare: &Asked, wrapped: &Asked) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..STREAMS {
        for (client, times) in [bare, wrapped].into_iter().zip(&mut times) {
            let mut request = request("stream");
            request["stream"] = json!(true);
            let start = Instant::now();
            let stream = client.chat().create_stream_byot::<_, Value>(request).await;
            let items = stream.expect("a stream").count().await;
            times.push(start.elapsed());
            assert_eq!(items, CHUNKS);
        }
    }
    report(name, times, CHUNKS as u32);
}

fn report(name: &str, times: [Vec<Duration>; 2], per: u32) {
    let [bare, wrapped] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2] / per
    });
    let added = wrapped.as_nanos() as i128 - bare.as_nanos() as i128;
    let ratio = wrapped.as_secs_f64() / bare.as_secs_f64();
    println!(
        "{name:<28}{bare:>12.2?}{wrapped:>12.2?}{:>12}{ratio:>8.3}",
        format!("{added} ns")
    );
}

fn request(text: &str) -> Value {
    json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": text }] })
}

fn plain_answer() -> String {
    let message = json!({ "role": "assistant", "content": "word ".repeat(100) });
    json!({ "model": "gpt-4o-mini", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] }).to_string()
}

fn stream_answer() -> String {
    let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 0, "model": "gpt-4o-mini",
        "choices": [{ "index": 0, "delta": { "content": "word " }, "finish_reason": null }] });
    format!("data: {chunk}\n\n").repeat(CHUNKS) + "data: [DONE]\n\n"
}

/// An answer in pieces, one an event.
fn canned(content_type: &'static str, body: String) -> (&'static str, Vec<Bytes>) {
    (
        content_type,
        body.split_inclusive("\n\n")
            .map(|piece| Bytes::copy_from_slice(piece.as_bytes()))
            .collect(),
    )
}

/// A client that is answered from memory.
fn memory((content_type, pieces): &(&'static str, Vec<Bytes>), is_wrapped: bool) -> Asked {
    let (content_type, pieces) = (*content_type, pieces.clone());
    let service = tower::service_fn(move |factory: HttpRequestFactory| {
        let pieces = pieces.clone();
        async move {
            factory.build().await?;
            let body = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
            let response = http::Response::builder().header("content-type", content_type);
            let response = response
                .body(reqwest::Body::wrap_stream(body))
                .expect("a response");
            Ok::<_, OpenAIError>(reqwest::Response::from(response))
        }
    });
    let client = Client::with_config(OpenAIConfig::new().with_api_key("k"));
    if is_wrapped {
        client.with_http_service(
            tower::ServiceBuilder::new()
                .layer(layer(wrapper()))
                .service(service),
        )
    } else {
        client.with_http_service(service)
    }
}
