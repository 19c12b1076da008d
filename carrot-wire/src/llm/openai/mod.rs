//! The OpenAI dialect, one file per endpoint.

mod message;

mod chat;
mod completions;
mod embeddings;
mod responses;

use serde_json::Value;

use super::body::Reader;
use super::{Endpoint, LlmCall, Usage};

pub(crate) use message::output_of;

/// The reader of an endpoint's answers.
pub(super) fn reader(endpoint: Endpoint) -> Box<dyn Reader> {
    match endpoint {
        Endpoint::ChatCompletions => Box::new(chat::Chat::default()),
        Endpoint::Completions => Box::new(completions::Completions::default()),
        Endpoint::Responses => Box::new(responses::Responses::default()),
        Endpoint::Embeddings => Box::new(embeddings::Embeddings::default()),
    }
}

/// Takes what answers and stream events of all endpoints have in common: id, model, usage, error.
/// Later ones win, since streams repeat them and count up.
fn take_common(call: &mut LlmCall, json: &Value) {
    let text = |key: &str| {
        json.get(key)
            .and_then(Value::as_str)
            .filter(|it| !it.is_empty())
    };
    if let Some(id) = text("id") {
        call.response_id = Some(id.to_owned());
    }
    if let Some(model) = text("model") {
        call.model = Some(model.to_owned());
    }
    if let Some(tier) = text("service_tier") {
        call.service_tier = Some(tier.to_owned());
    }
    if let Some(usage) = json.get("usage").filter(|it| it.is_object()) {
        call.usage = Usage::openai(usage);
    }
    if let Some(mut error) = super::body::in_band_error(json) {
        if error.kind.is_empty() {
            error.kind = "error".to_owned();
        }
        call.error = Some(error);
    }
}

/// A choice's index, or 0 for servers that leave it out.
fn index_of(json: &Value) -> u64 {
    json.get("index").and_then(Value::as_u64).unwrap_or(0)
}

/// Takes a string out of a JSON object without copying it.
fn take_string(json: &mut Value, key: &str) -> Option<String> {
    match json.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}
