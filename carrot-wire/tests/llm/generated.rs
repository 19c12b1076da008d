//! Whatever a model says: a stream of it reads the same as the plain answer, in every dialect.

use carrot_wire::llm::{LlmCall, Usage};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, events, lines, named_events};

/// What a model says, in the fragments in which it would be streamed.
#[derive(Debug, Clone)]
struct Said {
    thoughts: Vec<String>,
    text: Vec<String>,
    /// Names, and the fragments of a JSON object.
    calls: Vec<(String, Vec<String>)>,
    input: u32,
    cached: u32,
    output: u32,
    thinking: u32,
}

impl Said {
    fn arguments(&self, call: usize) -> Value {
        serde_json::from_str(&self.calls[call].1.concat()).unwrap()
    }

    fn check(&self, call: &LlmCall, what: &str) {
        let message = &call.output["message"];
        assert_eq!(
            message["content"].as_str().unwrap_or_default(),
            self.text.concat(),
            "{what}"
        );
        let thoughts = message["reasoning_content"].as_str().unwrap_or_default();
        assert_eq!(thoughts, self.thoughts.concat(), "{what}");
        let calls = message["tool_calls"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        assert_eq!(calls.len(), self.calls.len(), "{what}");
        for (at, call) in calls.iter().enumerate() {
            let function = &call["function"];
            assert_eq!(function["name"], self.calls[at].0, "{what}");
            let arguments: Value =
                serde_json::from_str(function["arguments"].as_str().unwrap()).unwrap();
            assert_eq!(arguments, self.arguments(at), "{what}");
        }
        assert!(
            call.complete && call.note.is_none() && call.error.is_none(),
            "{what}"
        );
    }

    fn usage(&self) -> Usage {
        let [input, cached] = [self.input, self.cached].map(u64::from);
        let [output, thinking] = [self.output, self.thinking].map(u64::from);
        Usage::new(input + cached, output + thinking)
            .cached(cached)
            .reasoning(thinking)
    }
}

fn fragments() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zé世🥕 \n\"\\\\:{}]{1,6}", 0..5)
}

fn object() -> impl Strategy<Value = Vec<String>> {
    let map = prop::collection::btree_map("[a-zé]{1,4}", "[a-z世\"\\\\]{0,6}", 0..4);
    (map, 1usize..5).prop_map(|(map, size)| {
        let text: Vec<char> = json!(map).to_string().chars().collect();
        text.chunks(size)
            .map(|part| part.iter().collect())
            .collect()
    })
}

fn said() -> impl Strategy<Value = Said> {
    let calls = prop::collection::vec(("[a-z_]{1,6}", object()), 0..3);
    let counts = (1..9_000u32, 1..9_000u32, 1..9_000u32, 1..9_000u32);
    (fragments(), fragments(), calls, counts).prop_map(
        |(thoughts, text, calls, (input, cached, output, thinking))| Said {
            thoughts,
            text,
            calls,
            input,
            cached,
            output,
            thinking,
        },
    )
}

fn chat(said: &Said) -> (Value, String) {
    let usage = said.usage();
    let usage = json!({ "prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.total,
        "prompt_tokens_details": { "cached_tokens": usage.cached }, "completion_tokens_details": { "reasoning_tokens": usage.reasoning } });
    let call = |at: usize, arguments: &str| {
        json!({ "index": at, "id": format!("c{at}"), "type": "function",
        "function": { "name": said.calls[at].0, "arguments": arguments } })
    };
    let calls: Vec<Value> = (0..said.calls.len())
        .map(|at| call(at, &said.calls[at].1.concat()))
        .collect();
    let mut message = json!({ "role": "assistant", "content": said.text.concat(), "reasoning_content": said.thoughts.concat() });
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    let plain = json!({ "id": "r", "model": "m", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }], "usage": usage });
    let delta = |delta: Value| json!({ "id": "r", "model": "m", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }], "usage": null });
    let mut stream = vec![delta(json!({ "role": "assistant", "content": "" }))];
    stream.extend(
        said.thoughts
            .iter()
            .map(|it| delta(json!({ "reasoning_content": it }))),
    );
    stream.extend(said.text.iter().map(|it| delta(json!({ "content": it }))));
    for (at, (_, parts)) in said.calls.iter().enumerate() {
        stream.push(delta(json!({ "tool_calls": [call(at, "")] })));
        let part =
            |it| delta(json!({ "tool_calls": [{ "index": at, "function": { "arguments": it } }] }));
        stream.extend(parts.iter().map(part));
    }
    stream.push(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }));
    stream.push(json!({ "choices": [], "usage": usage }));
    (plain, events(&stream) + "data: [DONE]\n\n")
}

fn messages(said: &Said) -> (Value, String) {
    let usage = json!({ "input_tokens": said.input, "cache_read_input_tokens": said.cached,
        "output_tokens": said.output + said.thinking, "output_tokens_details": { "thinking_tokens": said.thinking } });
    let mut blocks = vec![
        (
            json!({ "type": "thinking", "thinking": "", "signature": "s" }),
            "thinking",
            "thinking_delta",
            said.thoughts.clone(),
        ),
        (
            json!({ "type": "text", "text": "" }),
            "text",
            "text_delta",
            said.text.clone(),
        ),
    ];
    for (at, (name, parts)) in said.calls.iter().enumerate() {
        let block =
            json!({ "type": "tool_use", "id": format!("c{at}"), "name": name, "input": {} });
        blocks.push((block, "partial_json", "input_json_delta", parts.clone()));
    }
    let mut stream = vec![
        json!({ "type": "message_start", "message": { "id": "r", "model": "m", "content": [],
        "usage": { "input_tokens": said.input, "cache_read_input_tokens": said.cached, "output_tokens": 1 } } }),
    ];
    let mut content = Vec::new();
    for (index, (block, key, kind, parts)) in blocks.into_iter().enumerate() {
        stream
            .push(json!({ "type": "content_block_start", "index": index, "content_block": block }));
        for part in &parts {
            stream.push(json!({ "type": "content_block_delta", "index": index, "delta": { "type": kind, key: part } }));
        }
        stream.push(json!({ "type": "content_block_stop", "index": index }));
        let mut block = block;
        match key {
            "partial_json" => block["input"] = serde_json::from_str(&parts.concat()).unwrap(),
            key => block[key] = parts.concat().into(),
        }
        content.push(block);
    }
    stream.push(
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": usage }),
    );
    stream.push(json!({ "type": "message_stop" }));
    let plain = json!({ "type": "message", "id": "r", "model": "m", "content": content, "stop_reason": "end_turn", "usage": usage });
    (plain, named_events(&stream))
}

/// The chunks of Gemini's stream.
fn generate(said: &Said) -> (Value, Vec<Value>) {
    let usage = json!({ "promptTokenCount": said.input + said.cached, "cachedContentTokenCount": said.cached,
        "candidatesTokenCount": said.output, "thoughtsTokenCount": said.thinking,
        "totalTokenCount": said.input + said.cached + said.output + said.thinking });
    let thought = |it: &String| json!({ "text": it, "thought": true });
    let text = |it: &String| json!({ "text": it });
    let calls = (0..said.calls.len()).map(
        |at| json!({ "functionCall": { "name": said.calls[at].0, "args": said.arguments(at) } }),
    );
    let calls: Vec<Value> = calls.collect();
    let answer = |parts: Value| json!({ "candidates": [{ "content": { "parts": parts } }], "modelVersion": "m", "responseId": "r" });
    let streamed = said
        .thoughts
        .iter()
        .map(thought)
        .chain(said.text.iter().map(text));
    let mut stream: Vec<Value> = streamed.map(|part| answer(json!([part]))).collect();
    stream.push(answer(calls.clone().into()));
    let last = stream.last_mut().unwrap();
    last["candidates"][0]["finishReason"] = "STOP".into();
    last["usageMetadata"] = usage;
    let mut whole = last.clone();
    let mut parts = vec![thought(&said.thoughts.concat()), text(&said.text.concat())];
    parts.extend(calls);
    whole["candidates"][0]["content"]["parts"] = parts.into();
    (whole, stream)
}

fn interactions(said: &Said) -> (Value, String) {
    let usage = json!({ "total_input_tokens": said.input + said.cached, "total_cached_tokens": said.cached,
        "total_output_tokens": said.output, "total_thought_tokens": said.thinking,
        "total_tokens": said.input + said.cached + said.output + said.thinking });
    let text = |it: &str| json!({ "type": "text", "text": it });
    let start = |index: usize, step: Value| json!({ "event_type": "step.start", "index": index, "step": step });
    let delta = |index: usize, delta: Value| json!({ "event_type": "step.delta", "index": index, "delta": delta });
    let mut steps = vec![
        json!({ "type": "thought", "summary": [text(&said.thoughts.concat())], "signature": "s" }),
        json!({ "type": "model_output", "content": [text(&said.text.concat())] }),
    ];
    let mut stream = vec![
        json!({ "event_type": "interaction.created", "interaction": { "id": "r", "model": "m", "status": "in_progress" } }),
    ];
    stream.push(start(0, json!({ "type": "thought" })));
    stream.extend(
        said.thoughts
            .iter()
            .map(|it| delta(0, json!({ "type": "thought_summary", "content": text(it) }))),
    );
    stream.push(start(1, json!({ "type": "model_output" })));
    stream.extend(said.text.iter().map(|it| delta(1, text(it))));
    for (at, (name, parts)) in said.calls.iter().enumerate() {
        let call = |arguments: Value| json!({ "type": "function_call", "id": format!("c{at}"), "name": name, "arguments": arguments });
        steps.push(call(said.arguments(at)));
        stream.push(start(at + 2, call(json!({}))));
        stream.extend(parts.iter().map(|it| {
            delta(
                at + 2,
                json!({ "type": "arguments_delta", "arguments": it }),
            )
        }));
    }
    let done = json!({ "id": "r", "model": "m", "status": "completed", "usage": usage });
    stream.push(json!({ "event_type": "interaction.completed", "interaction": done }));
    let mut plain = done;
    plain["steps"] = steps.into();
    (plain, named_events(&stream) + "data: [DONE]\n\n")
}

fn ollama(said: &Said) -> (Value, String) {
    let counts = |mut it: Value| {
        it["prompt_eval_count"] = (said.input + said.cached).into();
        it["eval_count"] = (said.output + said.thinking).into();
        it["done"] = true.into();
        it
    };
    let calls = (0..said.calls.len()).map(
        |at| json!({ "function": { "name": said.calls[at].0, "arguments": said.arguments(at) } }),
    );
    let calls: Vec<Value> = calls.collect();
    let line = |message: Value| json!({ "model": "m", "message": message, "done": false });
    let mut stream: Vec<Value> = said
        .thoughts
        .iter()
        .map(|it| line(json!({ "content": "", "thinking": it })))
        .collect();
    stream.extend(said.text.iter().map(|it| line(json!({ "content": it }))));
    stream.extend(
        calls
            .iter()
            .map(|it| line(json!({ "content": "", "tool_calls": [it] }))),
    );
    stream.push(counts(
        json!({ "model": "m", "done_reason": "stop", "message": { "content": "" } }),
    ));
    let message = json!({ "role": "assistant", "content": said.text.concat(), "thinking": said.thoughts.concat(), "tool_calls": calls });
    (
        counts(json!({ "model": "m", "done_reason": "stop", "message": message })),
        lines(&stream),
    )
}

/// Both readings are what was said, and the same but for how they came.
fn compare(said: &Said, usage: Usage, plain: LlmCall, streamed: LlmCall, what: &str) {
    said.check(&plain, what);
    said.check(&streamed, what);
    assert_eq!((plain.usage, streamed.usage), (usage, usage), "{what}");
    assert_eq!(plain.finish_reason, streamed.finish_reason, "{what}");
    assert_eq!(
        (plain.model, plain.response_id),
        (streamed.model, streamed.response_id),
        "{what}"
    );
    assert!(streamed.streamed && !plain.streamed, "{what}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_reads_as_the_plain_answer(said in said()) {
        let all = said.usage();
        let (plain, stream) = chat(&said);
        let path = "/v1/chat/completions";
        compare(&said, all, ask(path, JSON, &plain.to_string()), ask(path, EVENTS, &stream), "chat");

        let (plain, stream) = messages(&said);
        let path = "/v1/messages";
        compare(&said, all, ask(path, JSON, &plain.to_string()), ask(path, EVENTS, &stream), "messages");

        let (plain, chunks) = generate(&said);
        let whole = ask("/v1beta/models/m:generateContent", JSON, &plain.to_string());
        let path = "/v1beta/models/m:streamGenerateContent";
        compare(&said, all, whole.clone(), ask(path, EVENTS, &events(&chunks)), "generate");
        compare(&said, all, whole, ask(path, JSON, &Value::from(chunks).to_string()), "array");

        let (plain, stream) = interactions(&said);
        let path = "/v1beta/interactions";
        compare(&said, all, ask(path, JSON, &plain.to_string()), ask(path, EVENTS, &stream), "interactions");

        let (plain, stream) = ollama(&said);
        let path = "/api/chat";
        let usage = Usage::new(all.input.unwrap(), all.output.unwrap());
        let ndjson = &[("content-type", "application/x-ndjson")];
        compare(&said, usage, ask(path, JSON, &plain.to_string()), ask(path, ndjson, &stream), "ollama");
    }
}
