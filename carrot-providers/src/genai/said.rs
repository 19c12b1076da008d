//! Answers in OpenAI's form, from genai's own types.

use ::genai::chat::{ChatResponse, MessageContent, StopReason, StreamEnd, ToolCall, Usage};
use ::genai::embed::EmbedResponse;
use bytes::Bytes;
use serde_json::{Value, json};

use super::request::bytes;

/// A whole answer.
pub(super) fn chat(response: &ChatResponse) -> Bytes {
    bytes(&completion(
        Some(response.provider_model_iden.model_name.as_str()),
        Some(&response.content),
        response.reasoning_content.as_deref(),
        response.stop_reason.as_ref(),
        Some(&response.usage),
    ))
}

/// What genai captured of a stream.
pub(super) fn stream(end: &StreamEnd) -> Bytes {
    bytes(&completion(
        None,
        end.captured_content.as_ref(),
        end.captured_reasoning_content.as_deref(),
        end.captured_stop_reason.as_ref(),
        end.captured_usage.as_ref(),
    ))
}

/// Embeddings, without the vectors.
pub(super) fn embeddings(response: &EmbedResponse) -> Bytes {
    let data = response.embeddings.iter();
    let data = data.map(|it| json!({ "object": "embedding", "index": it.index }));
    bytes(&json!({
        "model": response.provider_model_iden.model_name.as_str(),
        "data": data.collect::<Value>(),
        "usage": response.usage,
    }))
}

fn completion(
    model: Option<&str>,
    content: Option<&MessageContent>,
    reasoning: Option<&str>,
    stop: Option<&StopReason>,
    usage: Option<&Usage>,
) -> Value {
    let text = content.and_then(MessageContent::joined_texts);
    let mut message = json!({ "role": "assistant", "content": text });
    let calls = content.map(|it| it.tool_calls()).unwrap_or_default();
    if !calls.is_empty() {
        message["tool_calls"] = calls.into_iter().map(tool_call).collect();
    }
    if let Some(text) = reasoning {
        message["reasoning_content"] = text.into();
    }
    let choice =
        json!({ "index": 0, "message": message, "finish_reason": stop.map(StopReason::raw) });
    json!({ "model": model, "choices": [choice], "usage": usage })
}

pub(super) fn tool_call(call: &ToolCall) -> Value {
    let arguments = match &call.fn_arguments {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    json!({
        "id": call.call_id,
        "type": "function",
        "function": { "name": call.fn_name, "arguments": arguments },
    })
}
