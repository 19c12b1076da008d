//! Whole exchanges with model servers, cleared of what is taken out of records.
//!
//! A request is one JSON value. An answer is cleared event by event, so that it can still be given again; where what it
//! says holds more than its events show one by one, it is withheld.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use carrot_wire::llm::LlmCall;
use carrot_wire::recording::{Body, End, Piece, RecordedAnswer, RecordedCall};
use carrot_wire::redact::{REDACTED, is_secret};
use carrot_wire::{Json, Record};
use serde_json::Value;

use super::{RedactEvent, Redaction};
use crate::warn;

/// How a replay of an answer that is withheld breaks.
const WITHHELD: &str = "the recorded answer was withheld: it holds what is redacted";

static STARTED: OnceLock<Redaction> = OnceLock::new();

pub(crate) fn start(redaction: Redaction) {
    // Tracing starts once in a process.
    let _ = STARTED.set(redaction);
}

/// A recorded call without what this process takes out of its records: values of secret names, what patterns match, and
/// what its hook changes.
pub fn redacted(call: RecordedCall) -> RecordedCall {
    match STARTED.get() {
        Some(redaction) => redaction.recorded(call),
        None => Redaction::default().recorded(call),
    }
}

/// JSON that names and patterns cannot be looked for in.
struct Unreadable;

impl Redaction {
    /// The call as it may be written down.
    pub(super) fn recorded(&self, mut call: RecordedCall) -> RecordedCall {
        let spells = self.has_rules() && call.read().is_some_and(|it| self.is_spelled(it));
        self.clear_body(&mut call.request.body);
        if spells || self.clear_answer(&mut call.answer).is_err() {
            withhold(&mut call.answer);
        } else if self.has_rules() {
            let holds_more = call.read().is_none_or(|it| self.changes(it));
            if holds_more {
                withhold(&mut call.answer);
            }
        }
        self.ask_hook(&mut call);
        let headers = call
            .request
            .headers
            .iter_mut()
            .chain(&mut call.answer.headers);
        let texts = headers.map(|(_, value)| value);
        for text in texts.chain([&mut call.request.url]) {
            if let Some(scrubbed) = self.scrub_text(text) {
                *text = scrubbed;
            }
        }
        call
    }

    /// Whether the program asked for more than the built-in names.
    fn has_rules(&self) -> bool {
        !self.names.is_empty() || !self.patterns.is_empty() || self.hook.is_some()
    }

    /// Whether log-probabilities spell, token by token, an output that is to be changed.
    fn is_spelled(&self, call: LlmCall) -> bool {
        !call.logprobs.is_empty() && self.changes(call)
    }

    /// Whether names and patterns change what was understood of an answer.
    fn changes(&self, call: LlmCall) -> bool {
        let mut record = Record::default();
        call.fill(&mut record);
        let before = RedactEvent::of(&record);
        self.scrub_record(&mut record);
        let after = RedactEvent::of(&record);
        before.output != after.output || before.error != after.error
    }

    fn clear_body(&self, body: &mut Body) {
        match body {
            Body::Json(json) => {
                let mut value = json.to_value();
                if self.clear(&mut value) {
                    *json = Json::from_value(&value);
                }
            }
            Body::Text(text) => {
                if let Some(scrubbed) = self.scrub_text(text) {
                    *text = scrubbed;
                }
            }
            Body::Base64(_) if self.has_rules() => *body = nothing(),
            Body::Base64(_) | Body::Unseen => {}
        }
    }

    /// Replaces values of secret names, built-in ones too, and what patterns match; says whether there were any.
    fn clear(&self, value: &mut Value) -> bool {
        clear_secrets(value) | self.scrub(value)
    }

    fn clear_answer(&self, answer: &mut RecordedAnswer) -> Result<(), Unreadable> {
        let whole: Vec<u8> = answer
            .pieces
            .iter()
            .flat_map(|it| &it.bytes)
            .copied()
            .collect();
        let Ok(text) = str::from_utf8(&whole) else {
            // Frames, of which only what they say can be looked at.
            return Ok(());
        };
        let pieces = match serde_json::from_str::<Value>(text) {
            Ok(mut value) => self.clear(&mut value).then(|| {
                let at_us = answer.pieces.last().map_or(0, |it| it.at_us);
                vec![piece(at_us, value.to_string())]
            }),
            Err(_) => self.clear_lines(&answer.pieces)?,
        };
        if let Some(pieces) = pieces {
            replace(answer, pieces);
        }
        Ok(())
    }

    /// The pieces of a stream, cleared; none where nothing is to be changed. A line goes where it begins to end.
    fn clear_lines(&self, pieces: &[Piece]) -> Result<Option<Vec<Piece>>, Unreadable> {
        let (mut cleared, mut any, mut open) = (Vec::new(), false, Vec::new());
        for (index, each) in pieces.iter().enumerate() {
            open.extend_from_slice(&each.bytes);
            let is_last = index + 1 == pieces.len();
            let ends = match is_last {
                true => open.len(),
                false => open
                    .iter()
                    .rposition(|it| *it == b'\n')
                    .map_or(0, |at| at + 1),
            };
            let rest = open.split_off(ends);
            let lines = String::from_utf8(std::mem::replace(&mut open, rest));
            let lines = lines.map_err(|_| Unreadable)?;
            let mut written = String::with_capacity(lines.len());
            for line in lines.split_inclusive('\n') {
                let line = self.clear_line(line)?;
                any |= matches!(line, Cow::Owned(_));
                written.push_str(&line);
            }
            if !written.is_empty() {
                cleared.push(piece(each.at_us, written));
            }
        }
        Ok(any.then_some(cleared))
    }

    /// A line of a stream: an event's data, a value of its own, or something else.
    fn clear_line<'a>(&self, line: &'a str) -> Result<Cow<'a, str>, Unreadable> {
        let data = line.strip_prefix("data:").unwrap_or(line);
        let json = data.trim();
        let is_json = json.starts_with(['{', '[']) && json != "[DONE]";
        if !is_json {
            return Ok(self.scrub_text(line).map_or(line.into(), Cow::Owned));
        }
        match serde_json::from_str::<Value>(json) {
            Ok(mut value) => match self.clear(&mut value) {
                true => Ok(line.replace(json, &value.to_string()).into()),
                false => Ok(line.into()),
            },
            Err(_) if !self.has_rules() => Ok(line.into()),
            // What is cut in its midst is left out.
            Err(_) if !line.ends_with('\n') => Ok(String::new().into()),
            Err(_) => Err(Unreadable),
        }
    }

    /// Shows the hook what a record of the call would.
    fn ask_hook(&self, call: &mut RecordedCall) {
        let Some(hook) = &self.hook else { return };
        let mut record = Record::default();
        if let Some(call) = call.read() {
            call.fill(&mut record);
        }
        let before = RedactEvent::of(&record);
        let mut event = before.clone();
        let answered = catch_unwind(AssertUnwindSafe(|| hook(&mut event))).is_ok();
        if !answered {
            warn::warn_once(
                "redact hook",
                "payloads are withheld: the hook given to redact() panicked",
            );
        }
        // What it was not shown it cannot have agreed to.
        let body = &mut call.request.body;
        if *body != Body::Unseen && (!answered || event.input.is_null()) {
            *body = nothing();
        } else if event.input != before.input {
            *body = Body::Json(Json::from_value(&event.input));
        }
        let is_shown = !before.output.is_null() || before.error.is_some();
        let is_same = event.output == before.output
            && event.error == before.error
            && event.logprobs == before.logprobs;
        if !(answered && is_shown && is_same) {
            withhold(&mut call.answer);
        }
    }
}

/// As [`redact`](carrot_wire::redact::redact), but for the `token` of a log-probability, which is a word.
fn clear_secrets(value: &mut Value) -> bool {
    match value {
        Value::Object(map) => {
            let is_word = map
                .keys()
                .any(|it| it.starts_with("logprob") || it == "logProbability");
            map.iter_mut().fold(false, |any, (name, value)| {
                if is_secret(name) && !(is_word && name == "token") {
                    *value = REDACTED.into();
                    true
                } else {
                    clear_secrets(value) | any
                }
            })
        }
        Value::Array(values) => values
            .iter_mut()
            .fold(false, |any, value| clear_secrets(value) | any),
        _ => false,
    }
}

/// Stands for a body of which nothing is kept.
fn nothing() -> Body {
    Body::Json(Json::from_value(&REDACTED))
}

fn piece(at_us: u64, text: String) -> Piece {
    Piece {
        at_us,
        bytes: text.into(),
    }
}

/// Puts other pieces in the place of those that came, which may have been announced by their length.
fn replace(answer: &mut RecordedAnswer, pieces: Vec<Piece>) {
    let length = |pieces: &[Piece]| pieces.iter().map(|it| it.bytes.len()).sum::<usize>();
    let (before, after) = (length(&answer.pieces), length(&pieces));
    for (name, value) in &mut answer.headers {
        if name.eq_ignore_ascii_case("content-length")
            && let Ok(announced) = value.parse::<usize>()
        {
            *value = (announced.saturating_sub(before) + after).to_string();
        }
    }
    answer.pieces = pieces;
}

#[cold]
fn withhold(answer: &mut RecordedAnswer) {
    if !answer.pieces.is_empty() {
        answer.pieces.clear();
        answer.end = End::Broken(WITHHELD.to_owned());
    }
}

#[cfg(test)]
mod tests;
