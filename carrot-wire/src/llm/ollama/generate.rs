use serde_json::Value;

use crate::llm::LlmCall;
use crate::llm::body::Reader;
use crate::llm::error::take_error;
use crate::llm::message::{Spoken, take_list, take_string, text_of, tool_call};
use crate::llm::tokens::token;

/// `/api/chat`, whose text lies in a `message`, and `/api/generate`, whose text lies in `response`.
#[derive(Default)]
pub(super) struct Generate {
    spoken: Spoken,
    /// Whether anything has come.
    is_answer: bool,
    is_done: bool,
}

impl Generate {
    fn message(&mut self, message: &mut Value, text: &str) {
        if let Some(text) = take_string(message, text) {
            self.spoken.say(&text);
        }
        self.spoken.reasoning += &take_string(message, "thinking").unwrap_or_default();
        for mut call in take_list(message, "tool_calls") {
            let id = call.get("id").cloned().unwrap_or_default();
            if let Some(Value::Object(mut function)) = call.get_mut("function").map(Value::take) {
                let mut take = |key| function.remove(key).unwrap_or_default();
                let call = tool_call(id, take("name"), take("arguments"));
                self.spoken.calls.push(call);
            }
        }
    }
}

impl Reader for Generate {
    fn whole(&mut self, call: &mut LlmCall, body: &[u8]) -> serde_json::Result<()> {
        // A plain answer is a stream of one line.
        let answer = serde_json::from_slice(body)?;
        self.event(call, answer);
        Ok(())
    }

    fn event(&mut self, call: &mut LlmCall, mut event: Value) -> bool {
        take_error(call, &event);
        if let Some(model) = text_of(&event, "model") {
            call.model = Some(model.to_owned());
        }
        for entry in take_list(&mut event, "logprobs") {
            call.logprobs.push(token(entry));
        }
        if let Some(message) = event.get_mut("message").filter(|it| it.is_object()) {
            self.is_answer = true;
            self.message(message, "content");
        } else if event.get("response").is_some_and(Value::is_string) {
            self.is_answer = true;
            self.message(&mut event, "response");
        }
        if event.get("done").and_then(Value::as_bool) == Some(true) {
            self.is_done = true;
            call.finish_reason = take_string(&mut event, "done_reason");
            call.usage = super::usage(&event);
        }
        self.is_done
    }

    fn settled(&self) -> bool {
        self.is_done
    }

    fn finish(self: Box<Self>, call: &mut LlmCall) {
        if self.is_answer {
            call.output = self.spoken.into_output(Vec::new());
        }
    }
}
