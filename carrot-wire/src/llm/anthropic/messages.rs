use std::collections::BTreeMap;

use serde_json::Value;

use super::block::{Block, output};
use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::error::take_error;
use crate::llm::message::{index_of, take, take_list, text_of};
use crate::llm::usage::cost;

/// The messages API: a list of content blocks, which a stream opens, fills and closes one by one.
#[derive(Default)]
pub(super) struct Messages {
    blocks: BTreeMap<u64, Block>,
    /// Whether a message has come at all.
    is_message: bool,
    /// Whether the reason has come why it ends.
    is_settled: bool,
}

impl Messages {
    fn message(&mut self, call: &mut LlmCall, message: &mut Value) {
        self.is_message |= message.is_object();
        if let Some(id) = text_of(message, "id") {
            call.response_id = Some(id.to_owned());
        }
        if let Some(model) = text_of(message, "model") {
            call.model = Some(model.to_owned());
        }
        self.stop(call, message);
        take_usage(call, message);
        let blocks = take_list(message, "content").into_iter();
        for (index, block) in (0..).zip(blocks.filter(Value::is_object)) {
            self.blocks.insert(index, Block::new(block));
        }
    }

    fn stop(&mut self, call: &mut LlmCall, message: &Value) {
        if let Some(reason) = text_of(message, "stop_reason") {
            call.finish_reason = Some(reason.to_owned());
            self.is_settled = true;
        }
    }
}

/// A stream repeats its counts and lets them grow.
fn take_usage(call: &mut LlmCall, json: &Value) {
    if let Some(usage) = json.get("usage") {
        call.usage = call.usage.grown(super::usage(usage));
        call.cost = cost(usage).or(call.cost);
        if let Some(tier) = text_of(usage, "service_tier") {
            call.service_tier = Some(tier.to_owned());
        }
    }
}

impl Reader for Messages {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let mut message: Value = serde_json::from_slice(body)?;
        take_error(call, &message);
        if message.get("error").is_none() {
            self.message(call, &mut message);
        }
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        let kind = text_of(&event, "type").unwrap_or_default();
        match kind {
            "message_start" => self.message(call, &mut take(&mut event, "message")),
            "content_block_start" => {
                let block = self.blocks.entry(index_of(&event)).or_default();
                block.announce(take(&mut event, "content_block"));
            }
            "content_block_delta" => {
                let block = self.blocks.entry(index_of(&event)).or_default();
                block.add(take(&mut event, "delta"));
            }
            "message_delta" => {
                self.stop(call, &event["delta"]);
                take_usage(call, &event);
                // Nothing of the message follows a reason to stop, and some clients read no further.
                return self.is_settled;
            }
            "message_stop" => return true,
            // A whole message in one event.
            "message" => {
                self.message(call, &mut event);
                return self.is_settled;
            }
            _ => {
                take_error(call, &event);
                return kind == "error";
            }
        }
        false
    }

    fn settled(&self) -> bool {
        self.is_settled
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        if self.is_message || !self.blocks.is_empty() {
            call.output = output(self.blocks.into_values().map(Block::into_value).collect());
        }
    }
}
