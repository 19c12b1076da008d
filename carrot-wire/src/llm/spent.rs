use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::form::{Event, Form, each_element, each_event, each_line, joined};
use super::provider::provider_in;
use super::usage::cost;
use super::{
    Dialect, Endpoint, Exchange, LlmCall, Usage, anthropic, bedrock, call, gemini, headers, ollama,
    openai,
};

/// What one call used up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    /// Who answered.
    pub provider: &'static str,
    /// The model that answered.
    pub model: Option<String>,
    /// The model that was asked for.
    pub request_model: Option<String>,
    /// The service tier, where one was said.
    pub service_tier: Option<String>,
    /// Its tokens.
    pub usage: Usage,
    /// Its cost in USD, where the server says it.
    pub cost: Option<f64>,
}

/// What a call used up, as its answer says.
///
/// It says the same as [`LlmCall::read`](super::LlmCall::read) in much less time, for somebody waits
/// for it: of a stream only the events are looked into that speak of usage, and of those only what is
/// asked for is kept. A call that failed used up nothing.
pub fn usage_of(endpoint: Endpoint, exchange: &Exchange<'_>) -> Spent {
    if exchange.status.is_none_or(|status| status >= 400) {
        return Spent::default();
    }
    if endpoint.dialect() == Dialect::Bedrock {
        return of_whole(LlmCall::read(endpoint, exchange));
    }
    let (request_model, service_tier) = call::asked(endpoint, exchange);
    let mut spent = Spent {
        provider: provider_in(exchange),
        request_model,
        service_tier,
        ..Spent::default()
    };
    let mut take = |text: &str| {
        if let Ok(answer) = serde_json::from_str::<Answer<'_>>(text) {
            spent.take(endpoint, &answer);
        }
    };
    let mut take_event = |event: Event<'_>| match event {
        Event::Text(text) if speaks_of_usage(text) => take(text),
        _ => {}
    };
    let form = Form::of(endpoint, exchange);
    let mut streamed = form != Form::Whole;
    match form {
        Form::Frames => {}
        Form::Events => each_event(exchange.body, take_event),
        Form::Lines => each_line(exchange.body, take_event),
        Form::Array => {
            let body = joined(exchange.body);
            // What comes after a mistake is not read in full either.
            let _ = each_element(&body, |event: &RawValue| {
                take_event(Event::Text(event.get()))
            });
        }
        Form::Whole => {
            let body = joined(exchange.body);
            match serde_json::from_slice::<Answer<'_>>(&body) {
                Ok(answer) => spent.take(endpoint, &answer),
                // Lines under the name of plain JSON.
                Err(_) if endpoint.dialect() == Dialect::Ollama => {
                    streamed = true;
                    each_line(exchange.body, take_event);
                }
                Err(_) => {}
            }
        }
    }
    spent.cost = headers::cost(exchange, streamed, spent.cost);
    spent
}

/// What a call says that was read in full: frames are not text to be searched.
fn of_whole(call: LlmCall) -> Spent {
    Spent {
        provider: call.provider,
        model: call.model,
        request_model: call.request_model,
        service_tier: call.service_tier,
        usage: call.usage,
        cost: call.cost,
    }
}

/// What is looked for in an answer or an event of any dialect; all else is skipped while reading.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    model: Value,
    #[serde(default, rename = "modelVersion")]
    model_version: Value,
    #[serde(default)]
    service_tier: Value,
    #[serde(default)]
    usage: Value,
    #[serde(default, rename = "usageMetadata")]
    usage_metadata: Value,
    #[serde(default)]
    prompt_eval_count: Value,
    #[serde(default)]
    eval_count: Value,
    /// Groq's own place.
    #[serde(default)]
    x_groq: Value,
    /// Moonshot's own place is within.
    #[serde(borrow, default)]
    choices: Option<&'a RawValue>,
    /// Where events carry an answer: Anthropic's, those of the responses and the interactions API.
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    interaction: Option<&'a RawValue>,
}

/// Whether an event has counts, in the words of any dialect.
fn speaks_of_usage(text: &str) -> bool {
    ["\"usage\"", "\"usageMetadata\"", "eval_count\""]
        .iter()
        .any(|word| {
            text.match_indices(word).any(|(at, _)| {
                let value = text[at + word.len()..].trim_start_matches([' ', ':']);
                !value.starts_with("null")
            })
        })
}

impl Spent {
    /// Takes counts that stand by themselves.
    pub(super) fn take_counts(&mut self, endpoint: Endpoint, counts: &Value) {
        if endpoint.dialect() == Dialect::Bedrock {
            self.usage = self.usage.grown(bedrock::usage(&counts["usage"]));
        } else if let Ok(answer) = serde_json::from_str(&counts.to_string()) {
            self.take(endpoint, &answer);
        }
    }

    fn take(&mut self, endpoint: Endpoint, answer: &Answer<'_>) {
        let nested = match endpoint {
            Endpoint::Messages => answer.message,
            Endpoint::Responses => answer.response,
            Endpoint::Interactions => answer.interaction,
            _ => None,
        };
        if let Some(nested) = nested.and_then(|it| serde_json::from_str(it.get()).ok()) {
            self.take(endpoint, &nested);
        }
        let model = match endpoint {
            Endpoint::GenerateContent => &answer.model_version,
            _ => &answer.model,
        };
        if let Some(model) = model.as_str().filter(|it| !it.is_empty()) {
            self.model = Some(model.to_owned());
        }
        if let Some(tier) = answer.service_tier.as_str().filter(|it| !it.is_empty()) {
            self.service_tier = Some(tier.to_owned());
        }
        let usage = &answer.usage;
        match endpoint.dialect() {
            Dialect::OpenAi => {
                let choices = || -> Option<Value> {
                    let choices = answer.choices?.get();
                    let choices = choices.contains("\"usage\"").then_some(choices)?;
                    let choices: Value = serde_json::from_str(choices).ok()?;
                    choices.pointer("/0/usage").cloned()
                };
                let found = [usage.clone(), answer.x_groq["usage"].clone()];
                let found = found.into_iter().find(Value::is_object);
                if let Some(usage) = found.or_else(choices).filter(Value::is_object) {
                    self.usage = openai::usage(&usage);
                    self.cost = cost(&usage).or(self.cost);
                }
            }
            Dialect::Anthropic => {
                self.usage = self.usage.grown(anthropic::usage(usage));
                self.cost = cost(usage).or(self.cost);
            }
            Dialect::Gemini if endpoint == Endpoint::Interactions => {
                if usage.is_object() {
                    self.usage = gemini::interaction_usage(usage);
                }
            }
            Dialect::Gemini => {
                self.usage = self.usage.grown(gemini::usage(&answer.usage_metadata));
            }
            Dialect::Bedrock => {}
            Dialect::Ollama => {
                let counts = serde_json::json!({
                    "prompt_eval_count": answer.prompt_eval_count,
                    "eval_count": answer.eval_count,
                });
                self.usage = self.usage.grown(ollama::usage(&counts));
            }
        }
    }
}
