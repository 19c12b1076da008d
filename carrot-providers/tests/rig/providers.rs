//! Clients of other providers: what they answer is understood in their own words.

use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};
use carrot_providers::{Wrap, wrap};
use carrot_wire::{Record, Status};
use rig_core::Model;
use rig_core::driver::Transport;
use rig_core::operation::Completion;
use rig_core::providers::anthropic::{Anthropic, AnthropicConfig};
use rig_core::providers::gemini::{Gemini, GeminiConfig};
use rig_core::providers::ollama::{Ollama, OllamaConfig};
use rig_core::wire::Wire;
use serde_json::json;

use crate::support::{call, output, recorded, stream};

fn server() -> ModelServer {
    carrot_providers::tls::install_ring();
    let usage = TokenUsage {
        input: 5,
        output: 2,
        ..TokenUsage::default()
    };
    let tool = Reply::text("Let me look").and_tool_call("look", r#"{"q":"Straße"}"#);
    ModelServer::builder()
        .on(When::says("tool"), tool.usage(usage))
        .on(When::any(), Reply::text("Grüße aus Oslo").usage(usage))
        .start()
}

/// Asks a model of a bare client and of a wrapped one, whole and streamed; what they see is the same.
async fn assert_recorded<C, W, T>(
    client: impl Fn(&ModelServer) -> C,
    model: impl Fn(&C) -> Model<W, T>,
    named: (&str, &str),
) where
    C: Wrap<Wrapped = C>,
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    let servers = (server(), server());
    let bare = model(&client(&servers.0));
    let wrapped = model(&wrap(client(&servers.1)));
    for says in ["Hi", "tool"] {
        let live = call(&bare, says).await;
        let (seen, record) = recorded(call(&wrapped, says)).await;
        assert_eq!(seen, live);
        seen.unwrap();
        assert_says(&record, says, named);

        let live = stream(&bare, says).await;
        let (seen, record) = recorded(stream(&wrapped, says)).await;
        assert_eq!(seen, live);
        assert_says(&record, says, named);
    }
}

fn assert_says(record: &Record, says: &str, (provider, operation): (&str, &str)) {
    assert_eq!(record.status, Some(Status::Success), "{record:?}");
    assert_eq!(record.name.as_deref(), Some(operation));
    assert_eq!(record.metadata["provider"], provider);
    assert_eq!(record.metadata["input_tokens"], 5, "{record:?}");
    assert_eq!(record.metadata["output_tokens"], 2, "{record:?}");
    let message = output(record)["message"].take();
    if says == "tool" {
        let arguments = &message["tool_calls"][0]["function"]["arguments"];
        let arguments = arguments.as_str().unwrap_or_else(|| panic!("{message}"));
        let arguments: serde_json::Value = serde_json::from_str(arguments).unwrap();
        assert_eq!(arguments, json!({ "q": "Straße" }));
    } else {
        assert_eq!(message["content"], "Grüße aus Oslo");
    }
}

#[tokio::test]
async fn anthropic() {
    let client = |server: &ModelServer| {
        let config = AnthropicConfig::new("sk-test");
        config.with_base_url(server.origin()).client()
    };
    let model = |client: &Anthropic| client.completion("claude-sonnet-4-5");
    assert_recorded(client, model, ("anthropic", "messages")).await;
}

#[tokio::test]
async fn gemini() {
    let client = |server: &ModelServer| {
        let config = GeminiConfig::new("sk-test");
        config.with_base_url(server.origin()).client()
    };
    let model = |client: &Gemini| client.completion("gemini-2.5-flash");
    assert_recorded(client, model, ("gemini", "generate_content")).await;
}

#[tokio::test]
async fn ollama() {
    let client = |server: &ModelServer| {
        let config = OllamaConfig::new();
        config.with_base_url(server.origin()).client()
    };
    let model = |client: &Ollama| client.native_completion("llama3.2");
    assert_recorded(client, model, ("ollama", "chat")).await;
}
