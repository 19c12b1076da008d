//! Parts of answers that a message has no plain place for: nothing that a server says is lost.

use carrot_wire::llm::{Endpoint, LlmCall, Usage};
use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, chat_stream, delta, events, finish, named_events, plain, read};

const MESSAGES: &str = "/v1/messages";
const STREAM: &str = "/v1beta/models/gemini-3-pro:streamGenerateContent";

/// The names and arguments of the tools that were called.
fn called(call: &LlmCall) -> Vec<(String, String)> {
    let calls = call.output["message"]["tool_calls"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |call: &Value| {
        let function = &call["function"];
        (text(&function["name"]), text(&function["arguments"]))
    };
    calls.iter().map(one).collect()
}

#[test]
fn what_azure_filters_is_told() {
    let safe = json!({ "filtered": false, "severity": "safe" });
    let choice = |filter: Value| json!({ "choices": [{ "index": 0, "finish_reason": null, "content_filter_results": filter }] });
    let prompt = json!([{ "prompt_index": 0, "content_filter_results": { "jailbreak": { "filtered": false, "detected": false } } }]);
    let call = chat_stream(&[
        json!({ "id": "", "model": "", "choices": [], "prompt_filter_results": prompt }),
        delta(json!({ "role": "assistant", "content": "" })),
        delta(json!({ "content": "Hi" })),
        // With the asynchronous filter such chunks come without a delta.
        choice(json!({ "hate": safe })),
        choice(json!({ "violence": { "filtered": true, "severity": "high" } })),
        finish("content_filter"),
    ]);
    assert_eq!(call.output["message"]["content"], "Hi");
    assert_eq!(call.output["prompt_filter_results"], prompt);
    assert_eq!(call.output["content_filter_results"]["hate"], safe);
    assert_eq!(
        call.output["content_filter_results"]["violence"]["filtered"],
        true
    );
    assert_eq!(call.finish_reason.as_deref(), Some("content_filter"));
    assert_eq!(call.model.as_deref(), Some("gpt-4o-2024-08-06"));
    assert!(call.complete);
    let two = |index: u64| json!({ "index": index, "message": { "content": "x" }, "content_filter_results": { "hate": safe } });
    let call = plain(
        Endpoint::ChatCompletions,
        json!({ "choices": [two(0), two(1)] }),
    );
    assert_eq!(
        call.output["choices"][1]["content_filter_results"]["hate"],
        safe
    );
}

#[test]
fn refusals_are_kept() {
    let call = chat_stream(&[
        delta(json!({ "refusal": "I can" })),
        delta(json!({ "refusal": "not." })),
        finish("stop"),
    ]);
    assert_eq!(call.output["message"]["refusal"], "I cannot.");
    let part =
        |text: &str| json!({ "type": "response.refusal.delta", "output_index": 0, "delta": text });
    let body = events(&[part("I can"), part("not.")]);
    let call = read(Endpoint::Responses, 200, EVENTS[0].1, &body, false);
    assert_eq!(call.output["message"]["refusal"], "I cannot.");
}

#[test]
fn content_in_pieces_is_sorted() {
    let thinking = |text: &str| json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": text }] }]);
    let reference = json!({ "type": "reference", "reference_ids": [1] });
    let call = chat_stream(&[
        delta(json!({ "content": thinking("Let me ") })),
        delta(json!({ "content": thinking("see.") })),
        delta(json!({ "content": [{ "type": "text", "text": "Four" }, reference] })),
        delta(json!({ "content": "." })),
        delta(json!({ "audio": { "id": "a", "data": "AA", "transcript": "Fo" } })),
        delta(json!({ "audio": { "data": "BB", "transcript": "ur" } })),
        delta(json!({ "annotations": [1] })),
        delta(json!({ "annotations": [2] })),
        finish("stop"),
    ]);
    let message = json!({
        "role": "assistant", "content": "Four.", "reasoning_content": "Let me see.",
        "audio": { "id": "a", "data": "AABB", "transcript": "Four" },
        "annotations": [1, 2], "items": [reference],
    });
    assert_eq!(call.output["message"], message);
}

#[test]
fn tools_of_free_text_are_called() {
    let part = |custom: Value| {
        delta(
            json!({ "tool_calls": [{ "index": 0, "id": "c", "type": "custom", "custom": custom }] }),
        )
    };
    let call = chat_stream(&[
        part(json!({ "name": "sh", "input": "" })),
        part(json!({ "input": "ls " })),
        part(json!({ "input": "-l" })),
        finish("tool_calls"),
    ]);
    let custom =
        json!({ "id": "c", "type": "custom", "custom": { "name": "sh", "input": "ls -l" } });
    assert_eq!(call.output["message"]["tool_calls"], json!([custom]));

    let item = json!({ "type": "custom_tool_call", "call_id": "c", "name": "sh", "input": "" });
    let part = |text: &str| json!({ "type": "response.custom_tool_call_input.delta", "output_index": 0, "delta": text });
    let added = json!({ "type": "response.output_item.added", "output_index": 0, "item": item });
    let body = events(&[added, part("ls "), part("-l")]);
    let call = read(Endpoint::Responses, 200, EVENTS[0].1, &body, false);
    assert_eq!(called(&call), [("sh".to_owned(), "ls -l".to_owned())]);
}

#[test]
fn summaries_of_reasoning_are_paragraphs() {
    let text = |text: &str| json!({ "type": "summary_text", "text": text });
    let items = json!([{ "type": "reasoning", "summary": [text("First."), text("Then.")] }]);
    let call = plain(
        Endpoint::Responses,
        json!({ "status": "completed", "output": items }),
    );
    assert_eq!(
        call.output["message"]["reasoning_content"],
        "First.\n\nThen."
    );
    let added = |at: u64| json!({ "type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": at });
    let part = |text: &str| json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": text });
    let item = json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "reasoning", "summary": [] } });
    let body = events(&[
        item,
        added(0),
        part("Fir"),
        part("st."),
        added(1),
        part("Then."),
    ]);
    let cut = read(Endpoint::Responses, 200, EVENTS[0].1, &body, false);
    assert_eq!(
        cut.output["message"]["reasoning_content"],
        "First.\n\nThen."
    );
}

#[test]
fn anthropics_own_searches_and_citations_are_kept() {
    let start = |index: u64, block: Value| json!({ "type": "content_block_start", "index": index, "content_block": block });
    let add = |index: u64, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let search = json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} });
    let found = json!({ "type": "web_search_tool_result", "tool_use_id": "s", "content": [{ "url": "u" }] });
    let cited = json!({ "type": "web_search_result_location", "url": "u", "cited_text": "c" });
    let call = ask(
        MESSAGES,
        EVENTS,
        &named_events(&[
            json!({ "type": "message_start", "message": { "id": "m", "content": [] } }),
            start(0, search),
            add(
                0,
                json!({ "type": "input_json_delta", "partial_json": "{\"query\":" }),
            ),
            add(
                0,
                json!({ "type": "input_json_delta", "partial_json": "\"q\"}" }),
            ),
            start(1, found.clone()),
            start(2, json!({ "type": "text", "text": "", "citations": [] })),
            add(2, json!({ "type": "citations_delta", "citation": cited })),
            add(2, json!({ "type": "text_delta", "text": "So it is." })),
            json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } }),
            json!({ "type": "message_stop" }),
        ]),
    );
    let items = &call.output["items"];
    assert_eq!(call.output["message"]["content"], "So it is.");
    assert_eq!(call.output["message"].get("tool_calls"), None);
    assert_eq!(items[0]["input"], json!({ "query": "q" }));
    assert_eq!(items[1], found);
    assert_eq!(items[2]["citations"], json!([cited]));
    // A document's citations come without a search.
    let text = json!({ "type": "text", "text": "So.", "citations": [cited] });
    let answer = json!({ "type": "message", "content": [text] }).to_string();
    let call = ask(MESSAGES, JSON, &answer);
    assert_eq!(call.output["items"], json!([text]));
}

#[test]
fn geminis_grounding_is_kept() {
    let metadata =
        json!({ "webSearchQueries": ["q"], "groundingChunks": [{ "web": { "uri": "u" } }] });
    let part = |text: &str| json!({ "content": { "parts": [{ "text": text }] }, "index": 0 });
    let mut last = part("is.");
    last["groundingMetadata"] = metadata.clone();
    last["finishReason"] = "STOP".into();
    let chunks = [part("So it "), last].map(|it| json!({ "candidates": [it] }));
    let call = ask(STREAM, EVENTS, &events(&chunks));
    assert_eq!(call.output["message"]["content"], "So it is.");
    assert_eq!(call.output["groundingMetadata"], metadata);

    let annotation = json!({ "type": "url_citation", "url": "u" });
    let step = |delta: Value| json!({ "event_type": "step.delta", "index": 0, "delta": delta });
    let call = ask(
        "/v1beta/interactions",
        EVENTS,
        &named_events(&[
            step(json!({ "type": "text", "text": "So it is." })),
            step(json!({ "type": "text_annotation_delta", "annotations": [annotation] })),
        ]),
    );
    let content = json!([{ "type": "text", "text": "So it is.", "annotations": [annotation] }]);
    assert_eq!(call.output["items"][0]["content"], content);
}

#[test]
fn what_the_cache_keeps_for_an_hour_is_counted() {
    let usage = json!({ "inputTokens": 10, "outputTokens": 1, "cacheWriteInputTokens": 30,
        "cacheDetails": [{ "ttl": "5m", "inputTokens": 10 }, { "ttl": "1h", "inputTokens": 20 }] });
    let answer = json!({ "output": { "message": { "content": [] } }, "usage": usage });
    let call = ask("/model/m/converse", JSON, &answer.to_string());
    let expected = Usage::new(40, 1).cache_write(30).cache_write_1h(20);
    assert_eq!(call.usage, expected);
    let usage = json!({ "prompt_tokens": 40, "completion_tokens": 1, "prompt_tokens_details": {
        "cache_creation_tokens": 30,
        "cache_creation_token_details": { "ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20 } } });
    let answer = json!({ "choices": [], "usage": usage });
    let call = ask("/v1/chat/completions", JSON, &answer.to_string());
    assert_eq!(call.usage, expected);
}

/// Two calls whose pieces come by turns.
#[test]
fn parallel_tool_calls_are_kept_apart() {
    let expected = [("f", r#"{"a":1}"#), ("g", r#"{"b":2}"#)]
        .map(|(name, arguments)| (name.to_owned(), arguments.to_owned()));
    let turns = [(0, r#"{"a""#), (1, r#"{"b""#), (0, ":1}"), (1, ":2}")];

    let chat = |index: u64, function: Value| {
        delta(json!({ "tool_calls": [{ "index": index, "function": function }] }))
    };
    let mut chunks = vec![
        chat(0, json!({ "name": "f" })),
        chat(1, json!({ "name": "g" })),
    ];
    chunks.extend(turns.map(|(at, text)| chat(at, json!({ "arguments": text }))));
    chunks.push(finish("tool_calls"));
    assert_eq!(called(&chat_stream(&chunks)), expected);

    let item = |index: u64, name: &str| json!({ "type": "response.output_item.added", "output_index": index, "item": { "type": "function_call", "name": name } });
    let mut chunks = vec![item(0, "f"), item(1, "g")];
    chunks.extend(turns.map(|(at, text)| json!({ "type": "response.function_call_arguments.delta", "output_index": at, "delta": text })));
    let call = read(
        Endpoint::Responses,
        200,
        EVENTS[0].1,
        &events(&chunks),
        false,
    );
    assert_eq!(called(&call), expected);

    let block = |index: u64, name: &str| json!({ "type": "content_block_start", "index": index, "content_block": { "type": "tool_use", "name": name, "input": {} } });
    let mut chunks = vec![block(0, "f"), block(1, "g")];
    chunks.extend(turns.map(|(at, text)| json!({ "type": "content_block_delta", "index": at, "delta": { "partial_json": text } })));
    assert_eq!(
        called(&ask(MESSAGES, EVENTS, &named_events(&chunks))),
        expected
    );

    let step = |index: u64, name: &str| json!({ "event_type": "step.start", "index": index, "step": { "type": "function_call", "name": name } });
    let mut chunks = vec![step(0, "f"), step(1, "g")];
    chunks.extend(turns.map(|(at, text)| json!({ "event_type": "step.delta", "index": at, "delta": { "type": "arguments_delta", "arguments": text } })));
    let call = ask("/v1beta/interactions", EVENTS, &named_events(&chunks));
    assert_eq!(called(&call), expected);

    let one = |name: &str, args: Value| json!({ "function": { "name": name, "arguments": args } });
    let line = json!({ "message": { "tool_calls": [one("f", json!({ "a": 1 })), one("g", json!({ "b": 2 }))] }, "done": true });
    assert_eq!(called(&ask("/api/chat", JSON, &line.to_string())), expected);
}
