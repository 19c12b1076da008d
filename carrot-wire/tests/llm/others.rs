//! Text completions, embeddings and the responses API.

use carrot_wire::SpanKind;
use carrot_wire::llm::Endpoint;
use serde_json::{Value, json};

use crate::{events, plain, read};

#[test]
fn text_completions_plain_and_streamed() {
    let body = json!({ "model": "davinci", "choices": [{ "text": "abc", "index": 0, "finish_reason": "length",
        "logprobs": { "tokens": ["a", "bc"], "token_logprobs": [null, -1.0], "text_offset": [0, 1] } }] });
    let call = plain(Endpoint::Completions, body);
    assert_eq!(
        call.output,
        json!({ "message": { "role": "assistant", "content": "abc" } })
    );
    assert_eq!(call.finish_reason.as_deref(), Some("length"));
    assert_eq!(call.logprobs[1], json!({ "token": "bc", "logprob": -1.0 }));

    let chunk =
        |text: &str| json!({ "choices": [{ "text": text, "index": 0, "finish_reason": null }] });
    let body = events(&[chunk("a"), chunk("bc")]) + "data: [DONE]\n\n";
    let call = read(Endpoint::Completions, 200, "text/event-stream", &body, true);
    assert_eq!(call.output["message"]["content"], "abc");
    assert!(call.complete);
}

#[test]
fn embeddings_are_counted_and_not_kept() {
    let body = json!({ "object": "list", "model": "text-embedding-3-small",
        "data": [{ "embedding": [0.1, 0.2] }, { "embedding": "AAAA" }],
        "usage": { "prompt_tokens": 8, "total_tokens": 8 } });
    let call = plain(Endpoint::Embeddings, body);
    assert_eq!(call.output, json!({ "embeddings_count": 2 }));
    assert_eq!(
        (call.usage.input, call.usage.output, call.usage.total),
        (Some(8), None, Some(8))
    );
    assert_eq!(call.endpoint.kind(), SpanKind::Embedding);
}

fn response() -> Value {
    json!({
        "id": "resp_1", "model": "gpt-5", "status": "completed", "error": null, "incomplete_details": null,
        "output": [
            { "type": "reasoning", "summary": [{ "type": "summary_text", "text": "thought" }] },
            { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "Hello", "annotations": [] }] },
            { "type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}" },
        ],
        "usage": {
            "input_tokens": 10, "output_tokens": 7, "total_tokens": 17,
            "input_tokens_details": { "cached_tokens": 4 }, "output_tokens_details": { "reasoning_tokens": 5 },
        },
    })
}

#[test]
fn the_responses_api_plain_and_streamed_read_the_same() {
    let mut plain = plain(Endpoint::Responses, response());
    let message = json!({
        "role": "assistant", "content": "Hello", "reasoning_content": "thought",
        "tool_calls": [{ "id": "call_1", "type": "function", "function": { "name": "look", "arguments": "{}" } }],
    });
    assert_eq!(plain.output, json!({ "message": message }));
    assert_eq!(plain.finish_reason.as_deref(), Some("completed"));
    assert_eq!(
        (plain.usage.cached, plain.usage.reasoning),
        (Some(4), Some(5))
    );

    plain.streamed = true;
    let body = events(&[
        json!({ "type": "response.created", "response": { "id": "resp_1", "model": "gpt-5", "output": [] } }),
        json!({ "type": "response.output_text.delta", "output_index": 1, "delta": "Hello" }),
        json!({ "type": "response.completed", "response": response() }),
    ]);
    assert_eq!(
        read(Endpoint::Responses, 200, "text/event-stream", &body, false),
        plain
    );
}

#[test]
fn a_cut_response_stream_keeps_what_had_arrived() {
    let body = events(&[
        json!({ "type": "response.created", "response": { "id": "resp_1", "model": "gpt-5", "status": "in_progress" } }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "message", "content": [] } }),
        json!({ "type": "response.output_text.delta", "output_index": 0, "delta": "Hel" }),
        json!({ "type": "response.output_text.delta", "output_index": 0, "delta": "lo" }),
        json!({ "type": "response.output_item.added", "output_index": 1,
            "item": { "type": "function_call", "call_id": "c", "name": "look", "arguments": "" } }),
        json!({ "type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{\"q\"" }),
    ]);
    let call = read(Endpoint::Responses, 200, "text/event-stream", &body, false);
    assert_eq!(call.output["message"]["content"], "Hello");
    assert_eq!(
        call.output["message"]["tool_calls"][0]["function"],
        json!({ "name": "look", "arguments": "{\"q\"" })
    );
    assert_eq!(
        (call.complete, call.note),
        (false, Some("the stream stopped before its end"))
    );
    assert_eq!(
        (call.model.as_deref(), call.finish_reason),
        (Some("gpt-5"), None)
    );
}

#[test]
fn items_that_fit_no_message_are_kept_beside_it() {
    let items =
        json!([{ "type": "web_search_call", "id": "ws" }, { "type": "message", "content": [] }]);
    let call = plain(
        Endpoint::Responses,
        json!({ "status": "completed", "output": items }),
    );
    assert_eq!(call.output["items"], items);
}
