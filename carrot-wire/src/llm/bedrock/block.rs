use serde_json::{Map, Value, json};

use crate::llm::message::{Spoken, take, take_string, text_of, tool_call};

/// A content block: as it was announced, and what has been added to it since.
#[derive(Default)]
pub(super) struct Block {
    announced: Value,
    text: String,
    reasoning: String,
    /// The text of a tool's input.
    input: String,
    citations: Vec<Value>,
    /// What a message has no place for.
    other: Map<String, Value>,
}

impl Block {
    pub(super) fn announce(&mut self, start: Value) {
        self.announced = start;
    }

    pub(super) fn add(&mut self, mut delta: Value) {
        if let Some(text) = take_string(&mut delta, "text") {
            self.text += &text;
        }
        if let Some(input) = take_string(&mut take(&mut delta, "toolUse"), "input") {
            self.input += &input;
        }
        if let Some(text) = take_string(&mut take(&mut delta, "reasoningContent"), "text") {
            self.reasoning += &text;
        }
        match take(&mut delta, "citation") {
            Value::Null => {}
            citation => self.citations.push(citation),
        }
        if let Value::Object(rest) = delta {
            self.other
                .extend(rest.into_iter().filter(|(_, value)| !value.is_null()));
        }
    }

    /// The block as a plain answer has it; a tool's input that is no whole JSON stays text.
    pub(super) fn into_value(mut self) -> Value {
        let mut tool = take(&mut self.announced, "toolUse");
        if tool.is_object() || !self.input.is_empty() {
            if !tool.is_object() {
                tool = json!({});
            }
            tool["input"] = match self.input.as_str() {
                "" => json!({}),
                text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            };
            return json!({ "toolUse": tool });
        }
        if !self.reasoning.is_empty() {
            return json!({ "reasoningContent": { "reasoningText": { "text": self.reasoning } } });
        }
        if !self.citations.is_empty() {
            let content = json!([{ "text": self.text }]);
            return json!({ "citationsContent": { "content": content, "citations": self.citations } });
        }
        if self.text.is_empty() && !self.other.is_empty() {
            return self.other.into();
        }
        json!({ "text": self.text })
    }
}

/// The blocks of an answer as one message.
pub(super) fn output(blocks: Vec<Value>) -> Value {
    let mut spoken = Spoken::default();
    for block in &blocks {
        for (kind, content) in block.as_object().into_iter().flatten() {
            match kind.as_str() {
                "text" => spoken.say(content.as_str().unwrap_or_default()),
                "toolUse" => spoken.calls.push(tool_call(
                    content["toolUseId"].clone(),
                    content["name"].clone(),
                    content["input"].clone(),
                )),
                "reasoningContent" => {
                    let text = content.get("reasoningText");
                    let text = text.and_then(|text| text_of(text, "text"));
                    // What is redacted nobody but the server can read.
                    spoken.reasoning += text.unwrap_or_default();
                }
                "citationsContent" => {
                    let said = content.get("content").and_then(Value::as_array);
                    for text in said
                        .into_iter()
                        .flatten()
                        .filter_map(|it| text_of(it, "text"))
                    {
                        spoken.say(text);
                    }
                    spoken.is_partial = true;
                }
                _ => spoken.is_partial = true,
            }
        }
    }
    spoken.into_output(blocks)
}
