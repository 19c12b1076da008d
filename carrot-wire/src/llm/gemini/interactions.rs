use std::collections::BTreeMap;

use serde_json::Value;

use super::step::{Step, output};
use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::error::take_error;
use crate::llm::message::{index_of, take, take_list, text_of};

/// The interactions API: a list of steps, which a stream opens, fills and closes one by one. Before
/// May 2026 it was a list of `outputs`, and the events were named `content.*`.
#[derive(Default)]
pub(super) struct Interactions {
    steps: BTreeMap<u64, Step>,
    /// The steps of a whole answer.
    whole: Option<Vec<Value>>,
}

impl Interactions {
    fn interaction(&mut self, call: &mut LlmCall, interaction: &mut Value) {
        take_error(call, interaction);
        for (key, field) in [
            ("id", &mut call.response_id),
            ("model", &mut call.model),
            ("status", &mut call.finish_reason),
        ] {
            if let Some(text) = text_of(interaction, key) {
                *field = Some(text.to_owned());
            }
        }
        // An agent answers in place of a model.
        if call.model.is_none() {
            call.model = text_of(interaction, "agent").map(str::to_owned);
        }
        if let Some(usage) = interaction.get("usage").filter(|it| it.is_object()) {
            call.usage = super::interaction_usage(usage);
        }
        let lists = ["steps", "outputs"].map(|key| take_list(interaction, key));
        let whole = lists.into_iter().find(|list| !list.is_empty());
        self.whole = whole.or(self.whole.take());
    }

    fn step(&mut self, event: &Value) -> &mut Step {
        self.steps.entry(index_of(event)).or_default()
    }
}

impl Reader for Interactions {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        let mut interaction: Value = serde_json::from_slice(body)?;
        if interaction.is_object() {
            self.interaction(call, &mut interaction);
        }
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        match text_of(&event, "event_type").unwrap_or_default() {
            "interaction.created" | "interaction.start" => {
                self.interaction(call, &mut take(&mut event, "interaction"));
            }
            "interaction.completed" | "interaction.complete" => {
                self.interaction(call, &mut take(&mut event, "interaction"));
                return true;
            }
            "interaction.status_update" => {
                if let Some(status) = text_of(&event, "status") {
                    call.finish_reason = Some(status.to_owned());
                }
            }
            "step.start" => {
                let step = take(&mut event, "step");
                self.step(&event).announce(step);
            }
            "content.start" => {
                let step = take(&mut event, "content");
                self.step(&event).announce(step);
            }
            "step.delta" | "content.delta" => {
                let delta = take(&mut event, "delta");
                if delta.is_object() {
                    self.step(&event).add(delta);
                }
            }
            "error" => {
                take_error(call, &event);
                return true;
            }
            _ => take_error(call, &event),
        }
        false
    }

    fn settled(&self) -> bool {
        false
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        let steps = match self.whole {
            Some(steps) => steps,
            None if self.steps.is_empty() => return,
            None => self.steps.into_values().map(Step::into_value).collect(),
        };
        call.output = output(steps);
    }
}
