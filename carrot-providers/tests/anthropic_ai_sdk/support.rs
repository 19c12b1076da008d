use anthropic_ai_sdk::client::AnthropicClient;
use anthropic_ai_sdk::types::message::{
    CreateMessageParams, Message, MessageClient, MessageError, RequiredMessageParams, Role, Tool,
};
use carrot_providers::Traced;
use carrot_providers::scripted::{Builder, TokenUsage};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::pair;

pub(crate) type Pair = pair::Pair<AnthropicClient, Traced<AnthropicClient>>;

/// What a user sees of a call.
pub(crate) type Seen = Result<Value, String>;

pub(crate) const USAGE: TokenUsage = TokenUsage {
    input: 150,
    output: 42,
    cached: 100,
    cache_write: 10,
    reasoning: 0,
};

pub(crate) fn client(url: &str) -> AnthropicClient {
    AnthropicClient::builder("sk-ant-test", "2023-06-01")
        .with_api_base_url(url)
        .build::<MessageError>()
        .unwrap()
}

pub(crate) fn pair(script: impl Fn(Builder) -> Builder) -> Pair {
    Pair::new(script, client, |url| carrot_providers::wrap(client(url)))
}

pub(crate) fn asks(text: &str) -> CreateMessageParams {
    let schema = json!({ "type": "object", "properties": { "q": { "type": "string" } } });
    CreateMessageParams::new(RequiredMessageParams {
        model: "claude-sonnet-4-5".to_owned(),
        messages: vec![Message::new_text(Role::User, text)],
        max_tokens: 100,
    })
    .with_system("Be short.")
    .with_tools(vec![Tool {
        name: "look".to_owned(),
        description: None,
        input_schema: schema,
    }])
}

fn seen(item: Result<impl serde::Serialize, MessageError>) -> Seen {
    match item {
        Ok(item) => Ok(serde_json::to_value(item).unwrap()),
        Err(error) => Err(format!("{error} / {error:?}")),
    }
}

pub(crate) async fn whole(client: &impl MessageClient, text: &str) -> Seen {
    seen(client.create_message(Some(&asks(text))).await)
}

/// All items of a stream; an error in place of one is the only item.
pub(crate) async fn items(client: &impl MessageClient, text: &str) -> Vec<Seen> {
    let asked = asks(text).with_stream(true);
    match client.create_message_streaming(&asked).await {
        Ok(stream) => stream.take(1000).map(seen).collect().await,
        Err(error) => vec![seen(Err::<(), _>(error))],
    }
}
