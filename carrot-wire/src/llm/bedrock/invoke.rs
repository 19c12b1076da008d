use serde_json::{Value, json};

use super::converse::Converse;
use super::frames::chunk;
use super::usage::metrics;
use crate::llm::body::Reader;
use crate::llm::error::take_error;
use crate::llm::message::text_of;
use crate::llm::usage::count;
use crate::llm::{Endpoint, Exchange, LlmCall, Usage, anthropic, openai};

/// InvokeModel: the model's own format inside, told by its first words.
pub(super) struct Invoke {
    inner: Option<Box<dyn Reader>>,
    /// What AWS counted, for models that do not say.
    counted: Usage,
}

/// How a stream says at its end what it used, whatever the model.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

impl Invoke {
    pub(super) fn new(exchange: &Exchange<'_>) -> Invoke {
        let count = |name: &str| exchange.header(name)?.trim().parse().ok();
        let header = |kind: &str| count(&format!("x-amzn-bedrock-{kind}-token-count"));
        Invoke {
            inner: None,
            counted: Usage {
                input: header("input"),
                output: header("output"),
                ..Usage::default()
            }
            .totalled(),
        }
    }

    fn inner(&mut self, json: &Value) -> Option<&mut Box<dyn Reader>> {
        if self.inner.is_none() {
            self.inner = reader_for(json);
        }
        self.inner.as_mut()
    }
}

/// The reader of the format in which this is an answer or an event.
fn reader_for(json: &Value) -> Option<Box<dyn Reader>> {
    let has = |key: &str| json.get(key).is_some();
    if has("choices") {
        return Some(openai::reader(Endpoint::ChatCompletions));
    }
    if text_of(json, "type").is_some_and(|kind| kind.starts_with("message")) {
        return Some(anthropic::reader());
    }
    let nova = [
        "output",
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
    ];
    if nova.into_iter().any(has) {
        return Some(Box::new(Converse::default()));
    }
    if ["generation", "embedding", "embeddings", "embeddingsByType"]
        .into_iter()
        .any(has)
    {
        return Some(Box::new(Plain::default()));
    }
    None
}

impl Reader for Invoke {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let json: Value = serde_json::from_slice(body)?;
        match self.inner(&json) {
            Some(inner) => inner.whole(call, body),
            None => {
                take_error(call, &json);
                call.remark("the model's own format is not known");
                Ok(())
            }
        }
    }

    fn event(&mut self, call: &mut LlmCall, event: Value) -> bool {
        take_error(call, &event);
        if call.error.is_some() {
            return true;
        }
        let inner = event.get("chunk").and_then(chunk);
        let Some(mut json) = inner.and_then(|it| serde_json::from_slice::<Value>(&it).ok()) else {
            call.remark("a stream event is not JSON");
            return false;
        };
        let counted = json.as_object_mut().and_then(|it| it.remove(METRICS));
        let is_last = counted.is_some();
        if let Some(counted) = counted {
            self.counted = metrics(&counted);
        }
        match self.inner(&json) {
            Some(inner) => inner.event(call, json) | is_last,
            None => {
                call.remark("the model's own format is not known");
                is_last
            }
        }
    }

    fn settled(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.settled())
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        if let Some(inner) = self.inner {
            inner.finish(call);
        }
        if call.usage.input.is_none() && call.usage.output.is_none() {
            call.usage = self.counted;
        }
    }
}

/// Llama's text, and embeddings.
#[derive(Default)]
struct Plain {
    text: Option<String>,
    embeddings: Option<usize>,
    is_settled: bool,
}

impl Reader for Plain {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        self.event(call, serde_json::from_slice(body)?);
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, event: Value) -> bool {
        if let Some(text) = event.get("generation").and_then(Value::as_str) {
            self.text.get_or_insert_default().push_str(text);
        }
        self.embeddings = match event.get("embeddings") {
            Some(Value::Array(list)) => Some(list.len()),
            // By type of number: as many of each.
            Some(Value::Object(types)) => types.values().find_map(Value::as_array).map(Vec::len),
            _ => event.get("embedding").map(|_| 1),
        }
        .or(self.embeddings);
        let usage = Usage {
            input: count(&event, &["prompt_token_count", "inputTextTokenCount"]),
            output: count(&event, &["generation_token_count"]),
            ..Usage::default()
        };
        call.usage = call.usage.grown(usage.totalled());
        if let Some(reason) = text_of(&event, "stop_reason") {
            call.finish_reason = Some(reason.to_owned());
            self.is_settled = true;
        }
        false
    }

    fn settled(&self) -> bool {
        self.is_settled
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        if let Some(text) = self.text {
            call.output = json!({ "message": { "role": "assistant", "content": text } });
        } else if let Some(count) = self.embeddings {
            call.output = json!({ "embeddings_count": count });
        }
    }
}
