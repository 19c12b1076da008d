use serde_json::{Value, json};

use crate::llm::message::{Spoken, take_string, text_of, tool_call};

/// A content block: as it was announced, and what has been added to it since.
#[derive(Default)]
pub(super) struct Block {
    announced: Value,
    /// Text, thinking, or the summary of a compaction.
    text: String,
    signature: String,
    /// The text of a tool's input.
    input: String,
    citations: Vec<Value>,
}

impl Block {
    pub(super) fn new(announced: Value) -> Block {
        Block {
            announced,
            ..Block::default()
        }
    }

    /// Announces a block of which something may have come already.
    pub(super) fn announce(&mut self, block: Value) {
        self.announced = block;
    }

    pub(super) fn add(&mut self, mut delta: Value) {
        let mut take = |key| take_string(&mut delta, key).unwrap_or_default();
        self.text += &take("text");
        self.text += &take("thinking");
        self.text += &take("content");
        self.signature += &take("signature");
        self.input += &take("partial_json");
        if let Some(citation) = delta.get_mut("citation") {
            self.citations.push(citation.take());
        }
    }

    /// The block as a plain answer has it; a tool's input that is no whole JSON stays text.
    pub(super) fn into_value(self) -> Value {
        let mut block = self.announced;
        if !block.is_object() {
            let kind = if self.input.is_empty() {
                "text"
            } else {
                "tool_use"
            };
            block = json!({ "type": kind });
        }
        let kind = text_of(&block, "type").unwrap_or_default();
        let key = match kind {
            "thinking" => "thinking",
            "compaction" => "content",
            _ => "text",
        };
        for (key, more) in [(key, self.text), ("signature", self.signature)] {
            if !more.is_empty() {
                let before = take_string(&mut block, key).unwrap_or_default();
                block[key] = (before + &more).into();
            }
        }
        if !self.input.is_empty() {
            block["input"] = serde_json::from_str(&self.input).unwrap_or(self.input.into());
        }
        if !self.citations.is_empty() {
            block["citations"] = self.citations.into();
        }
        block
    }
}

/// The blocks of an answer as one message.
pub(super) fn output(blocks: Vec<Value>) -> Value {
    let mut spoken = Spoken::default();
    for block in &blocks {
        match text_of(block, "type").unwrap_or_default() {
            "text" => {
                spoken.say(block["text"].as_str().unwrap_or_default());
                let citations = block.get("citations").and_then(Value::as_array);
                spoken.is_partial |= citations.is_some_and(|it| !it.is_empty());
            }
            "thinking" => spoken.reasoning += block["thinking"].as_str().unwrap_or_default(),
            "tool_use" => spoken.calls.push(tool_call(
                block["id"].clone(),
                block["name"].clone(),
                block["input"].clone(),
            )),
            // Nobody but the server can read it.
            "redacted_thinking" => {}
            _ => spoken.is_partial = true,
        }
    }
    spoken.into_output(blocks)
}
