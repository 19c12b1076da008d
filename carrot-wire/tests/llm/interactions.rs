//! Gemini's interactions: steps, and the older form that had outputs.

use carrot_wire::llm::{LlmCall, Usage};
use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, named_events};

const PATH: &str = "/v1beta/interactions";

fn usage() -> Value {
    json!({ "total_tokens": 346, "total_input_tokens": 11, "total_cached_tokens": 4, "total_output_tokens": 90,
        "total_tool_use_tokens": 0, "total_thought_tokens": 245, "input_tokens_by_modality": [{ "modality": "text", "tokens": 11 }] })
}

fn check(call: &LlmCall) {
    assert_eq!(
        call.output,
        json!({ "message": {
            "role": "assistant", "content": "1, 2, 3", "reasoning_content": "Counting up.",
            "tool_calls": [{ "id": "c1", "type": "function",
                "function": { "name": "weather", "arguments": "{\"city\":\"Paris\"}" } }],
        }})
    );
    assert_eq!(call.usage, Usage::new(11, 335).cached(4).reasoning(245));
    assert_eq!(call.finish_reason.as_deref(), Some("requires_action"));
    assert_eq!(call.model.as_deref(), Some("gemini-3-flash-preview"));
    assert_eq!(call.response_id.as_deref(), Some("v1_a"));
    assert!(call.complete && call.note.is_none());
}

#[test]
fn an_interaction_plain_and_streamed() {
    let plain = json!({
        "id": "v1_a", "object": "interaction", "model": "gemini-3-flash-preview", "status": "requires_action", "usage": usage(),
        "steps": [
            { "type": "user_input", "content": [{ "type": "text", "text": "Count" }] },
            { "type": "thought", "signature": "EpoG", "summary": [{ "type": "text", "text": "Counting up." }] },
            { "type": "model_output", "content": [{ "type": "text", "text": "1, 2, 3" }] },
            { "type": "function_call", "id": "c1", "name": "weather", "arguments": { "city": "Paris" } },
        ],
    });
    check(&ask(PATH, JSON, &plain.to_string()));

    let start = |index: u64, step: Value| json!({ "index": index, "step": step, "event_type": "step.start" });
    let delta = |index: u64, delta: Value| json!({ "index": index, "delta": delta, "event_type": "step.delta" });
    let stop = |index: u64| json!({ "index": index, "event_type": "step.stop" });
    let body = named_events(&[
        json!({ "event_type": "interaction.created", "interaction": { "id": "v1_a", "status": "in_progress", "model": "gemini-3-flash-preview" } }),
        json!({ "event_type": "interaction.status_update", "interaction_id": "v1_a", "status": "in_progress" }),
        start(
            0,
            json!({ "type": "thought", "signature": "", "summary": [{ "type": "text", "text": "Counting " }] }),
        ),
        delta(
            0,
            json!({ "type": "thought_summary", "content": { "type": "text", "text": "up." } }),
        ),
        delta(
            0,
            json!({ "type": "thought_signature", "signature": "EpoG" }),
        ),
        stop(0),
        start(
            1,
            json!({ "type": "model_output", "content": [{ "type": "text", "text": "1, " }] }),
        ),
        delta(1, json!({ "type": "text", "text": "2, " })),
        delta(1, json!({ "type": "text", "text": "3" })),
        stop(1),
        start(
            2,
            json!({ "type": "function_call", "id": "c1", "name": "weather", "arguments": {} }),
        ),
        delta(
            2,
            json!({ "type": "arguments_delta", "arguments": "{\"city\":" }),
        ),
        delta(
            2,
            json!({ "type": "arguments_delta", "arguments": "\"Paris\"}" }),
        ),
        stop(2),
        json!({ "event_type": "interaction.completed", "interaction": { "id": "v1_a", "status": "requires_action", "usage": usage() } }),
    ]) + "event: done\ndata: [DONE]\n\n";
    check(&ask(PATH, EVENTS, &body));
}

#[test]
fn the_older_form_plain_and_streamed() {
    let plain = json!({
        "id": "v1_a", "model": "gemini-3-flash-preview", "status": "requires_action", "role": "model", "usage": usage(),
        "outputs": [
            { "type": "thought", "signature": "I2nz", "summary": [{ "type": "text", "text": "Counting up." }] },
            { "type": "text", "text": "1, 2, 3" },
            { "type": "function_call", "id": "c1", "name": "weather", "arguments": { "city": "Paris" } },
        ],
    });
    check(&ask(PATH, JSON, &plain.to_string()));

    let start = |index: u64, kind: &str| json!({ "index": index, "content": { "type": kind }, "event_type": "content.start" });
    let delta = |index: u64, delta: Value| json!({ "index": index, "delta": delta, "event_type": "content.delta" });
    let body = named_events(&[
        json!({ "event_type": "interaction.start", "interaction": { "id": "v1_a", "status": "in_progress", "model": "gemini-3-flash-preview" } }),
        start(0, "thought"),
        delta(
            0,
            json!({ "type": "thought_summary", "content": { "type": "text", "text": "Counting up." } }),
        ),
        start(1, "text"),
        delta(1, json!({ "type": "text", "text": "1, 2, " })),
        delta(1, json!({ "type": "text", "text": "3" })),
        start(2, "function_call"),
        delta(
            2,
            json!({ "type": "function_call", "id": "c1", "name": "weather", "arguments": { "city": "Paris" } }),
        ),
        json!({ "event_type": "interaction.complete", "interaction": { "id": "v1_a", "status": "requires_action", "usage": usage() } }),
    ]);
    check(&ask(PATH, EVENTS, &body));
}

#[test]
fn what_fits_no_message_is_kept_beside_it() {
    let steps = json!([
        { "type": "google_search_call", "id": "s1", "arguments": { "queries": ["x"] } },
        { "type": "google_search_result", "call_id": "s1", "result": [] },
        { "type": "model_output", "content": [{ "type": "text", "text": "Found." }] },
    ]);
    let call = ask(
        PATH,
        JSON,
        &json!({ "status": "completed", "steps": steps }).to_string(),
    );
    assert_eq!(
        (&call.output["items"], &call.output["message"]["content"]),
        (&steps, &json!("Found."))
    );
}

#[test]
fn a_failure_in_the_midst_is_an_error() {
    let body = named_events(&[
        json!({ "event_type": "interaction.created", "interaction": { "id": "v1_a" } }),
        json!({ "event_type": "step.delta", "index": 0, "delta": { "type": "text", "text": "Hel" } }),
        json!({ "event_type": "error", "error": { "code": "internal", "message": "broken" } }),
    ]);
    let call = ask(PATH, EVENTS, &body);
    assert_eq!(call.error.unwrap().message, "broken");
    assert_eq!(call.output["message"]["content"], "Hel");
}

#[test]
fn a_cut_stream_is_noted() {
    let body = named_events(&[
        json!({ "event_type": "step.delta", "index": 0, "delta": { "type": "text", "text": "Hel" } }),
    ]);
    assert_eq!(
        ask(PATH, EVENTS, &body).note,
        Some("the stream stopped before its end")
    );
}
