//! misanthropic and anthropic-ai-sdk, over a socket.

use anthropic_ai_sdk::client::AnthropicClient;
use anthropic_ai_sdk::types::message::{
    CreateMessageParams, Message, MessageClient, MessageError, RequiredMessageParams, Role,
};
use carrot_providers::scripted::{ModelServer, Reply};
use carrot_providers::wrap;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::measure::{self, CHUNKS};

/// A stream with a word in each of its chunks.
pub(crate) fn stream() -> Reply {
    let event = |event: Value| {
        let name = event["type"].as_str().expect("a type");
        format!("event: {name}\ndata: {event}\n\n")
    };
    let message = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 1, "output_tokens": 1 } });
    let start = event(json!({ "type": "message_start", "message": message }));
    let open = event(
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
    );
    let word = event(
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "word " } }),
    );
    let close = event(json!({ "type": "content_block_stop", "index": 0 }));
    let delta = event(
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn", "stop_sequence": null },
        "usage": { "output_tokens": 2 } }),
    );
    let stop = event(json!({ "type": "message_stop" }));
    let body = start + &open + &word.repeat(CHUNKS) + &close + &delta + &stop;
    Reply::raw(200, "text/event-stream", body)
}

pub(crate) async fn misanthropic(server: &ModelServer) {
    let bare = misanthropic::Client::new("k".repeat(108)).expect("a client");
    let bare = bare.base_url(server.origin()).expect("a URL");
    let wrapped = wrap(bare.clone());
    let read = async |is_wrapped: bool, text: &str| {
        let prompt = json!({ "model": "claude-sonnet-4-5", "max_tokens": 9,
            "messages": [{ "role": "user", "content": text }] });
        if text != "stream" {
            let answer = match is_wrapped {
                true => wrapped.message(prompt).await,
                false => bare.message(prompt).await,
            };
            drop(answer.expect("an answer"));
            return;
        }
        let stream = match is_wrapped {
            true => wrapped.stream(prompt).await,
            false => bare.stream(prompt).await,
        };
        let mut stream = stream.expect("a stream");
        while let Some(item) = stream.next().await {
            drop(item.expect("an item"));
        }
    };
    measure::both("misanthropic", read).await;
}

pub(crate) async fn sdk(server: &ModelServer) {
    let client = || {
        let client = AnthropicClient::builder("k", "2023-06-01").with_api_base_url(server.url());
        client.build::<MessageError>().expect("a client")
    };
    let (bare, wrapped) = (client(), wrap(client()));
    let read = async |is_wrapped: bool, text: &str| match is_wrapped {
        true => read(&wrapped, text).await,
        false => read(&bare, text).await,
    };
    measure::both("anthropic-ai-sdk", read).await;
}

async fn read(client: &impl MessageClient, text: &str) {
    let request = CreateMessageParams::new(RequiredMessageParams {
        model: "claude-sonnet-4-5".to_owned(),
        messages: vec![Message::new_text(Role::User, text)],
        max_tokens: 9,
    });
    if text != "stream" {
        let answer = client.create_message(Some(&request)).await;
        drop(answer.expect("an answer"));
        return;
    }
    let request = request.with_stream(true);
    let stream = client.create_message_streaming(&request).await;
    let mut stream = std::pin::pin!(stream.expect("a stream"));
    while let Some(item) = stream.next().await {
        drop(item.expect("an item"));
    }
}
