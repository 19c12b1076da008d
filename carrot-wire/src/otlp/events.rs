//! What the events of a span are: messages of a model call, the span's error, or points in time.

use serde_json::{Map, Value, json};

use super::span::Event;
use crate::genai::{Attributes, names, parsed};
use crate::{ErrorInfo, Json, Level};

/// What was found among a span's events.
#[derive(Default)]
pub(super) struct Sorted {
    /// Those that are points in time, in a record's form.
    pub(super) events: Vec<Value>,
    /// The last exception: the one that the span ended with, if it ended badly.
    pub(super) error: Option<ErrorInfo>,
    sent: Vec<Value>,
    answers: Vec<Value>,
}

impl Sorted {
    /// What was said to a model and answered, as the attributes that say it today.
    pub(super) fn tell(self, attributes: &mut Attributes) {
        for (name, messages) in [
            (names::INPUT_MESSAGES, self.sent),
            (names::OUTPUT_MESSAGES, self.answers),
        ] {
            if !messages.is_empty() {
                attributes.insert_absent(name.to_owned(), messages.into());
            }
        }
    }
}

/// Sorts events. Attributes that some write as those of an event go to the span's. `ours` says that we wrote them: an exception
/// then is nothing but the record's error.
pub(super) fn sort(events: Vec<Event>, ours: bool, attributes: &mut Attributes) -> Sorted {
    let mut sorted = Sorted::default();
    for event in events {
        match event.name.as_str() {
            names::EXCEPTION => {
                sorted.error = Some(exception(&event.attributes, ours));
                if ours {
                    continue;
                }
            }
            names::EVENT_PROMPT | names::EVENT_COMPLETION | names::EVENT_DETAILS => {
                for (name, value) in event.attributes {
                    attributes.insert_absent(name, value);
                }
                continue;
            }
            names::EVENT_CHOICE => {
                sorted.answers.push(choice(event.attributes));
                continue;
            }
            name => {
                let role = name.strip_prefix("gen_ai.");
                if let Some(role) = role.and_then(|name| name.strip_suffix(".message")) {
                    let role = role.to_owned();
                    sorted.sent.push(message(event.attributes, &role));
                    continue;
                }
            }
        }
        sorted.events.push(point(event, ours));
    }
    sorted
}

fn exception(said: &Map<String, Value>, ours: bool) -> ErrorInfo {
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let chain = match text(names::EXCEPTION_STACKTRACE) {
        // The messages of the error's sources, one a line.
        sources if ours => sources.lines().map(str::to_owned).collect(),
        // A stack is no chain of errors; it stays with the event.
        _ => Vec::new(),
    };
    ErrorInfo {
        message: text(names::EXCEPTION_MESSAGE).to_owned(),
        kind: text(names::EXCEPTION_TYPE).to_owned(),
        chain,
    }
}

/// The fields of a message event, which some write as one JSON text.
fn body(mut said: Map<String, Value>) -> Map<String, Value> {
    let whole = [names::EVENT_CONTENT, "body"]
        .iter()
        .find_map(|name| said.remove(*name));
    for name in [names::SYSTEM, names::PROVIDER_NAME, "event.name"] {
        said.remove(name);
    }
    match whole.map(parsed) {
        Some(Value::Object(body)) => said.extend(body),
        Some(text) => {
            said.entry("content").or_insert(text);
        }
        None => {}
    }
    said.into_iter()
        .map(|(name, value)| (name, parsed(value)))
        .collect()
}

fn message(said: Map<String, Value>, role: &str) -> Value {
    let mut message = body(said);
    message.entry("role").or_insert_with(|| role.into());
    if role == "tool"
        && let Some(id) = message.remove("id")
    {
        message.entry("tool_call_id").or_insert(id);
    }
    Value::Object(message)
}

fn choice(said: Map<String, Value>) -> Value {
    let mut choice = body(said);
    let reason = choice.remove("finish_reason");
    choice.remove("index");
    let message = match choice.remove("message") {
        Some(Value::Object(message)) => message,
        Some(content) => Map::from_iter([("content".to_owned(), content)]),
        None => choice,
    };
    let mut message = message;
    message.entry("role").or_insert_with(|| "assistant".into());
    json!({"message": message, "finish_reason": reason})
}

/// A point in time: `{name, at, level, data}`.
fn point(event: Event, ours: bool) -> Value {
    let mut point = Map::from_iter([("name".to_owned(), event.name.into())]);
    if let Some(at) = event.at {
        point.insert("at".to_owned(), at.to_string().into());
    }
    let mut data = event.attributes;
    let level = data.remove(names::CARROT_LEVEL);
    let level = level.and_then(|level| Level::from_name(level.as_str()?));
    if let Some(level) = level {
        point.insert("level".to_owned(), level.as_str().into());
    }
    if ours {
        // Values that OpenTelemetry has no form for were written as JSON text.
        data = data
            .into_iter()
            .map(|(name, value)| (name, parsed(value)))
            .collect();
    }
    match data.len() {
        0 => {}
        1 if ours && data.contains_key("data") => {
            point.append(&mut data);
        }
        _ => {
            point.insert("data".to_owned(), data.into());
        }
    }
    Value::Object(point)
}

/// A record's events, where there are any.
pub(super) fn json(events: &[Value]) -> Option<Json> {
    (!events.is_empty()).then(|| Json::from_value(&events))
}
