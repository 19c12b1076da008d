//! OpenTelemetry's GenAI conventions, with the names they had before.

use serde_json::Value;

use super::attributes::{Attributes, into_text, parsed};
use super::found::Found;
use super::{names, parts};
use crate::SpanKind;

pub(super) fn read(attributes: &mut Attributes, found: &mut Found) {
    read_operation(attributes, found);
    found.provider = attributes.take_text(&[names::PROVIDER_NAME, names::SYSTEM]);
    found.request_model = attributes.take_text(&[names::REQUEST_MODEL]);
    found.model = attributes.take_text(&[names::RESPONSE_MODEL]);
    read_parameters(attributes, found);
    read_messages(attributes, found);
    read_usage(attributes, found);

    let first_chunk = attributes.take_number(&[names::RESPONSE_TIME_TO_FIRST_CHUNK]);
    found.ttft_ms = first_chunk
        .filter(|seconds| (0.0..1e9).contains(seconds))
        .map(|seconds| (seconds * 1e3).round() as u64);
    found.note("response_id", attributes.take_text(&[names::RESPONSE_ID]));
    found.error_type = attributes.take_text(&[names::ERROR_TYPE, names::TOOL_ERROR_TYPE]);

    found.session = attributes.take_text(&[names::SESSION_ID, names::CONVERSATION_ID]);
    found.user = attributes.take_text(&[names::USER_ID, names::ENDUSER_ID]);
    found.agent = attributes.take_text(&[names::AGENT_NAME]);
    found.note("agent_id", attributes.take_text(&[names::AGENT_ID]));
    found.note(
        "agent_description",
        attributes.take_text(&[names::AGENT_DESCRIPTION]),
    );
    read_tool(attributes, found);
    read_retrieval(attributes, found);
}

/// An operation that its kind alone does not tell stays in the metadata.
fn read_operation(attributes: &mut Attributes, found: &mut Found) {
    let Some(operation) = attributes.take_text(&[names::OPERATION_NAME]) else {
        return;
    };
    let (kind, usual) = match operation.as_str() {
        "chat" => (SpanKind::LlmCall, true),
        "embeddings" => (SpanKind::Embedding, true),
        "execute_tool" => (SpanKind::ToolCall, true),
        "invoke_agent" => (SpanKind::Agent, true),
        "retrieval" => (SpanKind::Retrieval, true),
        "text_completion" | "generate_content" | "completion" | "transcription"
        | "image_generation" | "audio_generation" => (SpanKind::LlmCall, false),
        "rerank" => (SpanKind::Retrieval, false),
        "create_agent" => (SpanKind::Agent, false),
        "plan" => (SpanKind::Reasoning, false),
        "invoke_workflow" => (SpanKind::Function, false),
        _ => {
            attributes.insert(names::OPERATION_NAME.to_owned(), operation.into());
            return;
        }
    };
    found.kind = Some(kind);
    if !usual {
        attributes.insert(names::OPERATION_NAME.to_owned(), operation.into());
    }
}

fn read_parameters(attributes: &mut Attributes, found: &mut Found) {
    for (name, value) in attributes.take_below(names::REQUEST) {
        let name = match name.as_str() {
            "choice.count" => "n".to_owned(),
            "stop_sequences" => "stop".to_owned(),
            _ => name.replace('.', "_"),
        };
        found.parameter(&name, Some(parsed(value)));
    }
    let tools = attributes.take(names::TOOL_DEFINITIONS);
    found.parameter("tools", tools.and_then(parts::tools));
}

fn read_messages(attributes: &mut Attributes, found: &mut Found) {
    if let Some(system) = attributes.take_json(&[names::SYSTEM_INSTRUCTIONS]) {
        found.messages.push(parts::system(system));
    }
    if let Some(messages) = attributes.take_json(&[names::INPUT_MESSAGES, names::PROMPT]) {
        found.messages.extend(parts::messages(messages));
    }
    if let Some(answers) = attributes.take_json(&[names::OUTPUT_MESSAGES, names::COMPLETION]) {
        found.answers = parts::answers(answers);
    }
    let reasons = attributes.take_json(&[names::RESPONSE_FINISH_REASONS]);
    found.finish_reason = match reasons {
        Some(Value::Array(reasons)) => reasons.into_iter().next().map(into_text),
        other => other.map(into_text),
    }
    .filter(|reason| reason != parts::UNKNOWN);
}

fn read_usage(attributes: &mut Attributes, found: &mut Found) {
    let usage = &mut found.usage;
    usage.input = attributes.take_count(&[names::USAGE_INPUT, names::USAGE_PROMPT]);
    usage.output = attributes.take_count(&[names::USAGE_OUTPUT, names::USAGE_COMPLETION]);
    usage.total = attributes.take_count(&[names::USAGE_TOTAL, names::LLM_TOTAL_TOKENS]);
    usage.cached = attributes.take_count(&[names::USAGE_CACHE_READ, names::USAGE_CACHE_READ_FLAT]);
    usage.cache_write = attributes.take_count(&[
        names::USAGE_CACHE_CREATION,
        names::USAGE_CACHE_WRITE,
        names::USAGE_CACHE_CREATION_FLAT,
    ]);
    usage.reasoning = attributes.take_count(&[names::USAGE_REASONING, names::USAGE_REASONING_FLAT]);
    found.cost_usd = attributes.take_number(&[names::USAGE_COST]);
}

fn read_tool(attributes: &mut Attributes, found: &mut Found) {
    found.note("tool_name", attributes.take_text(&[names::TOOL_NAME]));
    found.note("tool_type", attributes.take_text(&[names::TOOL_TYPE]));
    found.note("tool_call_id", attributes.take_text(&[names::TOOL_CALL_ID]));
    found.note(
        "tool_description",
        attributes.take_text(&[names::TOOL_DESCRIPTION]),
    );
    found.input = attributes.take_json(&[names::TOOL_CALL_ARGUMENTS]);
    found.output = attributes.take_json(&[names::TOOL_CALL_RESULT]);
}

fn read_retrieval(attributes: &mut Attributes, found: &mut Found) {
    found.query = attributes
        .take_text(&[names::RETRIEVAL_QUERY])
        .map(Value::from);
    found.documents = attributes.take_json(&[names::RETRIEVAL_DOCUMENTS]);
}
