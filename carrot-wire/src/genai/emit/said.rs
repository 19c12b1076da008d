use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::EmittedEvent;

/// The value of an attribute. OpenTelemetry's has no map: what is one travels as JSON text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A list of strings.
    Texts(Vec<String>),
}

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Value {
        match value {
            AttributeValue::Text(text) => text.into(),
            AttributeValue::Integer(number) => number.into(),
            AttributeValue::Float(number) => number.into(),
            AttributeValue::Bool(is) => is.into(),
            AttributeValue::Texts(texts) => texts.into(),
        }
    }
}

/// JSON text with keys in one order, whatever serde_json's features are in the program.
pub(super) fn text_of(mut value: Value) -> String {
    value.sort_all_objects();
    value.to_string()
}

/// A record in the conventions' words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Emitted {
    /// The span's name: `{operation} {model}` of a model call, the record's own where the conventions have none.
    pub name: String,
    /// Whether the span's kind is `CLIENT`: it is a call of a model. Any other is `INTERNAL`.
    pub calls_model: bool,
    /// What is said of it, each name once.
    pub attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    /// What happened inside it, and last its error.
    pub events: Vec<EmittedEvent>,
}

/// Attributes as they add up. Empty texts and lists say nothing.
#[derive(Default)]
pub(in crate::genai) struct Said(Vec<(Cow<'static, str>, AttributeValue)>);

impl Said {
    pub(in crate::genai) fn text(&mut self, name: &'static str, text: Option<String>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.push(name, AttributeValue::Text(text));
        }
    }

    pub(super) fn integer(&mut self, name: &'static str, number: Option<i64>) {
        if let Some(number) = number {
            self.push(name, AttributeValue::Integer(number));
        }
    }

    pub(super) fn float(&mut self, name: &'static str, number: Option<f64>) {
        if let Some(number) = number {
            self.push(name, AttributeValue::Float(number));
        }
    }

    pub(super) fn texts(&mut self, name: &'static str, texts: Vec<String>) {
        if !texts.is_empty() {
            self.push(name, AttributeValue::Texts(texts));
        }
    }

    pub(super) fn json(&mut self, name: &'static str, value: &Value) {
        self.push(name, AttributeValue::Text(text_of(value.clone())));
    }

    pub(super) fn push(&mut self, name: impl Into<Cow<'static, str>>, value: AttributeValue) {
        self.0.push((name.into(), value));
    }

    pub(super) fn into_list(self) -> Vec<(Cow<'static, str>, AttributeValue)> {
        self.0
    }
}
