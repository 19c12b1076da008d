use serde_json::{Value, json};

use crate::llm::message::{Spoken, take, take_list, take_string, text_of, tool_call};

/// A step of an interaction: as it was announced, and what has been added to it since.
#[derive(Default)]
pub(super) struct Step {
    announced: Value,
    text: String,
    thoughts: String,
    arguments: String,
    /// What the text is based on.
    annotations: Vec<Value>,
    /// Content that is no text: images, sound, documents.
    others: Vec<Value>,
}

impl Step {
    pub(super) fn announce(&mut self, step: Value) {
        self.announced = step;
    }

    pub(super) fn add(&mut self, mut delta: Value) {
        let kind = take_string(&mut delta, "type").unwrap_or_default();
        match kind.as_str() {
            "text" => self.text += &take_string(&mut delta, "text").unwrap_or_default(),
            "thought_summary" | "thought" => {
                let summary = take_string(&mut take(&mut delta, "content"), "text");
                let plain = || take_string(&mut delta, "text");
                self.thoughts += &summary.or_else(plain).unwrap_or_default();
            }
            "arguments_delta" | "arguments" => {
                self.arguments += &take_string(&mut delta, "arguments").unwrap_or_default();
            }
            "text_annotation" | "text_annotation_delta" => {
                self.annotations
                    .extend(take_list(&mut delta, "annotations"));
            }
            "thought_signature" => {}
            // The older form sends such content whole, in place of an announcement that was empty.
            _ if is_step(&kind) => {
                delta["type"] = kind.into();
                self.announced = delta;
            }
            _ => {
                delta["type"] = kind.into();
                self.others.push(delta);
            }
        }
    }

    /// The step as a plain answer has it.
    pub(super) fn into_value(self) -> Value {
        let mut step = self.announced;
        if !step.is_object() {
            let kind = match (self.thoughts.is_empty(), self.arguments.is_empty()) {
                (_, false) => "function_call",
                (false, true) => "thought",
                (true, true) => "model_output",
            };
            step = json!({ "type": kind });
        }
        if !self.arguments.is_empty() {
            step["arguments"] = self.arguments.into();
        }
        if !self.thoughts.is_empty() {
            let mut summary = take_list(&mut step, "summary");
            push_text(&mut summary, self.thoughts);
            step["summary"] = summary.into();
        }
        if text_of(&step, "type") == Some("text") {
            let before = take_string(&mut step, "text").unwrap_or_default();
            step["text"] = (before + &self.text).into();
            annotate(&mut step, self.annotations);
        } else if !self.text.is_empty() || !self.others.is_empty() {
            let mut content = take_list(&mut step, "content");
            if !self.text.is_empty() {
                push_text(&mut content, self.text);
            }
            if let Some(last) = content.last_mut() {
                annotate(last, self.annotations);
            }
            content.extend(self.others);
            step["content"] = content.into();
        }
        step
    }
}

fn annotate(text: &mut Value, more: Vec<Value>) {
    if !more.is_empty() && text.is_object() {
        let mut all = take_list(text, "annotations");
        all.extend(more);
        text["annotations"] = all.into();
    }
}

/// Whether a text says what it is based on, for which a message has no place.
fn is_annotated(text: &Value) -> bool {
    let annotations = text.get("annotations").and_then(Value::as_array);
    annotations.is_some_and(|it| !it.is_empty())
}

fn is_step(kind: &str) -> bool {
    kind.ends_with("_call") || kind.ends_with("_result")
}

/// Appends to the text that stands last.
fn push_text(content: &mut Vec<Value>, text: String) {
    if let Some(last) = content.last_mut()
        && let Some(Value::String(before)) = last.get_mut("text")
    {
        before.push_str(&text);
    } else {
        content.push(json!({ "type": "text", "text": text }));
    }
}

/// The steps of an interaction, or the outputs of its older form, as one message.
pub(super) fn output(mut steps: Vec<Value>) -> Value {
    for step in &mut steps {
        if let Some(step) = step.as_object_mut() {
            step.remove("signature");
        }
    }
    // What was asked may come back among the steps.
    steps.retain(|step| text_of(step, "type") != Some("user_input"));
    let mut spoken = Spoken::default();
    for step in &steps {
        let list = |key: &str| {
            step.get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        match text_of(step, "type").unwrap_or_default() {
            "text" => {
                spoken.say(step["text"].as_str().unwrap_or_default());
                spoken.is_partial |= is_annotated(step);
            }
            "model_output" => {
                for part in list("content") {
                    spoken.is_partial |= is_annotated(part);
                    match part["text"].as_str() {
                        Some(text) => spoken.say(text),
                        None => spoken.is_partial = true,
                    }
                }
            }
            "thought" => {
                for part in list("summary") {
                    spoken.reasoning += part["text"].as_str().unwrap_or_default();
                }
            }
            "function_call" => {
                let id = step.get("id").or_else(|| step.get("call_id"));
                spoken.calls.push(tool_call(
                    id.cloned().unwrap_or_default(),
                    step["name"].clone(),
                    step["arguments"].clone(),
                ));
            }
            _ => spoken.is_partial = true,
        }
    }
    spoken.into_output(steps)
}
