//! Tokens with their log probabilities and ids, from servers that give them.

use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, events};

const CHAT: &str = "/v1/chat/completions";

#[test]
fn llama_cpp_gives_ids_beside_its_tokens() {
    let token = |id: u64, text: &str| json!({ "id": id, "token": text, "bytes": text.as_bytes(), "logprob": -0.1, "top_logprobs": [] });
    let body = json!({ "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "Hi" },
        "logprobs": { "content": [token(7, "H"), token(8, "i")] } }] });
    let call = ask(CHAT, JSON, &body.to_string());
    assert_eq!(
        call.logprobs[1],
        json!({ "id": 8, "token": "i", "bytes": [105], "logprob": -0.1 })
    );
    let call = ask(
        "/v1/completions",
        JSON,
        &body.to_string().replace("\"message\"", "\"other\""),
    );
    assert_eq!(call.logprobs.len(), 2, "llama.cpp has one form for both");
}

#[test]
fn vllm_gives_ids_in_a_list_of_their_own() {
    let chunk = |text: &str, id: u64| {
        json!({ "choices": [{ "index": 0, "delta": { "content": text }, "token_ids": [id],
            "logprobs": { "content": [{ "token": text, "logprob": -0.1, "bytes": null, "top_logprobs": [] }] } }] })
    };
    let mut first = chunk("H", 7);
    first["prompt_token_ids"] = json!([1, 2, 3]);
    let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop", "token_ids": null }] });
    let streamed = ask(
        CHAT,
        EVENTS,
        &(events(&[first, chunk("i", 8), last]) + "data: [DONE]\n\n"),
    );
    assert_eq!(
        streamed.logprobs[1],
        json!({ "id": 8, "token": "i", "logprob": -0.1 })
    );
    assert_eq!(streamed.output["prompt_token_ids"], json!([1, 2, 3]));

    let plain = json!({ "prompt_token_ids": [1, 2, 3], "choices": [{ "index": 0, "finish_reason": "stop",
        "message": { "role": "assistant", "content": "Hi" }, "logprobs": null, "token_ids": [7, 8] }] });
    let plain = ask(CHAT, JSON, &plain.to_string());
    assert_eq!(plain.logprobs, [json!({ "id": 7 }), json!({ "id": 8 })]);

    let text = json!({ "choices": [{ "index": 0, "text": "Hi", "finish_reason": "stop", "token_ids": [7, 8], "prompt_token_ids": [1],
        "logprobs": { "tokens": ["H", "i"], "token_logprobs": [-0.1, -0.2], "top_logprobs": [{ "H": -0.1 }, null] } }] });
    let text = ask("/v1/completions", JSON, &text.to_string());
    assert_eq!(
        text.logprobs[0],
        json!({ "id": 7, "token": "H", "logprob": -0.1, "top": [{ "token": "H", "logprob": -0.1 }] })
    );
    assert_eq!(text.output["prompt_token_ids"], json!([1]));
}

#[test]
fn ollama_gives_them_line_by_line() {
    let line = |text: &str| {
        json!({ "model": "m", "message": { "content": text }, "done": false,
        "logprobs": [{ "token": text, "logprob": -0.1, "bytes": text.as_bytes(), "top_logprobs": [{ "token": "x", "logprob": -2.0 }] }] })
    };
    let body: String = [line("H"), line("i"), json!({ "done": true })]
        .iter()
        .map(|line: &Value| format!("{line}\n"))
        .collect();
    let call = ask(
        "/api/chat",
        &[("content-type", "application/x-ndjson")],
        &body,
    );
    assert_eq!(
        call.logprobs[0],
        json!({ "token": "H", "logprob": -0.1, "bytes": [72], "top": [{ "token": "x", "logprob": -2.0 }] })
    );
    assert_eq!(call.logprobs.len(), 2);
}
