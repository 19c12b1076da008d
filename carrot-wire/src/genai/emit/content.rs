//! What went in and came out.

use serde_json::{Value, json};

use super::said::Said;
use super::{Metadata, Options, message, request};
use crate::genai::names;
use crate::record::meta;
use crate::{Json, Record, SpanKind};

/// Documents and their scores are named, so many at most; what they say is in the output.
const MAX_DOCUMENTS: usize = 1_000;

pub(super) fn write(
    record: &Record,
    kind: SpanKind,
    options: Options,
    metadata: &mut Metadata,
    said: &mut Said,
) {
    match kind {
        SpanKind::LlmCall => model_call(record, options, metadata, said),
        SpanKind::Embedding => {
            let input = record.input.as_ref().map(Json::to_value);
            if let Some(request) = input.and_then(request::of_embedding) {
                request.write_parameters(options, said);
            }
            values(record, options, said);
        }
        SpanKind::Retrieval => {
            retrieval(record, options, said);
            values(record, options, said);
        }
        _ => values(record, options, said),
    }
}

/// A conversation in messages; where it is none, as any other span.
fn model_call(record: &Record, options: Options, metadata: &mut Metadata, said: &mut Said) {
    let input = record.input.as_ref().map(Json::to_value);
    let output = record.output.as_ref().map(Json::to_value);
    let output = output.filter(|output| !is_error(record, output));
    let reason = metadata.take_text(meta::FINISH_REASON);
    let request = input.map(request::of_call);
    let answers = output.map(|output| message::answers(output, reason.as_deref()));

    let reasons = match &answers {
        Some(Some(answers)) if answers.len() > 1 => message::reasons(answers),
        _ => reason.into_iter().collect(),
    };
    said.texts(names::RESPONSE_FINISH_REASONS, reasons);
    if let Some(Some(request)) = &request {
        request.write_parameters(options, said);
    }
    // Both sides in one form: some backends drop the input where only the output has another.
    let is_conversation = !matches!(request, Some(None)) && !matches!(answers, Some(None));
    if !is_conversation {
        return values(record, options, said);
    }
    if !options.content {
        return;
    }
    if let Some(request) = request.flatten() {
        request.write_content(said);
    }
    if let Some(answers) = answers.flatten().filter(|answers| !answers.is_empty()) {
        said.json(names::OUTPUT_MESSAGES, &answers.into());
    }
}

/// An error that stands in the output's place, since the Carrot cloud knows errors by it alone.
fn is_error(record: &Record, output: &Value) -> bool {
    record.error.is_some()
        && output.as_object().is_some_and(|output| {
            output.len() == 2 && output.contains_key("error") && output.contains_key("error_type")
        })
}

/// Both of them, or none: Langfuse drops an input that comes without an output.
fn values(record: &Record, options: Options, said: &mut Said) {
    if !options.content || (record.input.is_none() && record.output.is_none()) {
        return;
    }
    value(
        record.input.as_ref(),
        names::INPUT_VALUE,
        names::INPUT_MIME,
        said,
    );
    value(
        record.output.as_ref(),
        names::OUTPUT_VALUE,
        names::OUTPUT_MIME,
        said,
    );
}

fn value(json: Option<&Json>, name: &'static str, mime: &'static str, said: &mut Said) {
    let (value, kind) = match json.map(|json| (json, plain(json))) {
        Some((_, Some(text))) => (text, "text/plain"),
        Some((json, None)) => (json.as_str().to_owned(), "application/json"),
        None => ("null".to_owned(), "application/json"),
    };
    said.text(name, Some(value));
    said.text(mime, Some(kind.to_owned()));
}

/// A string, unless its text would be taken for JSON, or for nothing.
fn plain(json: &Json) -> Option<String> {
    if !json.as_str().starts_with('"') {
        return None;
    }
    let text: String = serde_json::from_str(json.as_str()).ok()?;
    (!text.trim_start().is_empty() && !text.trim_start().starts_with(['[', '{'])).then_some(text)
}

fn retrieval(record: &Record, options: Options, said: &mut Said) {
    if !options.content {
        return;
    }
    let query = match record.input.as_ref().map(Json::to_value) {
        Some(Value::String(query)) => Some(query),
        Some(Value::Object(input)) => {
            let only = input.values().next().filter(|_| input.len() == 1);
            let query = input.get("query").or(only);
            query.and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    };
    said.text(names::RETRIEVAL_QUERY, query);
    let output = record.output.as_ref().map(Json::to_value);
    let list = output.as_ref().and_then(|output| match output {
        Value::Array(list) => Some(list),
        output => output.get("documents")?.as_array(),
    });
    let documents: Vec<Value> = list
        .into_iter()
        .flatten()
        .filter_map(|document| {
            let id = document.get("id").filter(|id| !id.is_null())?;
            Some(match document.get("score") {
                Some(score) => json!({"id": id, "score": score}),
                None => json!({ "id": id }),
            })
        })
        .take(MAX_DOCUMENTS)
        .collect();
    if !documents.is_empty() {
        said.json(names::RETRIEVAL_DOCUMENTS, &documents.into());
    }
}
