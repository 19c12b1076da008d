//! About how much memory genai's types hold, in bytes.

use ::genai::chat::{BinarySource, ChatMessage, ChatOptions, ChatRequest, ContentPart, Tool};
use ::genai::embed::{EmbedInput, EmbedRequest};
use serde_json::Value;

pub(super) fn chat(request: &ChatRequest) -> usize {
    let messages = request.messages.iter().map(message).sum::<usize>();
    let tools = request.tools.iter().flatten().map(tool).sum::<usize>();
    let system = request.system.as_ref().map_or(0, String::len);
    size_of::<ChatRequest>() + 2 * size_of::<ChatOptions>() + system + messages + tools
}

pub(super) fn embed(request: &EmbedRequest) -> usize {
    let text = |text: &String| size_of::<String>() + text.len();
    match &request.input {
        EmbedInput::Single(it) => text(it),
        EmbedInput::Batch(texts) => texts.iter().map(text).sum(),
    }
}

pub(super) fn value(it: &Value) -> usize {
    size_of::<Value>()
        + match it {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(value).sum(),
            Value::Object(map) => map
                .iter()
                .map(|(name, it)| 48 + name.len() + value(it))
                .sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}

fn message(message: &ChatMessage) -> usize {
    let parts = (&message.content).into_iter().map(part);
    size_of::<ChatMessage>() + parts.sum::<usize>()
}

fn part(part: &ContentPart) -> usize {
    size_of::<ContentPart>()
        + match part {
            ContentPart::Text(text)
            | ContentPart::ReasoningContent(text)
            | ContentPart::ThoughtSignature(text) => text.len(),
            ContentPart::ToolCall(it) => value(&it.fn_arguments),
            ContentPart::ToolResponse(it) => it.content.len(),
            ContentPart::Binary(it) => match &it.source {
                BinarySource::Base64(text) => text.len(),
                BinarySource::Url(url) => url.len(),
            },
            ContentPart::Custom(it) => value(&it.data),
        }
}

fn tool(tool: &Tool) -> usize {
    let text = tool.description.as_ref().map_or(0, String::len);
    size_of::<Tool>() + text + tool.schema.as_ref().map_or(0, value)
}
