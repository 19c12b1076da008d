use carrot_providers::Traced;
use carrot_providers::scripted::{Builder, TokenUsage};
use futures_util::StreamExt;
use misanthropic::Client;
use misanthropic::client::Result;
use serde_json::{Value, json};

use crate::pair;

pub(crate) type Pair = pair::Pair<Client, Traced<Client>>;

/// What a user sees of a call.
pub(crate) type Seen = std::result::Result<Value, String>;

pub(crate) const USAGE: TokenUsage = TokenUsage {
    input: 150,
    output: 42,
    cached: 100,
    cache_write: 10,
    reasoning: 0,
};

pub(crate) fn client(url: &str) -> Client {
    let client = Client::new("k".repeat(108)).unwrap().beta("a-flag");
    client.base_url(url.trim_end_matches("/v1")).unwrap()
}

pub(crate) fn pair(script: impl Fn(Builder) -> Builder) -> Pair {
    Pair::new(script, client, |url| carrot_providers::wrap(client(url)))
}

pub(crate) fn asks(text: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { "q": { "type": "string" } } });
    json!({
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": [{ "role": "user", "content": text }],
        "tools": [{ "name": "look", "description": "Looks", "input_schema": schema }],
    })
}

/// An answer as the user sees it, its error with all it holds.
pub(crate) fn seen(answer: Result<impl serde::Serialize>) -> Seen {
    match answer {
        Ok(message) => Ok(serde_json::to_value(message).unwrap()),
        Err(error) => Err(serde_json::to_string(&error).unwrap()),
    }
}

/// All items of a stream; an error in place of one is the only item.
pub(crate) async fn items(stream: Result<misanthropic::Stream>) -> Vec<Seen> {
    let item = |item: std::result::Result<
        misanthropic::stream::Event,
        misanthropic::stream::Error,
    >| match item {
        Ok(event) => Ok(serde_json::to_value(event).unwrap()),
        Err(error) => Err(error.to_string()),
    };
    match stream {
        Ok(stream) => stream.take(1000).map(item).collect().await,
        Err(error) => vec![seen(Err::<(), _>(error))],
    }
}
