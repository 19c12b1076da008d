use carrot_providers::Traced;
use carrot_providers::scripted::{Builder, TokenUsage};
use futures_util::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatStreamResponse, Tool};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ClientConfig, ModelIden, ServiceTarget};
use serde_json::{Value, json};

use crate::pair;

/// A client, and what it asks.
pub(crate) struct Asker<C> {
    pub(crate) client: C,
    pub(crate) target: ServiceTarget,
}

pub(crate) type Pair = pair::Pair<Asker<Client>, Asker<Traced<Client>>>;

pub(crate) const USAGE: TokenUsage = TokenUsage {
    input: 150,
    output: 42,
    cached: 100,
    reasoning: 20,
    cache_write: 0,
};

pub(crate) fn target(kind: AdapterKind, url: &str) -> ServiceTarget {
    ServiceTarget {
        endpoint: Endpoint::from_owned(format!("{url}/")),
        auth: AuthData::from_single("sk-test"),
        model: ModelIden::new(kind, "gpt-4o-mini"),
    }
}

fn asker<C>(client: C, url: &str) -> Asker<C> {
    Asker {
        client,
        target: target(AdapterKind::OpenAI, url),
    }
}

pub(crate) fn pair(script: impl Fn(Builder) -> Builder) -> Pair {
    Pair::new(
        script,
        |url| asker(Client::new().unwrap(), url),
        |url| asker(carrot_providers::wrap(Client::new().unwrap()), url),
    )
}

/// Clients of a configuration; the wrapped one is wrapped as a configuration or as a client.
pub(crate) fn configured(
    script: impl Fn(Builder) -> Builder,
    config: impl Fn() -> ClientConfig,
    as_client: bool,
) -> Pair {
    let client = || Client::builder().with_config(config()).build().unwrap();
    Pair::new(
        script,
        |url| asker(client(), url),
        |url| match as_client {
            true => asker(carrot_providers::wrap(client()), url),
            false => asker(carrot_providers::wrap(config()).unwrap(), url),
        },
    )
}

pub(crate) fn request(text: &str) -> ChatRequest {
    ChatRequest::new(vec![ChatMessage::user(text)]).with_system("Be short.")
}

pub(crate) fn with_tool(text: &str) -> ChatRequest {
    let schema = json!({ "type": "object", "properties": { "q": { "type": "string" } } });
    request(text).with_tools(vec![
        Tool::new("look")
            .with_description("Looks")
            .with_schema(schema),
    ])
}

/// All items of a stream, errors in words.
pub(crate) async fn items(stream: genai::Result<ChatStreamResponse>) -> Vec<Result<Value, String>> {
    let stream = stream.expect("a stream").stream;
    stream
        .take(1000)
        .map(|item| match item {
            Ok(item) => Ok(serde_json::to_value(item).unwrap()),
            Err(error) => Err(error.to_string()),
        })
        .collect()
        .await
}

/// Options that capture all that a stream can give at its end.
pub(crate) fn captures() -> ChatOptions {
    ChatOptions::default()
        .with_capture_usage(true)
        .with_capture_content(true)
        .with_capture_reasoning_content(true)
        .with_capture_tool_calls(true)
}

/// Asks both clients in the same way, the wrapped one recorded.
macro_rules! both {
    ($pair:expr, $method:ident($($argument:expr),*)) => {{
        let bare = $pair.bare.client.$method($pair.bare.target.clone(), $($argument),*).await;
        let wrapped = $pair.wrapped.client.$method($pair.wrapped.target.clone(), $($argument),*);
        let (wrapped, record) = crate::pair::recorded(wrapped).await;
        (bare, wrapped, record)
    }};
}

/// The same for streams, which are read to their end.
macro_rules! both_streams {
    ($pair:expr, $request:expr, $options:expr) => {{
        let bare = &$pair.bare;
        let bare = bare
            .client
            .exec_chat_stream(bare.target.clone(), $request, $options)
            .await;
        let bare = crate::support::items(bare).await;
        let wrapped = &$pair.wrapped;
        let wrapped = async {
            let stream =
                wrapped
                    .client
                    .exec_chat_stream(wrapped.target.clone(), $request, $options);
            crate::support::items(stream.await).await
        };
        let (wrapped, record) = crate::pair::recorded(wrapped).await;
        (bare, wrapped, record)
    }};
}

pub(crate) use {both, both_streams};
