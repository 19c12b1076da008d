use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::message::Message;
use super::take_common;
use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::message::{index_of, output_of, take_list, take_string};
use crate::llm::tokens::{token, with_ids};

/// Chat completions: choices with a `message`, or streamed with a `delta` of one.
#[derive(Default)]
pub(super) struct Chat {
    choices: BTreeMap<u64, Choice>,
    /// vLLM gives the prompt's tokens where it is asked to.
    prompt_ids: Vec<Value>,
}

#[derive(Default)]
struct Choice {
    /// A message that came in one piece.
    whole: Option<Value>,
    /// A message that came in deltas.
    joined: Message,
    finish_reason: Option<String>,
    logprobs: Vec<Value>,
    ids: Vec<Value>,
}

impl Reader for Chat {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        // A plain answer is a stream of one event, with messages in place of deltas.
        let answer = serde_json::from_slice(body)?;
        self.event(call, answer);
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        take_common(call, &event);
        self.prompt_ids
            .extend(take_list(&mut event, "prompt_token_ids"));
        let choices = event.get_mut("choices").and_then(Value::as_array_mut);
        for part in choices.into_iter().flatten() {
            let choice = self.choices.entry(index_of(part)).or_default();
            choice.ids.extend(take_list(part, "token_ids"));
            if let Some(Value::Object(delta)) = part.get_mut("delta").map(Value::take) {
                choice.joined.join(delta);
            }
            if let Some(message @ Value::Object(_)) = part.get_mut("message").map(Value::take) {
                choice.whole = Some(message);
            }
            choice.finish_reason =
                take_string(part, "finish_reason").or(choice.finish_reason.take());
            for list in ["/logprobs/content", "/logprobs/refusal"] {
                if let Some(Value::Array(tokens)) = part.pointer_mut(list).map(Value::take) {
                    choice.logprobs.extend(tokens.into_iter().map(token));
                }
            }
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
            let message = choice.whole.unwrap_or_else(|| choice.joined.into_value());
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
