//! The Bedrock client, over a socket.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Frame};
use carrot_providers::scripted::{ModelServer, Reply};
use carrot_providers::wrap;
use serde_json::{Value, json};

use crate::measure::{self, CHUNKS};

pub(crate) fn answer() -> Reply {
    let message = json!({ "role": "assistant", "content": [{ "text": "word ".repeat(100) }] });
    let usage = json!({ "inputTokens": 1, "outputTokens": 100, "totalTokens": 101 });
    let answer = json!({ "output": { "message": message }, "stopReason": "end_turn", "usage": usage,
        "metrics": { "latencyMs": 1 } });
    Reply::raw(200, "application/json", answer.to_string())
}

/// A stream with a word in each of its chunks.
pub(crate) fn stream() -> Reply {
    let delta = json!({ "contentBlockIndex": 0, "delta": { "text": "word " } });
    let mut frames = vec![frame("messageStart", &json!({ "role": "assistant" }))];
    frames.extend(vec![frame("contentBlockDelta", &delta); CHUNKS]);
    let end = json!({ "stopReason": "end_turn" });
    frames.push(frame("messageStop", &end));
    Reply::pieces(200, "application/vnd.amazon.eventstream", frames)
}

fn frame(event: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        (":message-type", "event"),
        (":event-type", event),
        (":content-type", "application/json"),
    ];
    let headers = headers.map(|(name, value)| {
        let value = HeaderValue::String(value.to_owned().into());
        Header::new(name, value)
    });
    let frame = Frame::new_from_parts(headers.into(), payload.to_string().into_bytes());
    let mut bytes = Vec::new();
    aws_smithy_eventstream::frame::write_message_to(&frame, &mut bytes).expect("a frame");
    bytes
}

pub(crate) async fn run(server: &ModelServer) {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("k", "k", None, None, "bench"))
        .endpoint_url(server.origin())
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    let bare = Client::from_conf(config.build());
    let both = [bare.clone(), wrap(bare)];
    let read = async |is_wrapped: bool, text: &str| {
        let client = &both[usize::from(is_wrapped)];
        let said = ContentBlock::Text(text.to_owned());
        let message = Message::builder()
            .role(ConversationRole::User)
            .content(said);
        let (model, message) = ("amazon.nova-pro-v1:0", message.build().expect("a message"));
        if text != "stream" {
            let asked = client.converse().model_id(model).messages(message);
            drop(asked.send().await.expect("an answer"));
            return;
        }
        let asked = client.converse_stream().model_id(model).messages(message);
        let mut stream = asked.send().await.expect("a stream").stream;
        while let Some(event) = stream.recv().await.expect("an event") {
            drop(event);
        }
    };
    measure::both("bedrock", read).await;
}
