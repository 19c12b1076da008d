//! A wrapped client of a scripted model.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};

/// Real HTTP on a port of its own: tests run in parallel. It stops when it is dropped.
pub(crate) struct Model {
    pub(crate) client: Client<OpenAIConfig>,
    _server: ModelServer,
}

/// A model that looks order `number` up, and then says `text`.
pub(crate) fn model(number: u32, text: &str) -> Model {
    let arguments = format!(r#"{{"number":{number}}}"#);
    let look_up = Reply::tool_call("order_status", arguments).usage(tokens(120, 15));
    let say = Reply::text(text).usage(tokens(160, 20));
    let server = ModelServer::builder()
        .on(When::says("parcel"), look_up)
        .on(When::any(), say)
        .start();
    carrot_providers::tls::install_ring();
    let config = OpenAIConfig::new()
        .with_api_base(server.url())
        .with_api_key("none");
    Model {
        client: carrot_ai::wrap(Client::with_config(config)),
        _server: server,
    }
}

fn tokens(input: u64, output: u64) -> TokenUsage {
    TokenUsage {
        input,
        output,
        ..TokenUsage::default()
    }
}
