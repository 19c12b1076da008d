//! What wrapping adds: per call and per streamed chunk, wrapped beside bare in one run.
//!
//! `memory` answers without a socket, so that the difference is ours alone; the other rows ask the
//! scripted model server on loopback, as a user would. Times are medians. What is recorded is
//! captured and parsed after each client's rows, so that no exporter competes for the processors. An argument
//! names the rows that are wanted: `-- genai`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod measure;

mod async_openai;
mod reqwest_middleware;
mod rig;
mod genai;
mod anthropic;
mod bedrock;
mod ureq;
mod relay;

mod bounded;

use carrot_providers::scripted::{ModelServer, Reply, Route, When};
use carrot_runtime::testing::capture_async;
use serde_json::{Value, json};

use measure::CHUNKS;

fn main() {
    carrot_providers::tls::install_ring();
    measure::header();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let server = server();
        async_openai::run(&server).await;
        capture_async(reqwest_middleware::run(&server)).await;
        capture_async(rig::run(&server)).await;
        capture_async(genai::run(&server)).await;
        capture_async(anthropic::misanthropic(&server)).await;
        capture_async(anthropic::sdk(&server)).await;
        capture_async(bedrock::run(&server)).await;
        capture_async(ureq::run(&server)).await;
        capture_async(relay::run(&server)).await;
    });
    if measure::is_asked("bounded") {
        bounded::run(&runtime);
    }
}

fn server() -> ModelServer {
    let stream = Reply::raw(200, "text/event-stream", stream_answer(CHUNKS));
    let messages = When::route(Route::Messages).and_says("stream");
    ModelServer::builder()
        .on(messages, anthropic::stream())
        .on(When::path("/converse-stream"), bedrock::stream())
        .on(When::path("/converse"), bedrock::answer())
        .on(When::says("stream"), stream)
        .start()
}

/// A request for a chat, streamed if it says so.
fn request(text: &str) -> Value {
    let mut request =
        json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": text }] });
    if text == "stream" {
        request["stream"] = json!(true);
    }
    request
}

fn plain_answer() -> String {
    let message = json!({ "role": "assistant", "content": "word ".repeat(100) });
    json!({ "model": "gpt-4o-mini", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] }).to_string()
}

/// So many chunks with a word each; the last one says that it is the last.
fn stream_answer(chunks: usize) -> String {
    let chunk = |reason: Option<&str>| {
        let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 0, "model": "gpt-4o-mini",
            "choices": [{ "index": 0, "delta": { "content": "word " }, "finish_reason": reason }] });
        format!("data: {chunk}\n\n")
    };
    chunk(None).repeat(chunks - 1) + &chunk(Some("stop")) + "data: [DONE]\n\n"
}
