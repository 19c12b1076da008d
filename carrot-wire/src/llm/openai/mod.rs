//! The OpenAI dialect, one file per endpoint.

mod message;

mod chat;
mod completions;
mod embeddings;
mod responses;
mod usage;

use super::embeddings::Embeddings;
use serde_json::Value;

use super::body::Reader;
use super::error::take_error;
use super::message::text_of;
use super::usage::cost;
use super::{Endpoint, LlmCall};

pub(super) use usage::usage;

/// The reader of an endpoint's answers.
pub(super) fn reader(endpoint: Endpoint) -> Box<dyn Reader> {
    match endpoint {
        Endpoint::Completions => Box::new(completions::Completions::default()),
        Endpoint::Responses => Box::new(responses::Responses::default()),
        Endpoint::Embeddings => Box::new(Embeddings::<embeddings::Answer>::default()),
        _ => Box::new(chat::Chat::default()),
    }
}

/// Takes what answers and stream events of all endpoints have in common: id, model, usage, error.
/// Later ones win, since streams repeat them and count up.
fn take_common(call: &mut LlmCall, json: &Value) {
    if let Some(id) = text_of(json, "id") {
        call.response_id = Some(id.to_owned());
    }
    if let Some(model) = text_of(json, "model") {
        call.model = Some(model.to_owned());
    }
    if let Some(tier) = text_of(json, "service_tier") {
        call.service_tier = Some(tier.to_owned());
    }
    // Groq's and Moonshot's streams have their own places for it.
    let counts = ["/usage", "/x_groq/usage", "/choices/0/usage"]
        .iter()
        .find_map(|path| json.pointer(path).filter(|it| it.is_object()));
    if let Some(counts) = counts {
        call.usage = usage(counts);
        call.cost = cost(counts).or(call.cost);
    }
    take_error(call, json);
}

/// The tokens of the prompt stand beside the message, as `prompt_token_ids`.
fn put_prompt_ids(call: &mut LlmCall, ids: Vec<Value>) {
    if let (Some(output), false) = (call.output.as_object_mut(), ids.is_empty()) {
        output.insert("prompt_token_ids".to_owned(), ids.into());
    }
}
