//! The model server: yours if `OPENAI_API_KEY` is set, else a scripted one that speaks real HTTP and SSE.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::{Config, OpenAIConfig};
use carrot_providers::scripted::{ModelServer, Reply, When};

pub(crate) struct Model {
    pub(crate) client: Client<OpenAIConfig>,
    /// What it is, for people to read.
    pub(crate) description: String,
    /// Stops when it is dropped.
    _server: Option<ModelServer>,
}

pub(crate) fn connect() -> Model {
    // This workspace builds reqwest without a crypto provider, to keep the build short.
    carrot_providers::tls::install_ring();
    if std::env::var("OPENAI_API_KEY").is_ok_and(|key| !key.is_empty()) {
        let mut config = OpenAIConfig::new();
        if let Ok(url) = std::env::var("OPENAI_BASE_URL") {
            config = config.with_api_base(url);
        }
        let description = format!(
            "the model server at {} (OPENAI_API_KEY is set)",
            config.api_base()
        );
        return Model {
            client: Client::with_config(config),
            description,
            _server: None,
        };
    }
    let server = script();
    let config = OpenAIConfig::new()
        .with_api_base(server.url())
        .with_api_key("none");
    Model {
        client: Client::with_config(config),
        description: format!(
            "a scripted model server at {} (set OPENAI_API_KEY to use a real one)",
            server.url()
        ),
        _server: Some(server),
    }
}

/// Asked for a tool it wants the weather; asked for the answer it gives one.
fn script() -> ModelServer {
    let plan =
        Reply::tool_call("weather", r#"{"city":"Berlin"}"#).delay(Duration::from_millis(120));
    let answer = Reply::text(
        "Yes, take the bike: it is dry, and with 18 km/h of wind the bridges are open. The ride takes half an hour.",
    );
    ModelServer::builder()
        .on(When::says("Which tool"), plan)
        .on(When::says("bike"), answer.delay(Duration::from_millis(15)))
        .start()
}
