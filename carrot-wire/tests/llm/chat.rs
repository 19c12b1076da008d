//! Chat completions, plain and streamed.

use carrot_wire::Json;
use carrot_wire::llm::{Endpoint, Usage};
use serde_json::{Value, json};

use crate::{REQUEST, chat_stream, delta, events, finish, plain, read};

#[test]
fn a_plain_chat_answer() {
    let message = json!({ "role": "assistant", "content": null, "refusal": null, "tool_calls": [
        { "id": "call_1", "type": "function", "function": { "name": "look", "arguments": "{\"q\":1}" } }
    ]});
    let call = plain(
        Endpoint::ChatCompletions,
        json!({
            "id": "chatcmpl-1", "model": "gpt-4o-2024-08-06",
            "choices": [{ "index": 0, "message": message, "finish_reason": "tool_calls",
                "logprobs": { "content": [{ "token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [] }] } }],
            "usage": {
                "prompt_tokens": 150, "completion_tokens": 42, "total_tokens": 192,
                "prompt_tokens_details": { "cached_tokens": 100, "audio_tokens": 0 },
                "completion_tokens_details": { "reasoning_tokens": 20 },
            },
        }),
    );
    assert_eq!(
        call.input,
        Some(Json::parse(REQUEST.to_owned()).unwrap()),
        "as it was sent"
    );
    assert_eq!(call.request_model.as_deref(), Some("gpt-4o"));
    assert_eq!(call.model.as_deref(), Some("gpt-4o-2024-08-06"));
    assert_eq!(call.output, json!({ "message": message }));
    assert_eq!(call.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(call.response_id.as_deref(), Some("chatcmpl-1"));
    assert_eq!(call.logprobs[0]["bytes"], json!([97]));
    let usage = Usage {
        input: Some(150),
        output: Some(42),
        total: Some(192),
        cached: Some(100),
        cache_write: None,
        reasoning: Some(20),
        ..Usage::default()
    };
    assert_eq!(call.usage, usage);
    assert!(call.complete && call.note.is_none() && call.error.is_none());
}

#[test]
fn a_streamed_chat_answer_is_joined() {
    let call = chat_stream(&[
        delta(json!({ "role": "assistant", "content": "", "refusal": null })),
        delta(json!({ "reasoning_content": "hm" })),
        delta(json!({ "reasoning_content": "m" })),
        delta(json!({ "content": "Hel" })),
        delta(json!({ "content": "lo, 世界" })),
        finish("stop"),
        json!({ "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } }),
    ]);
    assert_eq!(
        call.output,
        json!({ "message": { "role": "assistant", "content": "Hello, 世界", "reasoning_content": "hmm" } })
    );
    assert_eq!(call.finish_reason.as_deref(), Some("stop"));
    assert_eq!(call.model.as_deref(), Some("gpt-4o-2024-08-06"));
    assert_eq!(
        (call.usage.input, call.usage.output, call.usage.total),
        (Some(3), Some(2), Some(5))
    );
    assert!(call.complete, "[DONE] came, whatever the client did then");
}

#[test]
fn streamed_tool_calls_are_joined_by_index() {
    let part = |index: u64, more: Value| {
        let mut part = json!({ "index": index });
        part.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        delta(json!({ "tool_calls": [part] }))
    };
    let call = chat_stream(&[
        part(
            1,
            json!({ "id": "b", "type": "function", "function": { "name": "two", "arguments": "" } }),
        ),
        part(
            0,
            json!({ "id": "a", "type": "function", "function": { "name": "one", "arguments": "{\"x\"" } }),
        ),
        part(1, json!({ "function": { "arguments": "[]" } })),
        part(
            0,
            json!({ "id": "", "function": { "name": "one", "arguments": ":1}" } }),
        ),
        finish("tool_calls"),
    ]);
    let calls = json!([
        { "id": "a", "type": "function", "function": { "name": "one", "arguments": "{\"x\":1}" } },
        { "id": "b", "type": "function", "function": { "name": "two", "arguments": "[]" } },
    ]);
    assert_eq!(call.output["message"]["tool_calls"], calls);
    assert_eq!(call.output["message"]["content"], Value::Null);
}

#[test]
fn tool_calls_without_an_index_are_told_apart_by_id() {
    let part = |id: &str, name: &str, arguments: &str| {
        let function = json!({ "name": name, "arguments": arguments });
        delta(json!({ "tool_calls": [{ "id": id, "type": "function", "function": function }] }))
    };
    let call = chat_stream(&[
        part("a", "one", "{}"),
        part("b", "two", "{"),
        part("", "", "}"),
        finish("tool_calls"),
    ]);
    let calls = call.output["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2);
    assert_eq!(
        calls[1]["function"],
        json!({ "name": "two", "arguments": "{}" })
    );
}

#[test]
fn several_choices_are_listed_and_the_first_is_the_message() {
    let choice = |index: u64, text: &str| json!({ "index": index, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" });
    let call = plain(
        Endpoint::ChatCompletions,
        json!({ "choices": [choice(1, "b"), choice(0, "a")] }),
    );
    assert_eq!(call.output["message"]["content"], "a");
    assert_eq!(
        call.output["choices"],
        json!([choice(0, "a"), choice(1, "b")])
    );
}

#[test]
fn streamed_logprobs_are_gathered() {
    let chunk = |token: &str| {
        json!({ "choices": [{ "index": 0, "delta": { "content": token },
            "logprobs": { "content": [{ "token": token, "logprob": -0.1 }], "refusal": null } }] })
    };
    let call = chat_stream(&[chunk("a"), chunk("b")]);
    assert_eq!(
        call.logprobs,
        [
            json!({ "token": "a", "logprob": -0.1 }),
            json!({ "token": "b", "logprob": -0.1 })
        ]
    );
}

#[test]
fn a_cut_chat_stream_keeps_what_had_arrived() {
    let body = events(&[
        delta(json!({ "role": "assistant" })),
        delta(json!({ "content": "Hel" })),
    ]) + r#"data: {"choices":[{"index":0,"delta":{"content":"lo"#;
    for ended in [true, false] {
        let call = read(
            Endpoint::ChatCompletions,
            200,
            "text/event-stream",
            &body,
            ended,
        );
        assert_eq!(call.output["message"]["content"], "Hel");
        assert!(!call.complete);
        assert_eq!(call.note, Some("the stream stopped before its end"));
    }
}

#[test]
fn a_stream_may_end_without_done_once_it_is_finished() {
    let body = events(&[delta(json!({ "content": "Hi" })), finish("stop")]);
    assert!(
        read(
            Endpoint::ChatCompletions,
            200,
            "text/event-stream",
            &body,
            true
        )
        .complete
    );
    assert!(
        !read(
            Endpoint::ChatCompletions,
            200,
            "text/event-stream",
            &body,
            false
        )
        .complete
    );
}

#[test]
fn a_malformed_event_is_passed_over_and_noted() {
    let body = events(&[delta(json!({ "content": "a" }))])
        + "data: {oops\n\n: keep-alive\n\n"
        + &events(&[delta(json!({ "content": "b" })), finish("stop")])
        + "data: [DONE]\n\n";
    let call = read(
        Endpoint::ChatCompletions,
        200,
        "text/event-stream",
        &body,
        true,
    );
    assert_eq!(call.output["message"]["content"], "ab");
    assert_eq!(
        (call.complete, call.note),
        (false, Some("a stream event is not JSON"))
    );
}

#[test]
fn a_stream_under_a_wrong_content_type_is_seen() {
    let body = events(&[delta(json!({ "content": "Hi" })), finish("stop")]);
    let call = read(
        Endpoint::ChatCompletions,
        200,
        "application/json",
        &body,
        true,
    );
    assert_eq!(call.output["message"]["content"], "Hi");
}

#[test]
fn reasoning_counted_beside_the_output_is_added_to_it() {
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45,
        "completion_tokens_details": { "reasoning_tokens": 30 } });
    let call = plain(
        Endpoint::ChatCompletions,
        json!({ "choices": [], "usage": usage }),
    );
    assert_eq!(
        (call.usage.output, call.usage.reasoning, call.usage.total),
        (Some(35), Some(30), Some(45))
    );
}
