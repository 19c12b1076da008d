use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::take_common;
use crate::llm::body::Reader;
use crate::llm::error::in_band_error;
use crate::llm::message::{Spoken, take_string, tool_call};
use crate::llm::tokens::token;
use crate::llm::{CallError, LlmCall};

/// The responses API: a list of output items, which a stream announces, fills and repeats at its end.
#[derive(Default)]
pub(super) struct Responses {
    /// Items of a stream by their `output_index`, until the last event brings them all.
    partial: BTreeMap<u64, Item>,
    /// The items of the whole answer.
    items: Option<Vec<Value>>,
}

/// An item of which the end has not been seen.
#[derive(Default)]
struct Item {
    announced: Value,
    finished: bool,
    text: String,
    refusal: String,
    reasoning: String,
    arguments: String,
}

impl Responses {
    /// Takes a `response` object; `last` says that its output is final.
    fn response(&mut self, call: &mut LlmCall, response: &mut Value, last: bool) {
        take_common(call, response);
        if !last {
            return;
        }
        let reason = response["incomplete_details"]["reason"].as_str();
        call.finish_reason = reason
            .or_else(|| response["status"].as_str())
            .map(str::to_owned);
        if let Value::Array(items) = response["output"].take() {
            self.items = Some(items);
        }
    }

    fn item(&mut self, event: &Value) -> &mut Item {
        let index = event
            .get("output_index")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        self.partial.entry(index).or_default()
    }
}

impl Reader for Responses {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let mut response: Value = serde_json::from_slice(body)?;
        if response.is_object() {
            self.response(call, &mut response, true);
        }
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        let Some(kind) = take_string(&mut event, "type") else {
            take_common(call, &event);
            return false;
        };
        let delta = take_string(&mut event, "delta").unwrap_or_default();
        match kind.as_str() {
            "response.completed" | "response.incomplete" | "response.failed" => {
                if let response @ Value::Object(_) = &mut event["response"] {
                    self.response(call, response, true);
                }
                return true;
            }
            "response.created" | "response.in_progress" | "response.queued" => {
                self.response(call, &mut event["response"], false);
            }
            "error" => {
                let text = |key: &str| event.get(key).and_then(Value::as_str);
                call.error = in_band_error(&event).or_else(|| {
                    Some(CallError {
                        kind: text("code").unwrap_or("error").to_owned(),
                        message: text("message").unwrap_or_default().to_owned(),
                    })
                });
                return true;
            }
            "response.output_item.added" => self.item(&event).announced = event["item"].take(),
            "response.output_item.done" => {
                let item = self.item(&event);
                item.announced = event["item"].take();
                item.finished = true;
            }
            "response.output_text.delta" => self.item(&event).text.push_str(&delta),
            "response.refusal.delta" => self.item(&event).refusal.push_str(&delta),
            "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
                self.item(&event).reasoning.push_str(&delta);
            }
            "response.reasoning_summary_part.added" => part_ways(&mut self.item(&event).reasoning),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.item(&event).arguments.push_str(&delta)
            }
            _ => {}
        }
        false
    }

    fn settled(&self) -> bool {
        false
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        let items = match self.items {
            Some(items) => items,
            None if self.partial.is_empty() => return,
            None => self.partial.into_values().map(Item::into_value).collect(),
        };
        call.output = output(items, &mut call.logprobs);
    }
}

impl Item {
    /// The item with what had arrived of it.
    fn into_value(self) -> Value {
        let mut item = self.announced;
        if self.finished {
            return item;
        }
        if !item.is_object() {
            item = json!({ "type": "message" });
        }
        if !self.arguments.is_empty() {
            let is_custom = item["type"] == "custom_tool_call";
            item[if is_custom { "input" } else { "arguments" }] = self.arguments.into();
        }
        if !self.reasoning.is_empty() {
            item["summary"] = json!([{ "type": "summary_text", "text": self.reasoning }]);
        }
        let mut content = Vec::new();
        if !self.text.is_empty() {
            content.push(json!({ "type": "output_text", "text": self.text }));
        }
        if !self.refusal.is_empty() {
            content.push(json!({ "type": "refusal", "refusal": self.refusal }));
        }
        if !content.is_empty() {
            item["content"] = content.into();
        }
        item
    }
}

/// Begins a new paragraph of what is not empty.
fn part_ways(text: &mut String) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
}

/// The items as one message.
fn output(items: Vec<Value>, logprobs: &mut Vec<Value>) -> Value {
    let mut spoken = Spoken::default();
    for item in &items {
        let parts = |key: &str| {
            item.get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        match item["type"].as_str() {
            Some("message") => {
                for part in parts("content") {
                    if let Some(text) = part["text"].as_str() {
                        spoken.say(text);
                    }
                    spoken.refusal += part["refusal"].as_str().unwrap_or_default();
                    let tokens = part["logprobs"].as_array().into_iter().flatten();
                    logprobs.extend(tokens.cloned().map(token));
                }
            }
            Some("reasoning") => {
                for part in parts("summary") {
                    part_ways(&mut spoken.reasoning);
                    spoken.reasoning += part["text"].as_str().unwrap_or_default();
                }
                for part in parts("content") {
                    spoken.reasoning += part["text"].as_str().unwrap_or_default();
                }
            }
            Some(kind @ ("function_call" | "custom_tool_call")) => {
                let is_custom = kind == "custom_tool_call";
                spoken.calls.push(tool_call(
                    item["call_id"].clone(),
                    item["name"].clone(),
                    item[if is_custom { "input" } else { "arguments" }].clone(),
                ));
            }
            _ => spoken.is_partial = true,
        }
    }
    spoken.into_output(items)
}
