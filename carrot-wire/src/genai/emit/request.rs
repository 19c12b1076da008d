//! The request of a model call, in whatever dialect it was sent, as parameters and messages.

use serde_json::{Map, Value};

use super::said::{AttributeValue, Said};
use super::{Options, message, part};
use crate::genai::names;

pub(super) struct Request {
    /// All that is no message, instruction or tool.
    parameters: Map<String, Value>,
    /// Parts of the instructions that stand apart from the messages.
    system: Vec<Value>,
    messages: Vec<Value>,
    tools: Option<Value>,
}

/// Of a conversation: with messages, contents (Gemini), an input (responses), or a prompt. `None` where there is none of them.
pub(super) fn of_call(input: Value) -> Option<Request> {
    let mut parameters = match input {
        Value::Object(parameters) => parameters,
        Value::String(_) => Map::from_iter([("prompt".to_owned(), input)]),
        Value::Array(ref items) if is_messages(items) => {
            Map::from_iter([("messages".to_owned(), input)])
        }
        _ => return None,
    };
    parameters.remove("model");
    let messages = ["messages", "contents", "input", "prompt"]
        .iter()
        .find_map(|name| parameters.remove(*name).filter(|said| !said.is_null()))?;
    let system = [
        "system",
        "instructions",
        "systemInstruction",
        "system_instruction",
    ]
    .iter()
    .find_map(|name| parameters.remove(*name));
    Some(Request {
        system: system.map(part::system).unwrap_or_default(),
        messages: message::messages(messages),
        tools: parameters.remove("tools").filter(|tools| !tools.is_null()),
        parameters,
    })
}

fn is_messages(items: &[Value]) -> bool {
    let is_message = |item: &Value| item.get("role").is_some_and(Value::is_string);
    !items.is_empty() && items.iter().all(is_message)
}

/// Of an embedding, whose texts are no conversation.
pub(super) fn of_embedding(input: Value) -> Option<Request> {
    let Value::Object(mut parameters) = input else {
        return None;
    };
    for content in ["model", "input", "content", "requests", "prompt"] {
        parameters.remove(content);
    }
    Some(Request {
        parameters,
        system: Vec::new(),
        messages: Vec::new(),
        tools: None,
    })
}

impl Request {
    /// The parameters by OpenTelemetry's names, as far as it has some, and all of them as they were sent.
    pub(super) fn write_parameters(&self, options: Options, said: &mut Said) {
        for (name, form, spellings) in PARAMETERS {
            let value = spellings.iter().find_map(|it| self.parameter(it));
            if let Some(value) = value.and_then(|value| form.read(value)) {
                said.push(*name, value);
            }
        }
        // Among those that we do not know may be content.
        if options.content && !self.parameters.is_empty() {
            said.json(
                names::LLM_PARAMETERS,
                &Value::Object(self.parameters.clone()),
            );
        }
    }

    pub(super) fn write_content(self, said: &mut Said) {
        if !self.system.is_empty() {
            said.json(names::SYSTEM_INSTRUCTIONS, &self.system.into());
        }
        if !self.messages.is_empty() {
            said.json(names::INPUT_MESSAGES, &self.messages.into());
        }
        if let Some(tools) = &self.tools {
            said.json(names::TOOL_DEFINITIONS, tools);
        }
    }

    /// A parameter, in whichever group its dialect has it.
    fn parameter(&self, name: &str) -> Option<&Value> {
        let groups = GROUPS
            .iter()
            .filter_map(|group| self.parameters.get(*group));
        let in_group = groups.filter_map(|group| group.get(name));
        let at_top = self.parameters.get(name);
        at_top
            .into_iter()
            .chain(in_group)
            .find(|value| !value.is_null())
    }
}

/// Objects that hold parameters: Gemini's, Bedrock's, Ollama's and that of responses.
const GROUPS: [&str; 5] = [
    "generationConfig",
    "generation_config",
    "inferenceConfig",
    "options",
    "reasoning",
];

enum Form {
    Number,
    Count,
    Bool,
    Text,
    Texts,
}

impl Form {
    fn read(&self, value: &Value) -> Option<AttributeValue> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(match self {
            Form::Number => AttributeValue::Float(value.as_f64()?),
            Form::Count => match value.as_i64() {
                Some(count) => AttributeValue::Integer(count),
                // Some clients write counts as floats.
                None => AttributeValue::Float(value.as_f64()?),
            },
            Form::Bool => AttributeValue::Bool(value.as_bool()?),
            Form::Text => AttributeValue::Text(text(value).filter(|text| !text.is_empty())?),
            Form::Texts => {
                let texts = match value {
                    Value::Array(texts) => texts.iter().filter_map(text).collect(),
                    one => vec![text(one)?],
                };
                AttributeValue::Texts(Some(texts).filter(|texts: &Vec<_>| !texts.is_empty())?)
            }
        })
    }
}

/// OpenTelemetry's name of each parameter, what its value is, and how the dialects spell it.
const PARAMETERS: &[(&str, Form, &[&str])] = &[
    ("gen_ai.request.temperature", Form::Number, &["temperature"]),
    ("gen_ai.request.top_p", Form::Number, &["top_p", "topP"]),
    ("gen_ai.request.top_k", Form::Count, &["top_k", "topK"]),
    (
        "gen_ai.request.max_tokens",
        Form::Count,
        &[
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "maxOutputTokens",
            "maxTokens",
            "num_predict",
        ],
    ),
    ("gen_ai.request.seed", Form::Count, &["seed"]),
    ("gen_ai.request.stream", Form::Bool, &["stream"]),
    (
        "gen_ai.request.stop_sequences",
        Form::Texts,
        &["stop_sequences", "stop", "stopSequences"],
    ),
    (
        "gen_ai.request.frequency_penalty",
        Form::Number,
        &["frequency_penalty", "frequencyPenalty"],
    ),
    (
        "gen_ai.request.presence_penalty",
        Form::Number,
        &["presence_penalty", "presencePenalty"],
    ),
    (
        "gen_ai.request.choice.count",
        Form::Count,
        &["n", "candidateCount"],
    ),
    (
        "gen_ai.request.reasoning.level",
        Form::Text,
        &["reasoning_effort", "effort"],
    ),
    (
        "gen_ai.request.encoding_formats",
        Form::Texts,
        &["encoding_format"],
    ),
];
