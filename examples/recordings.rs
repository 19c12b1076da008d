//! An agent's run is recorded to a file, and answered from it when the server is gone.
//!
//! ```text
//! cargo run --example recordings
//! ```
//!
//! It asks a scripted server, so that it runs offline; a program of yours has `Client::new()` in its place. The file is
//! JSON to be checked in beside a test: there are no keys in it.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use anyhow::ensure;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::CreateChatCompletionRequest;
use carrot_ai::Recording;
use carrot_providers::scripted::{ModelServer, Reply, When};
use futures_util::StreamExt;
use serde_json::{Value, json};

type Model = Client<OpenAIConfig>;

fn question(text: &str) -> Value {
    json!({ "model": "gpt-4o-mini", "messages": [{ "role": "user", "content": text }] })
}

/// Two model calls, the second one streamed.
async fn plan_a_trip(model: &Model, to: &str) -> anyhow::Result<String> {
    let weather: Value = model
        .chat()
        .create_byot(question(&format!("How is the weather in {to}?")))
        .await?;
    let weather = weather["choices"][0]["message"]["content"].to_string();

    let mut request = question(&format!("The weather is {weather}. What do I pack?"));
    request["stream"] = json!(true);
    let request: CreateChatCompletionRequest = serde_json::from_value(request)?;
    let mut answer = model.chat().create_stream(request).await?;
    let mut text = String::new();
    while let Some(chunk) = answer.next().await {
        for choice in chunk?.choices {
            text.push_str(choice.delta.content.as_deref().unwrap_or_default());
        }
    }
    Ok(text)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    carrot_providers::tls::install_ring(); // this workspace builds reqwest without a crypto provider
    let server = ModelServer::builder()
        .on(When::says("weather in"), Reply::text("Wet, 8 °C."))
        .on(When::says("pack"), Reply::text("An umbrella and a book."))
        .start();
    let config = OpenAIConfig::new().with_api_base(server.url());
    let model = carrot_ai::wrap(Client::with_config(config.with_api_key("sk-secret")));

    // 1. Record, which needs no traces.
    let _carrot = carrot_ai::builder().enabled(false).init()?;
    let recorder = carrot_ai::recorder();
    let live = recorder.scope(plan_a_trip(&model, "Bergen")).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("trip.json");
    recorder.finish().save(&file)?;
    println!("live:     {live}");

    // 2. Nobody answers any more but the file.
    drop(server);
    let recording = Recording::load(&file)?;
    let replay = recording.replay();
    let replayed = replay.scope(plan_a_trip(&model, "Bergen")).await?;
    println!("replayed: {replayed} ({} calls)", recording.len());
    ensure!(replayed == live && live.ends_with("book."));

    // 3. A run that asks otherwise is told where.
    let other = recording.replay().scope(plan_a_trip(&model, "Oslo")).await;
    println!("another:  {}", other.unwrap_err());
    Ok(())
}
