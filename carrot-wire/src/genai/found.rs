use serde_json::{Map, Value, json};

use super::{parts, provider};
use crate::llm::{self, Usage};
use crate::record::meta;
use crate::{Json, Record, SpanKind, Status};

/// What the conventions' readers found. Of two that say the same thing the first one counts.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) kind: Option<SpanKind>,
    pub(super) provider: Option<String>,
    pub(super) request_model: Option<String>,
    pub(super) model: Option<String>,
    /// Parameters of the request, without model and messages.
    pub(super) parameters: Map<String, Value>,
    /// What was said to the model, in the form of chat completions.
    pub(super) messages: Vec<Value>,
    /// What it answered.
    pub(super) answers: Vec<Answer>,
    pub(super) finish_reason: Option<String>,
    pub(super) usage: Usage,
    pub(super) cost_usd: Option<f64>,
    pub(super) ttft_ms: Option<u64>,
    /// What went in and came out, where it is no conversation.
    pub(super) input: Option<Value>,
    pub(super) output: Option<Value>,
    /// The same in a backend's own words: they count where there are no others.
    pub(super) second_input: Option<Value>,
    pub(super) second_output: Option<Value>,
    /// What was searched for and found, which input and output may say in full.
    pub(super) query: Option<Value>,
    pub(super) documents: Option<Value>,
    pub(super) session: Option<String>,
    pub(super) user: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) agent: Option<String>,
    pub(super) error_type: Option<String>,
    pub(super) metadata: Map<String, Value>,
}

/// One choice of a model's answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) message: Value,
    pub(super) finish_reason: Option<String>,
}

impl Found {
    /// Adds metadata of ours, by key.
    pub(super) fn note(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.metadata.entry(key).or_insert_with(|| value.into());
        }
    }

    pub(super) fn parameter(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            self.parameters.entry(name).or_insert(value);
        }
    }

    /// Whether it is a conversation with a model, be it one call or all those of an agent.
    fn is_conversation(&self) -> bool {
        !self.messages.is_empty() || !self.answers.is_empty()
    }

    fn kind(&self) -> Option<SpanKind> {
        let has_model = self.request_model.is_some() || self.model.is_some();
        let counted = self.usage != Usage::default();
        let is_call = has_model && (counted || self.is_conversation());
        self.kind.or(is_call.then_some(SpanKind::LlmCall))
    }

    pub(super) fn fill(mut self, record: &mut Record) {
        self.take_second();
        let kind = self.kind();
        if matches!(record.kind, None | Some(SpanKind::Function)) {
            record.kind = kind.or(record.kind);
        }
        let calls_model = matches!(kind, Some(SpanKind::LlmCall | SpanKind::Embedding));
        if let Some(input) = self.take_input(calls_model) {
            record.input = Some(Json::from_value(&input).shallow());
        }
        if let Some(output) = self.take_output(calls_model) {
            record.output = Some(Json::from_value(&output).shallow());
        }
        record.session_id = record.session_id.take().or(self.session.take());
        record.user_id = record.user_id.take().or(self.user.take());
        if !self.tags.is_empty() {
            let tags = record.tags.get_or_insert_default();
            for tag in std::mem::take(&mut self.tags) {
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
        }
        if let Some(kind) = self.error_type.take() {
            record.status = Some(Status::Error);
            let error = record.error.get_or_insert_default();
            if error.kind.is_empty() {
                error.kind = kind;
            }
        }
        self.fill_metadata(record);
    }

    /// What a backend's own words say, where nothing else does: messages, or values.
    fn take_second(&mut self) {
        let (input, output) = (self.second_input.take(), self.second_output.take());
        let is_message = |value: &Value| value["role"].is_string();
        match input {
            _ if self.input.is_some() || !self.messages.is_empty() => {}
            Some(Value::Array(messages))
                if !messages.is_empty() && messages.iter().all(is_message) =>
            {
                self.messages = messages;
            }
            other => self.input = other,
        }
        match output {
            _ if self.output.is_some() || !self.answers.is_empty() => {}
            Some(message) if is_message(&message) => self.answers = parts::answers(message),
            Some(Value::Object(mut whole)) if whole.get("choices").is_some_and(Value::is_array) => {
                let choices = whole.remove("choices").unwrap_or_default();
                self.answers = parts::answers(choices);
            }
            other => self.output = other,
        }
    }

    /// The request, for a model call; for anything else what went in.
    fn take_input(&mut self, calls_model: bool) -> Option<Value> {
        let query = self.query.take().filter(|_| self.input.is_none());
        self.parameter("query", query);
        if !calls_model && !self.is_conversation() && self.parameters.is_empty() {
            return self.input.take();
        }
        let mut request = Map::new();
        if let Some(model) = self.request_model.as_ref().or(self.model.as_ref()) {
            request.insert("model".to_owned(), model.as_str().into());
        }
        request.append(&mut self.parameters);
        let messages = std::mem::take(&mut self.messages);
        match self.input.take() {
            _ if !messages.is_empty() => {
                request.insert("messages".to_owned(), messages.into());
            }
            // A request that was recorded whole.
            Some(Value::Object(whole)) => request.extend(whole),
            Some(input) => {
                request.insert("input".to_owned(), input);
            }
            None => {}
        }
        (!request.is_empty()).then_some(Value::Object(request))
    }

    fn take_output(&mut self, calls_model: bool) -> Option<Value> {
        let choices: Vec<Value> = std::mem::take(&mut self.answers)
            .into_iter()
            .enumerate()
            .map(|(index, answer)| {
                self.finish_reason = self.finish_reason.take().or(answer.finish_reason.clone());
                json!({"index": index, "message": answer.message, "finish_reason": answer.finish_reason})
            })
            .collect();
        if !choices.is_empty() {
            return Some(llm::output_of(choices));
        }
        let summary = self.documents.take();
        let output = match self.output.take() {
            Some(text @ Value::String(_)) => Some(summary.unwrap_or(text)),
            output => output.or(summary),
        };
        match output? {
            Value::String(text) if calls_model => {
                Some(json!({"message": {"role": "assistant", "content": text}}))
            }
            other => Some(other),
        }
    }

    fn fill_metadata(self, record: &mut Record) {
        let metadata = &mut record.metadata;
        let mut set = |key: &str, value: Option<Value>| {
            metadata.extend(value.map(|value| (key.to_owned(), value)));
        };
        set(
            meta::PROVIDER,
            self.provider.map(|it| provider::to_litellm(&it).into()),
        );
        set(meta::REQUEST_MODEL, self.request_model.map(Value::from));
        set(meta::MODEL, self.model.map(Value::from));
        for (key, count) in normalised(self.usage).counts() {
            set(key, Some(count.into()));
        }
        set(meta::COST_USD, self.cost_usd.map(Value::from));
        set(meta::TTFT_MS, self.ttft_ms.map(Value::from));
        set(meta::FINISH_REASON, self.finish_reason.map(Value::from));
        if let Some(agent) = self.agent {
            // The agent around this one, if it is another.
            let above = metadata.insert(meta::AGENT.to_owned(), agent.as_str().into());
            if let Some(above) = above.filter(|above| *above != agent) {
                metadata.insert(meta::PARENT_AGENT.to_owned(), above);
            }
        }
        for (key, value) in self.metadata {
            metadata.entry(key).or_insert(value);
        }
    }
}

/// Input includes what was cached, though some instrumentations of Anthropic's API pass its counts on as
/// they are, which exclude it. That shows for sure only where more was cached than there is input.
fn normalised(mut usage: Usage) -> Usage {
    let cached = usage
        .cached
        .unwrap_or(0)
        .saturating_add(usage.cache_write.unwrap_or(0));
    if let Some(input) = usage.input.filter(|&input| cached > input) {
        usage.input = Some(input.saturating_add(cached));
        usage.total = None;
    }
    usage.total = usage.total.or(match (usage.input, usage.output) {
        (None, None) => None,
        (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
    });
    usage
}
