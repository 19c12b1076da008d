use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::calls::Calls;
use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::error::take_error;
use crate::llm::message::{
    Spoken, index_of, output_of, put_all, take, take_list, take_string, text_of,
};
use crate::llm::tokens::token;

/// `generateContent` and its stream, of which each event is a small answer of the same form.
#[derive(Default)]
pub(super) struct Generate {
    candidates: BTreeMap<u64, Candidate>,
    /// How many of them have given their reason to end.
    ended: usize,
    /// Why the prompt was not answered.
    block_reason: Option<String>,
}

#[derive(Default)]
struct Candidate {
    parts: Vec<Value>,
    finish_reason: Option<String>,
    logprobs: Vec<Value>,
    /// What it was based on, and why it ended.
    about: Map<String, Value>,
}

/// What is kept of a candidate as it came. Events repeat it and let it grow.
const ABOUT: [&str; 4] = [
    "groundingMetadata",
    "urlContextMetadata",
    "citationMetadata",
    "finishMessage",
];

impl Reader for Generate {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        // A plain answer is a stream of one event.
        let answer = serde_json::from_slice(body)?;
        self.event(call, answer);
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        take_error(call, &event);
        for (key, field) in [
            ("responseId", &mut call.response_id),
            ("modelVersion", &mut call.model),
        ] {
            if let Some(text) = take_string(&mut event, key).filter(|it| !it.is_empty()) {
                *field = Some(text);
            }
        }
        if let Some(usage) = event.get("usageMetadata").filter(|it| it.is_object()) {
            // Events may leave out counts that an earlier one gave.
            call.usage = call.usage.grown(super::usage(usage));
        }
        if let Some(feedback) = event.get("promptFeedback") {
            let reason = text_of(feedback, "blockReason").map(str::to_owned);
            self.block_reason = reason.or(self.block_reason.take());
        }
        for mut part in take_list(&mut event, "candidates") {
            let candidate = self.candidates.entry(index_of(&part)).or_default();
            if let Some(reason) = take_string(&mut part, "finishReason") {
                let before = candidate.finish_reason.replace(reason);
                self.ended += usize::from(before.is_none());
            }
            for key in ABOUT {
                let about = take(&mut part, key);
                if !about.is_null() {
                    candidate.about.insert(key.to_owned(), about);
                }
            }
            if let Some(logprobs) = part.get_mut("logprobsResult") {
                candidate.logprobs.extend(tokens(logprobs));
            }
            if let Some(content) = part.get_mut("content") {
                take_list(content, "parts")
                    .into_iter()
                    .for_each(|part| candidate.add(part));
            }
        }
        self.settled()
    }

    fn settled(&self) -> bool {
        let all_ended = self.ended == self.candidates.len() && self.ended > 0;
        self.block_reason.is_some() || all_ended
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        call.finish_reason = self.block_reason;
        let mut listed = Vec::new();
        let mut items = None;
        let mut about = Map::new();
        for (index, candidate) in self.candidates {
            let spoken = candidate.spoken();
            if listed.is_empty() {
                call.finish_reason = candidate
                    .finish_reason
                    .clone()
                    .or(call.finish_reason.take());
                call.logprobs = candidate.logprobs;
                items = spoken.is_partial.then_some(candidate.parts);
                about.clone_from(&candidate.about);
            }
            let mut choice = json!({
                "index": index,
                "message": spoken.into_message(),
                "finish_reason": candidate.finish_reason,
            });
            put_all(&mut choice, candidate.about);
            listed.push(choice);
        }
        call.output = output_of(listed);
        if let Some(items) = items {
            call.output["items"] = items.into();
        }
        put_all(&mut call.output, about);
    }
}

impl Candidate {
    /// Adds a part, without its signature. Text is appended to the text before it.
    fn add(&mut self, mut part: Value) {
        if let Some(fields) = part.as_object_mut() {
            fields.remove("thoughtSignature");
        }
        if let Some(last) = self.parts.last_mut()
            && is_text(last)
            && is_text(&part)
            && is_thought(last) == is_thought(&part)
            && let Some(Value::String(text)) = last.get_mut("text")
        {
            text.push_str(part["text"].as_str().unwrap_or_default());
            return;
        }
        self.parts.push(part);
    }

    fn spoken(&self) -> Spoken {
        let mut spoken = Spoken::default();
        let mut calls = Calls::default();
        for part in &self.parts {
            if let Some(call) = part.get("functionCall") {
                spoken.is_partial |= !calls.add(call);
            } else if let Some(text) = part.get("text").and_then(Value::as_str) {
                if is_thought(part) {
                    spoken.reasoning += text;
                } else {
                    spoken.say(text);
                }
            } else {
                spoken.is_partial |= part.as_object().is_some_and(|part| !part.is_empty());
            }
        }
        spoken.calls = calls.finish();
        spoken
    }
}

fn is_text(part: &Value) -> bool {
    part.get("text").is_some_and(Value::is_string)
}

fn is_thought(part: &Value) -> bool {
    part.get("thought").and_then(Value::as_bool) == Some(true)
}

/// The chosen tokens, each with the likeliest ones at its place.
fn tokens(result: &mut Value) -> Vec<Value> {
    let mut top = take_list(result, "topCandidates").into_iter();
    let chosen = take_list(result, "chosenCandidates").into_iter();
    chosen
        .map(|mut chosen| {
            let others = top.next().map(|mut it| take_list(&mut it, "candidates"));
            if let (Some(fields), Some(others)) = (chosen.as_object_mut(), others) {
                fields.insert("top".to_owned(), others.into());
            }
            token(chosen)
        })
        .collect()
}
