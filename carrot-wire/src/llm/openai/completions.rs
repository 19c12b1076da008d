use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{index_of, take_common, take_string};
use crate::llm::LlmCall;
use crate::llm::body::Reader;

/// The older text API: choices carry `text`, plain and streamed alike.
#[derive(Default)]
pub(super) struct Completions {
    choices: BTreeMap<u64, Choice>,
}

#[derive(Default)]
struct Choice {
    text: String,
    finish_reason: Option<String>,
    logprobs: Vec<Value>,
}

impl Reader for Completions {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        // A plain answer is a stream of one event.
        let answer = serde_json::from_slice(body)?;
        self.event(call, answer);
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        take_common(call, &event);
        let choices = event.get_mut("choices").and_then(Value::as_array_mut);
        for part in choices.into_iter().flatten() {
            let choice = self.choices.entry(index_of(part)).or_default();
            choice
                .text
                .push_str(&take_string(part, "text").unwrap_or_default());
            choice.finish_reason =
                take_string(part, "finish_reason").or(choice.finish_reason.take());
            choice.logprobs.extend(tokens(&part["logprobs"]));
        }
        false
    }

    fn settled(&self) -> bool {
        self.choices
            .values()
            .any(|choice| choice.finish_reason.is_some())
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        let mut listed = Vec::new();
        for (index, choice) in self.choices {
            let message = json!({ "role": "assistant", "content": choice.text });
            if listed.is_empty() {
                call.finish_reason.clone_from(&choice.finish_reason);
                call.logprobs = choice.logprobs;
            }
            listed.push(json!({ "index": index, "message": message, "finish_reason": choice.finish_reason }));
        }
        call.output = super::message::output_of(listed);
    }
}

/// The parallel arrays of this API as one entry per token, the form chat completions use.
fn tokens(logprobs: &Value) -> Vec<Value> {
    let list = |key: &str| {
        logprobs
            .get(key)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice)
    };
    let (values, top) = (list("token_logprobs"), list("top_logprobs"));
    let entry = |(at, token): (usize, &Value)| {
        let mut entry = Map::new();
        entry.insert("token".to_owned(), token.clone());
        entry.insert(
            "logprob".to_owned(),
            values.get(at).cloned().unwrap_or_default(),
        );
        if let Some(top) = top.get(at) {
            entry.insert("top_logprobs".to_owned(), top.clone());
        }
        Value::Object(entry)
    };
    list("tokens").iter().enumerate().map(entry).collect()
}
