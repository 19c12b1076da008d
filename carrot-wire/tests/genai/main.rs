//! What is read from the attributes of other makers' spans.

#![recursion_limit = "256"]

mod openinference;
mod openllmetry;
mod backends;
mod otel;

mod emit;

mod hostile;

use carrot_wire::Record;
use carrot_wire::genai::{self, Attributes};
use serde_json::Value;

/// A record of nothing but these attributes, an object by name.
fn read(attributes: Value) -> Record {
    let Value::Object(attributes) = attributes else {
        panic!("not an object: {attributes}")
    };
    let mut record = Record::default();
    genai::fill(attributes.into_iter().collect::<Attributes>(), &mut record);
    record
}

fn input(record: &Record) -> Value {
    record
        .input
        .as_ref()
        .map_or(Value::Null, |it| it.to_value())
}

fn output(record: &Record) -> Value {
    record
        .output
        .as_ref()
        .map_or(Value::Null, |it| it.to_value())
}

fn metadata(record: &Record) -> Value {
    Value::Object(record.metadata.clone())
}
