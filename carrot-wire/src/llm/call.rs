use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Json;

use super::provider::provider_in;
use super::{Dialect, Endpoint, Exchange, Timing, Usage, bedrock, body, headers};

/// One model call, whatever dialect it was spoken in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LlmCall {
    /// What was called; its [`operation`](Endpoint::operation) is the span's name.
    pub endpoint: Endpoint,
    /// Who answered: `openai`, `azure`, …
    pub provider: &'static str,
    /// The model that was asked for.
    pub request_model: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// The request's parameters as sent, messages included; none if they are no JSON.
    pub input: Option<Json>,
    /// `{"message": {"role", "content", "tool_calls"}}` or `{"embeddings_count": n}`; null if nothing
    /// came. With several choices the first is `message` and all of them, with their finish reasons,
    /// are listed under `choices`.
    pub output: Value,
    /// Token counts.
    pub usage: Usage,
    /// What the call cost in USD, where the server says it.
    pub cost: Option<f64>,
    /// The service tier that answered, or that was asked for: `batch`, `flex`, `priority`, …
    pub service_tier: Option<String>,
    /// Why the (first) answer ended: `stop`, `length`, `tool_calls`, …
    pub finish_reason: Option<String>,
    /// The id the server gave the request in its headers.
    pub request_id: Option<String>,
    /// The id the server gave its answer.
    pub response_id: Option<String>,
    /// Whether the answer was read to its natural end and understood as a whole.
    pub complete: bool,
    /// Whether request or answer were longer than what was kept of them.
    pub truncated: bool,
    /// What could not be understood, first thing first. It never holds payload.
    pub note: Option<&'static str>,
    /// The server's error, from an error status or from within the stream.
    pub error: Option<CallError>,
    /// The tokens of the first choice as `{token, logprob, bytes?, id?, top?}`, where the server gives
    /// them. `top` are the likeliest tokens at that place, in the same form.
    pub logprobs: Vec<Value>,
    /// Whether the answer came as a stream of events.
    pub streamed: bool,
    /// When the pieces of a stream came, where that was noted.
    pub timing: Option<Timing>,
    /// What the server's headers say of rate limits, by their names.
    pub rate_limit: Map<String, Value>,
}

/// An error a model server answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The server's name for it, or `http_<status>`.
    pub kind: String,
    /// The server's message, bounded in length.
    pub message: String,
}

impl LlmCall {
    /// Reads a call to `endpoint` from what was seen of it. Never fails and never panics.
    pub fn read(endpoint: Endpoint, exchange: &Exchange<'_>) -> LlmCall {
        let mut call = LlmCall::new(endpoint, exchange);
        if exchange.truncated {
            call.remark("request or answer are longer than what is kept");
        }
        call.read_request(exchange);
        body::read(&mut call, exchange);
        call.read_headers(exchange);
        if call.streamed {
            call.timing = Timing::of(exchange.times);
        }
        call
    }

    fn new(endpoint: Endpoint, exchange: &Exchange<'_>) -> LlmCall {
        LlmCall {
            endpoint,
            provider: provider_in(exchange),
            request_model: None,
            model: None,
            input: None,
            output: Value::Null,
            usage: Usage::default(),
            cost: None,
            service_tier: None,
            finish_reason: None,
            request_id: exchange.request_id().map(str::to_owned),
            response_id: None,
            complete: false,
            truncated: exchange.truncated,
            note: None,
            error: None,
            logprobs: Vec::new(),
            streamed: false,
            timing: None,
            rate_limit: headers::rate_limit(exchange),
        }
    }

    fn read_request(&mut self, exchange: &Exchange<'_>) {
        (self.request_model, self.service_tier) = asked(self.endpoint, exchange);
        self.input = str::from_utf8(exchange.request)
            .ok()
            .and_then(Json::one_line);
        if self.input.is_none() {
            self.remark("the request body is not JSON");
        }
    }

    fn read_headers(&mut self, exchange: &Exchange<'_>) {
        self.cost = headers::cost(exchange, self.streamed, self.cost);
    }

    /// Keeps the first thing that went wrong.
    pub(super) fn remark(&mut self, note: &'static str) {
        self.note.get_or_insert(note);
    }
}

/// The model that was asked for, in the body or in the path, and the service tier.
pub(super) fn asked(
    endpoint: Endpoint,
    exchange: &Exchange<'_>,
) -> (Option<String>, Option<String>) {
    /// The parameters that are looked at.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Parameters {
        model: Value,
        #[serde(alias = "serviceTier")]
        service_tier: Value,
    }
    let asked: Parameters = serde_json::from_slice(exchange.request).unwrap_or_default();
    // Bedrock's has a `type`.
    let tier = asked.service_tier.get("type");
    let tier = tier.unwrap_or(&asked.service_tier).as_str();
    let tier = tier.filter(|tier| *tier != "auto").map(str::to_owned);
    let named = || asked.model.as_str().map(str::to_owned);
    let in_path = || model_in_path(exchange.path).map(str::to_owned);
    // Clients may write both; the path is what counts.
    let model = match endpoint.dialect() {
        Dialect::Gemini => in_path().or_else(named),
        Dialect::Bedrock => bedrock::model_in_path(exchange.path),
        _ => named().or_else(in_path),
    };
    (model, tier)
}

/// The model of APIs that name it in the path: Azure's `/openai/deployments/{model}/chat/completions`,
/// Google's `/models/{model}:generateContent`.
fn model_in_path(path: &str) -> Option<&str> {
    let name = match path.split_once("/deployments/") {
        Some((_, rest)) => rest.split('/').next()?,
        None => path.rsplit('/').next()?.rsplit_once(':')?.0,
    };
    Some(name).filter(|name| !name.is_empty())
}
