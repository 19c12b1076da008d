//! What differs from run to run, taken out of the values.

use std::collections::{HashMap, HashSet};

use carrot_wire::record::meta;
use carrot_wire::tree::Forest;
use carrot_wire::{Json, Record, RecordId, SpanId, SpanKind, TraceId};
use serde_json::Value;

/// The metadata that differs from run to run.
const UNSTABLE: [&str; 4] = [meta::LATENCY_MS, meta::TTFT_MS, "request_id", "response_id"];

/// The ids that a capture made, and those that models gave their tool calls.
pub(super) struct Ids {
    records: HashSet<RecordId>,
    traces: HashSet<TraceId>,
    spans: HashSet<SpanId>,
    /// By the id, what stands for it: `call_1` for the first.
    calls: HashMap<String, String>,
}

impl Ids {
    /// Tool calls are counted in the order in which the forest is drawn.
    pub(super) fn of(forest: &Forest) -> Ids {
        let records = || forest.walk().map(|step| step.record);
        let mut ids = Ids {
            records: records().filter_map(|record| record.id).collect(),
            traces: records().filter_map(|record| record.trace_id).collect(),
            spans: records().filter_map(|record| record.span_id).collect(),
            calls: HashMap::new(),
        };
        let answers = records()
            .filter(|record| record.kind_or_default() == SpanKind::LlmCall)
            .filter_map(|record| record.output.as_ref())
            .filter(|output| output.as_str().contains("\"tool_calls\""));
        for answer in answers {
            ids.count_calls(&answer.to_value());
        }
        ids
    }

    fn count_calls(&mut self, answer: &Value) {
        let choices = answer["choices"].as_array().into_iter().flatten();
        let messages = std::iter::once(answer).chain(choices);
        let calls = messages.filter_map(|answer| answer["message"]["tool_calls"].as_array());
        for id in calls.flatten().filter_map(|call| call["id"].as_str()) {
            let next = self.calls.len() + 1;
            self.calls
                .entry(id.to_owned())
                .or_insert_with(|| format!("call_{next}"));
        }
    }

    /// Makes the values of a record the same in every run.
    pub(super) fn settle(&self, record: &mut Record) {
        for key in UNSTABLE {
            record.metadata.remove(key);
        }
        for value in record.metadata.values_mut() {
            self.settle_value(value);
        }
        for json in [&mut record.input, &mut record.output, &mut record.events] {
            // Most values hold no id, and need not be read for that.
            let Some(text) = json.as_ref().map(Json::as_str) else {
                continue;
            };
            if self.may_hold_one(text) {
                let mut value = json.as_ref().map(Json::to_value).unwrap_or_default();
                if self.settle_value(&mut value) {
                    *json = Some(Json::from_value(&value));
                }
            }
        }
        if let Some(error) = &mut record.error {
            for text in std::iter::once(&mut error.message).chain(&mut error.chain) {
                self.settle_text(text);
            }
        }
    }

    fn may_hold_one(&self, text: &str) -> bool {
        let mut run = 0;
        text.bytes().any(|byte| {
            run = if byte.is_ascii_hexdigit() || byte == b'-' {
                run + 1
            } else {
                0
            };
            run == 16
        }) || self.calls.keys().any(|id| text.contains(id.as_str()))
    }

    /// Says whether it changed anything.
    fn settle_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.settle_text(text),
            Value::Array(items) => items
                .iter_mut()
                .fold(false, |changed, item| self.settle_value(item) | changed),
            Value::Object(fields) => fields
                .values_mut()
                .fold(false, |changed, field| self.settle_value(field) | changed),
            _ => false,
        }
    }

    fn settle_text(&self, text: &mut String) -> bool {
        if let Some(call) = self.calls.get(text.as_str()) {
            *text = call.clone();
            return true;
        }
        let mut settled = String::new();
        let mut copied = 0;
        let mut at = 0;
        while at < text.len() {
            let starts = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            match text
                .get(at..)
                .filter(|_| starts)
                .and_then(|rest| self.id_at(rest))
            {
                Some((length, name)) => {
                    settled.push_str(&text[copied..at]);
                    settled.push_str(name);
                    at += length;
                    copied = at;
                }
                None => at += text[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        if copied == 0 {
            return false;
        }
        settled.push_str(&text[copied..]);
        *text = settled;
        true
    }

    /// How long an id of ours is that `text` begins with, and what stands for it.
    fn id_at(&self, text: &str) -> Option<(usize, &'static str)> {
        let word = |length: usize| {
            let (word, rest) = text.split_at_checked(length)?;
            (!rest.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some(word)
        };
        let record = |length| word(length)?.parse::<RecordId>().ok();
        let is_record = |length| record(length).is_some_and(|id| self.records.contains(&id));
        let trace = word(32).and_then(|word| word.parse::<TraceId>().ok());
        let span = word(16).and_then(|word| word.parse::<SpanId>().ok());
        if trace.is_some_and(|id| self.traces.contains(&id)) {
            Some((32, "[trace_id]"))
        } else if is_record(36) {
            Some((36, "[id]"))
        } else if is_record(32) {
            Some((32, "[id]"))
        } else if span.is_some_and(|id| self.spans.contains(&id)) {
            Some((16, "[span_id]"))
        } else {
            None
        }
    }
}
