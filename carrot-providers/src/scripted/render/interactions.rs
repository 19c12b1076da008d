//! Gemini's interactions.

use serde_json::{Value, json};

use super::super::reply::TokenUsage;
use super::{CREATED_AT, Page, fragments, frame, parsed, words};

/// What signs a thought.
const SIGNATURE: &str = "c2NyaXB0ZWQ=";

/// A step: how it starts, what comes in pieces, and the whole of it.
struct Step {
    start: Value,
    deltas: Vec<Value>,
    whole: Value,
}

pub(super) fn whole(page: &Page<'_>) -> Value {
    let mut interaction = ended(page);
    interaction["steps"] = steps(page).into_iter().map(|it| it.whole).collect();
    interaction
}

/// The events of a stream, each with its name. The last interaction has no steps.
pub(super) fn events(page: &Page<'_>) -> Vec<String> {
    let mut stream = Vec::new();
    let mut push = |name: &str, mut event: Value| {
        event["event_type"] = json!(name);
        stream.push(frame::event(name, &event));
    };
    push(
        "interaction.created",
        json!({ "interaction": interaction(page, "in_progress") }),
    );
    push(
        "interaction.status_update",
        json!({ "interaction_id": id(page), "status": "in_progress" }),
    );
    for (index, step) in steps(page).into_iter().enumerate() {
        push("step.start", json!({ "index": index, "step": step.start }));
        for delta in step.deltas {
            push("step.delta", json!({ "index": index, "delta": delta }));
        }
        push("step.stop", json!({ "index": index }));
    }
    push(
        "interaction.completed",
        json!({ "interaction": ended(page) }),
    );
    stream.push("event: done\ndata: [DONE]\n\n".to_owned());
    stream
}

fn steps(page: &Page<'_>) -> Vec<Step> {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let mut steps = Vec::new();
    if let Some(thought) = &page.answer.reasoning {
        let delta = |word| json!({ "type": "thought_summary", "content": text(word) });
        let mut deltas: Vec<Value> = words(thought).into_iter().map(delta).collect();
        deltas.push(json!({ "type": "thought_signature", "signature": SIGNATURE }));
        steps.push(Step {
            start: json!({ "type": "thought" }),
            deltas,
            whole: json!({ "type": "thought", "signature": SIGNATURE, "summary": [text(thought)] }),
        });
    }
    if let Some(said) = &page.answer.text {
        steps.push(Step {
            start: json!({ "type": "model_output" }),
            deltas: words(said).into_iter().map(text).collect(),
            whole: json!({ "type": "model_output", "content": [text(said)] }),
        });
    }
    for (index, (name, arguments)) in page.answer.calls.iter().enumerate() {
        let call = |arguments: Value| json!({ "type": "function_call", "id": page.call_id(index), "name": name, "arguments": arguments });
        let delta = |piece| json!({ "type": "arguments_delta", "arguments": piece });
        steps.push(Step {
            start: call(json!({})),
            deltas: fragments(arguments).into_iter().map(delta).collect(),
            whole: call(parsed(arguments)),
        });
    }
    steps
}

fn id(page: &Page<'_>) -> String {
    format!("v1_scripted_{}", page.number)
}

fn interaction(page: &Page<'_>, status: &str) -> Value {
    json!({ "id": id(page), "status": status, "object": "interaction", "model": page.request.model() })
}

fn ended(page: &Page<'_>) -> Value {
    let status = match page.finish_reason() {
        "stop" => "completed",
        "tool_calls" => "requires_action",
        "length" => "incomplete",
        "content_filter" => "failed",
        other => other,
    };
    let mut interaction = interaction(page, status);
    interaction["created"] = json!(CREATED_AT);
    interaction["updated"] = json!(CREATED_AT);
    interaction["usage"] = usage(page);
    interaction
}

/// The output is without thoughts.
fn usage(page: &Page<'_>) -> Value {
    let TokenUsage {
        input,
        output,
        cached,
        reasoning,
        ..
    } = page.usage;
    json!({
        "total_tokens": input + output,
        "total_input_tokens": input,
        "input_tokens_by_modality": [{ "modality": "text", "tokens": input }],
        "total_cached_tokens": cached,
        "total_output_tokens": output.saturating_sub(reasoning),
        "total_tool_use_tokens": 0,
        "total_thought_tokens": reasoning,
    })
}
