use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::take_common;
use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::message::{index_of, output_of, take, take_list, take_string};
use crate::llm::tokens::{token, with_ids};

/// The older text API: choices carry `text`, plain and streamed alike.
#[derive(Default)]
pub(super) struct Completions {
    choices: BTreeMap<u64, Choice>,
    /// vLLM gives the prompt's tokens where it is asked to.
    prompt_ids: Vec<Value>,
}

#[derive(Default)]
struct Choice {
    text: String,
    finish_reason: Option<String>,
    logprobs: Vec<Value>,
    ids: Vec<Value>,
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
            choice.logprobs.extend(tokens(take(part, "logprobs")));
            choice.ids.extend(take_list(part, "token_ids"));
            self.prompt_ids.extend(take_list(part, "prompt_token_ids"));
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
                call.logprobs = with_ids(choice.logprobs, choice.ids);
            }
            listed.push(json!({ "index": index, "message": message, "finish_reason": choice.finish_reason }));
        }
        call.output = output_of(listed);
        super::put_prompt_ids(call, self.prompt_ids);
    }
}

/// The tokens of a choice. They come as parallel arrays, or in the form of chat completions
/// (llama.cpp).
fn tokens(mut logprobs: Value) -> Vec<Value> {
    let entries = take_list(&mut logprobs, "content");
    if !entries.is_empty() {
        return entries.into_iter().map(token).collect();
    }
    let mut values = take_list(&mut logprobs, "token_logprobs").into_iter();
    let mut top = take_list(&mut logprobs, "top_logprobs").into_iter();
    let one = |text: Value| {
        token(json!({
            "token": text,
            "logprob": values.next().unwrap_or_default(),
            "top": top.next().unwrap_or_default(),
        }))
    };
    take_list(&mut logprobs, "tokens")
        .into_iter()
        .map(one)
        .collect()
}
