use serde::Deserialize;
use serde_json::Value;

use crate::Json;

use super::{Endpoint, Exchange, Usage, body, provider_of};

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
    /// Per-token log probabilities of the first choice, as the server gave them.
    pub logprobs: Vec<Value>,
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
        call
    }

    fn new(endpoint: Endpoint, exchange: &Exchange<'_>) -> LlmCall {
        LlmCall {
            endpoint,
            provider: provider_of(exchange.host, exchange.path),
            request_model: None,
            model: None,
            input: None,
            output: Value::Null,
            usage: Usage::default(),
            cost: None,
            finish_reason: None,
            request_id: exchange.request_id().map(str::to_owned),
            response_id: None,
            complete: false,
            truncated: exchange.truncated,
            note: None,
            error: None,
            logprobs: Vec::new(),
        }
    }

    fn read_request(&mut self, exchange: &Exchange<'_>) {
        /// The one parameter that is looked at.
        #[derive(Deserialize)]
        struct Parameters {
            #[serde(default)]
            model: Value,
        }
        let named = serde_json::from_slice(exchange.request).ok();
        let named = named.and_then(|it: Parameters| it.model.as_str().map(str::to_owned));
        self.request_model = named.or_else(|| deployment(exchange.path).map(str::to_owned));
        self.input = one_line(exchange.request);
        if self.input.is_none() {
            self.remark("the request body is not JSON");
        }
    }

    /// Keeps the first thing that went wrong.
    pub(super) fn remark(&mut self, note: &'static str) {
        self.note.get_or_insert(note);
    }
}

/// JSON text as it is, unless it is laid out over several lines: records must fit into JSON lines.
fn one_line(body: &[u8]) -> Option<Json> {
    let text = str::from_utf8(body).ok()?;
    if text.contains(['\n', '\r']) {
        let value: Value = serde_json::from_str(text).ok()?;
        return Some(Json::from_value(&value));
    }
    Json::parse(text.to_owned()).ok()
}

/// Azure names the model in the path: `/openai/deployments/{name}/chat/completions`.
fn deployment(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/deployments/")?;
    rest.split('/').next().filter(|name| !name.is_empty())
}
