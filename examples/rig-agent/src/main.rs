//! An agent of rig with a tool: the loop is rig's, and each of its model calls is a span.
//!
//! ```text
//! cargo run -p rig-agent-example
//! ```
//!
//! It asks a scripted server, so that it runs offline; a program of yours has `OpenAI::from_env()?` in its place.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::convert::Infallible;

use carrot_providers::scripted::{ModelServer, Reply, When};
use rig_agent::prelude::AgentBuilder;
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use rig_core::tool::PortableTool;
use serde_json::{Value, json};

#[derive(serde::Deserialize, serde::Serialize)]
struct Place {
    city: String,
}

/// The tool: traced like any other function.
#[carrot_ai::trace(kind = ToolCall)]
fn weather(place: &Place) -> String {
    format!("{}: 8 °C, rain", place.city)
}

struct Weather;

impl PortableTool for Weather {
    const NAME: &'static str = "weather";
    type Args = Place;
    type Output = String;
    type Error = Infallible;

    fn description(&self) -> String {
        "The weather in a city, now.".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] })
    }

    async fn call(&self, place: Place) -> Result<String, Infallible> {
        Ok(weather(&place))
    }
}

/// At most five model calls, however long rig would go on.
#[carrot_ai::trace(kind = Agent, skip(openai), max_steps = 5)]
async fn answer(openai: &OpenAI, question: &str) -> anyhow::Result<String> {
    let agent = AgentBuilder::new(openai.chat("gpt-4o-mini"))
        .preamble("Answer in one sentence.")
        .tool(Weather)
        .build();
    Ok(agent.prompt(question).max_turns(4).await?.output())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    carrot_providers::tls::install_ring(); // this workspace builds reqwest without a crypto provider
    let look = Reply::tool_call("weather", r#"{"city":"Bergen"}"#);
    let server = ModelServer::builder()
        .on(When::says("Bergen?"), look)
        .on(When::says("rain"), Reply::text("Yes, take an umbrella."))
        .start();
    let config = OpenAIConfig::new("none").with_base_url(server.url());
    let openai = carrot_ai::wrap(config.client());

    // Instead of sending them, as a program would, this looks at its traces itself.
    let (text, traces) =
        carrot_ai::testing::capture_output(answer(&openai, "Is it raining in Bergen?")).await;
    println!("{}\n\n{}", text?, traces.render());
    traces.assert_no_errors();
    Ok(())
}
