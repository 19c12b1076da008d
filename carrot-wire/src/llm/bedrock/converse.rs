use std::collections::BTreeMap;

use serde_json::Value;

use super::block::{Block, output};
use super::usage::usage;
use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::error::take_error;
use crate::llm::message::{take, take_list, text_of};

/// Converse: a message of content blocks, which a stream opens, fills and closes one by one.
#[derive(Default)]
pub(super) struct Converse {
    /// The content of a plain answer.
    whole: Option<Vec<Value>>,
    blocks: BTreeMap<u64, Block>,
    is_settled: bool,
}

impl Converse {
    fn stop(&mut self, call: &mut LlmCall, json: &Value) {
        if let Some(reason) = text_of(json, "stopReason") {
            call.finish_reason = Some(reason.to_owned());
            self.is_settled = true;
        }
    }

    fn block(&mut self, event: &Value) -> &mut Block {
        let index = event.get("contentBlockIndex").and_then(Value::as_u64);
        self.blocks.entry(index.unwrap_or(0)).or_default()
    }
}

/// Takes what a plain answer and the last event of a stream have in common.
fn take_counts(call: &mut LlmCall, json: &Value) {
    if let Some(counts) = json.get("usage").filter(|it| it.is_object()) {
        call.usage = usage(counts);
    }
    let tier = json.get("serviceTier");
    if let Some(tier) = tier.and_then(|tier| text_of(tier, "type")) {
        call.service_tier = Some(tier.to_owned());
    }
    // A prompt router says which model it chose.
    let router = json.pointer("/trace/promptRouter");
    if let Some(model) = router.and_then(|router| text_of(router, "invokedModelId")) {
        call.model = Some(model.to_owned());
    }
}

impl Reader for Converse {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let mut answer: Value = serde_json::from_slice(body)?;
        take_error(call, &answer);
        self.stop(call, &answer);
        take_counts(call, &answer);
        if let Some(message @ Value::Object(_)) = answer.pointer_mut("/output/message") {
            self.whole = Some(take_list(message, "content"));
        }
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        let Some((kind, event)) = event.as_object_mut().and_then(|it| it.iter_mut().next()) else {
            return false;
        };
        match kind.as_str() {
            "contentBlockStart" => {
                let start = take(event, "start");
                self.block(event).announce(start);
            }
            "contentBlockDelta" => {
                let delta = take(event, "delta");
                self.block(event).add(delta);
            }
            "messageStop" => self.stop(call, event),
            "metadata" => {
                take_counts(call, event);
                return self.is_settled;
            }
            "error" => {
                let error = serde_json::json!({ "error": event.take() });
                take_error(call, &error);
                return true;
            }
            _ => {}
        }
        false
    }

    fn settled(&self) -> bool {
        self.is_settled
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        let Converse {
            whole,
            blocks,
            is_settled,
        } = *self;
        let streamed = || blocks.into_values().map(Block::into_value).collect();
        let blocks: Vec<Value> = whole.unwrap_or_else(streamed);
        if !blocks.is_empty() || is_settled {
            call.output = output(blocks);
        }
    }
}
