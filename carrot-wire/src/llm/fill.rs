use serde_json::Value;

use super::LlmCall;
use crate::record::meta;
use crate::{ErrorInfo, Json, Record, Status};

impl LlmCall {
    /// Writes the call into its record.
    ///
    /// Name and kind are set only where the record has none. An error of the server makes the status
    /// `error`; a record that is `cancelled` becomes `success` when the answer had been read to its
    /// natural end, for clients drop a stream once they have seen its last event.
    ///
    /// Beside the keys of [`meta`] the metadata gets `request_id`, `response_id` and `capture_note`,
    /// where there are any; `capture_complete` and `truncated` only when they tell of a loss; `stream`
    /// ([`Timing`](super::Timing)) and `rate_limit` (headers by their names) where they were seen.
    pub fn fill(self, record: &mut Record) {
        record
            .name
            .get_or_insert_with(|| self.endpoint.operation().to_owned());
        record.kind.get_or_insert(self.endpoint.kind());
        if let Some(input) = self.input {
            record.input = Some(input.shallow());
        }
        if !self.output.is_null() {
            record.output = Some(Json::from_value(&self.output).shallow());
        }
        if !self.logprobs.is_empty() {
            record.logprobs = Some(Json::from_value(&self.logprobs).shallow());
        }
        if let Some(error) = self.error {
            record.status = Some(Status::Error);
            record.error = Some(ErrorInfo {
                message: error.message,
                kind: error.kind,
                chain: Vec::new(),
            });
        } else if self.complete && record.status == Some(Status::Cancelled) {
            record.status = Some(Status::Success);
        }

        let mut set = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                record.metadata.insert(key.to_owned(), value);
            }
        };
        set(meta::PROVIDER, Some(self.provider.into()));
        set(meta::REQUEST_MODEL, self.request_model.map(Value::from));
        set(meta::MODEL, self.model.map(Value::from));
        for (key, count) in self.usage.counts() {
            set(key, Some(count.into()));
        }
        set(meta::SERVICE_TIER, self.service_tier.map(Value::from));
        set(meta::COST_USD, self.cost.map(Value::from));
        set(meta::FINISH_REASON, self.finish_reason.map(Value::from));
        set(
            meta::CAPTURE_COMPLETE,
            (!self.complete).then_some(false.into()),
        );
        set(meta::TRUNCATED, self.truncated.then_some(true.into()));
        set("request_id", self.request_id.map(Value::from));
        set("response_id", self.response_id.map(Value::from));
        set("capture_note", self.note.map(Value::from));
        set(
            meta::STREAM,
            self.timing
                .and_then(|timing| serde_json::to_value(timing).ok()),
        );
        set(
            meta::RATE_LIMIT,
            (!self.rate_limit.is_empty()).then_some(Value::Object(self.rate_limit)),
        );
    }
}
