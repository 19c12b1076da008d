//! Anthropic called with ureq, plain and streamed: every call is a span.
//!
//! ```text
//! cargo run --example ureq_anthropic
//! ```
//!
//! It asks a scripted server, so that it runs offline. A program of yours has `https://api.anthropic.com` and its key in
//! place of that, and a ureq with TLS.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::io::{BufRead, BufReader};

use carrot_providers::scripted::ModelServer;
use serde_json::{Value, json};
use ureq::Agent;

/// An API to ask.
struct Api {
    agent: Agent,
    url: String,
    key: String,
}

impl Api {
    fn post(&self, body: &Value) -> Result<ureq::Body, ureq::Error> {
        let request = self.agent.post(format!("{}/v1/messages", self.url));
        let request = request.header("x-api-key", &self.key);
        let request = request.header("anthropic-version", "2023-06-01");
        Ok(request.send_json(body)?.into_body())
    }
}

fn question(text: &str) -> Value {
    json!({
        "model": "claude-sonnet-4-5",
        "max_tokens": 200,
        "messages": [{ "role": "user", "content": text }],
    })
}

#[carrot_ai::trace(skip(api))]
fn ask(api: &Api, text: &str) -> anyhow::Result<String> {
    let answer: Value = api.post(&question(text))?.read_json()?;
    let content = answer["content"][0]["text"].as_str();
    Ok(content.unwrap_or_default().to_owned())
}

/// The same, read word by word.
#[carrot_ai::trace(skip(api))]
fn ask_streamed(api: &Api, text: &str) -> anyhow::Result<String> {
    let mut body = question(text);
    body["stream"] = json!(true);
    let mut said = String::new();
    for line in BufReader::new(api.post(&body)?.into_reader()).lines() {
        let line = line?;
        let Some(data) = line.strip_prefix("data: ") else {
            continue;
        };
        let event: Value = serde_json::from_str(data)?;
        match event["type"].as_str() {
            Some("content_block_delta") => {
                said.push_str(event["delta"]["text"].as_str().unwrap_or_default());
            }
            Some("message_stop") => break,
            Some("error") => anyhow::bail!("the model broke off: {}", event["error"]["message"]),
            _ => {}
        }
    }
    Ok(said)
}

fn main() -> anyhow::Result<()> {
    let server = ModelServer::start();
    let api = Api {
        agent: carrot_ai::wrap(ureq::agent()),
        url: server.origin(),
        key: "none".to_owned(),
    };

    // Instead of sending them, as a program would, this looks at its traces itself.
    let (answers, traces) = carrot_ai::testing::capture_returned(|| {
        let plain = ask(&api, "Is it raining in Oslo?")?;
        let streamed = ask_streamed(&api, "And in Bergen?")?;
        anyhow::Ok((plain, streamed))
    });
    let (plain, streamed) = answers?;
    println!(
        "plain:    {plain}\nstreamed: {streamed}\n\n{}",
        traces.render()
    );
    traces.assert_no_errors();
    Ok(())
}
