//! An agent that would go on for ever, stopped by its budget.
//!
//! ```text
//! cargo run --example budget
//! ```
//!
//! It asks a scripted server, so that it runs offline; a program of yours has `Client::new()` in its place.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use anyhow::ensure;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};
use serde_json::{Value, json};

type Model = Client<OpenAIConfig>;

/// Asks the model again and again, until it wants no tool any more. Its calls may cost ten cents together.
#[carrot_ai::trace(kind = Agent, skip(model), max_usd = 0.1)]
async fn research(model: &Model, question: &str) -> anyhow::Result<String> {
    let mut messages = vec![json!({ "role": "user", "content": question })];
    loop {
        let request = json!({ "model": "gpt-4o", "messages": messages });
        let answer: Value = model.chat().create_byot(request).await?;
        let message = answer["choices"][0]["message"].clone();
        let Some(call) = message["tool_calls"].get(0).cloned() else {
            return Ok(message["content"].to_string());
        };
        messages.push(message);
        let found = search(&call["function"]["arguments"].to_string());
        messages.push(json!({ "role": "tool", "tool_call_id": call["id"], "content": found }));
    }
}

#[carrot_ai::trace(kind = ToolCall)]
fn search(arguments: &str) -> &'static str {
    "Nothing found. Try other words."
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    carrot_providers::tls::install_ring(); // this workspace builds reqwest without a crypto provider
    // A model that never has enough.
    let usage = TokenUsage {
        input: 12_000,
        output: 500,
        ..TokenUsage::default()
    };
    let more = Reply::tool_call("search", r#"{"words":"carrots"}"#).usage(usage);
    let server = ModelServer::builder().on(When::any(), more).start();
    let config = OpenAIConfig::new().with_api_base(server.url());
    let model = carrot_ai::wrap(Client::with_config(config.with_api_key("none")));

    // Instead of sending them, as a program would, this looks at its traces itself.
    let (result, traces) =
        carrot_ai::testing::capture_output(research(&model, "Why are carrots orange?")).await;
    let asked = server.requests().len();
    println!("in dollars: {}\n", result.unwrap_err());
    println!("{}", traces.render());

    // The same by hand, for any part of a program: both budgets hold.
    let two_steps = carrot_ai::budget().max_steps(2);
    let run = two_steps.scope(research(&model, "And why are they long?"));
    let (result, _) = carrot_ai::testing::capture_output(run).await;
    println!("in steps:   {}", result.unwrap_err());
    ensure!(
        server.requests().len() == asked + 2,
        "a refused call is not sent"
    );
    Ok(())
}
