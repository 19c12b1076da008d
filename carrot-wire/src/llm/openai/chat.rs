use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::message::Message;
use super::take_common;
use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::message::{index_of, output_of, put_all, take, take_list, take_string};
use crate::llm::tokens::{token, with_ids};

/// Chat completions: choices with a `message`, or streamed with a `delta` of one.
#[derive(Default)]
pub(super) struct Chat {
    choices: BTreeMap<u64, Choice>,
    /// vLLM gives the prompt's tokens where it is asked to.
    prompt_ids: Vec<Value>,
    /// What servers say beside the choices.
    about: Map<String, Value>,
}

/// What is kept of an answer as it came: what Azure's filter says of the prompt, and the sources of
/// Perplexity. The last event counts.
const ABOUT: [&str; 3] = ["prompt_filter_results", "citations", "search_results"];

/// Where Azure's filter speaks of a choice, kind by kind.
const FILTER: &str = "content_filter_results";

#[derive(Default)]
struct Choice {
    /// A message that came in one piece.
    whole: Option<Value>,
    /// A message that came in deltas.
    joined: Message,
    finish_reason: Option<String>,
    logprobs: Vec<Value>,
    ids: Vec<Value>,
    filter: Map<String, Value>,
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
        for key in ABOUT {
            let about = take(&mut event, key);
            if !about.is_null() {
                self.about.insert(key.to_owned(), about);
            }
        }
        let choices = event.get_mut("choices").and_then(Value::as_array_mut);
        for part in choices.into_iter().flatten() {
            let choice = self.choices.entry(index_of(part)).or_default();
            choice.ids.extend(take_list(part, "token_ids"));
            if let Value::Object(kinds) = take(part, FILTER) {
                choice.filter.extend(kinds);
            }
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

    fn finish(mut self: Box<Self>, call: &mut LlmCall) {
        let mut listed = Vec::new();
        for (index, choice) in self.choices {
            let message = choice.whole.unwrap_or_else(|| choice.joined.into_value());
            if listed.is_empty() {
                call.finish_reason.clone_from(&choice.finish_reason);
                call.logprobs = with_ids(choice.logprobs, choice.ids);
                let filter = choice.filter.clone();
                self.about.extend(filter_field(filter));
            }
            let mut one = json!({ "index": index, "message": message, "finish_reason": choice.finish_reason });
            put_all(&mut one, filter_field(choice.filter).into_iter().collect());
            listed.push(one);
        }
        call.output = output_of(listed);
        put_all(&mut call.output, self.about);
        super::put_prompt_ids(call, self.prompt_ids);
    }
}

/// What the filter says of a choice, where it says anything.
fn filter_field(kinds: Map<String, Value>) -> Option<(String, Value)> {
    (!kinds.is_empty()).then(|| (FILTER.to_owned(), kinds.into()))
}
