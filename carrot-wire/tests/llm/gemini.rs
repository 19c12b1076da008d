//! Gemini's `generateContent`: plain, as server-sent events and as a JSON array; and its embeddings.

use carrot_wire::SpanKind;
use carrot_wire::llm::{Endpoint, LlmCall, Usage};
use serde_json::{Value, json};

use crate::{EVENTS, JSON, ask, events, read};

const PLAIN: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
const STREAM: &str = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";

fn usage(candidates: u64) -> Value {
    json!({
        "promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": candidates,
        "thoughtsTokenCount": 30, "toolUsePromptTokenCount": 7, "totalTokenCount": 137 + candidates,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": 80 }, { "modality": "AUDIO", "tokenCount": 20 }],
        "cacheTokensDetails": [{ "modality": "AUDIO", "tokenCount": 5 }],
    })
}

fn answer(parts: Value, finish_reason: Option<&str>, candidates: u64) -> Value {
    let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
    if let Some(reason) = finish_reason {
        candidate["finishReason"] = reason.into();
    }
    json!({ "candidates": [candidate], "usageMetadata": usage(candidates), "modelVersion": "gemini-2.5-flash", "responseId": "r1" })
}

fn chunks() -> Vec<Value> {
    vec![
        answer(json!([{ "text": "Let me ", "thought": true }]), None, 0),
        answer(
            json!([{ "text": "see.", "thought": true, "thoughtSignature": "CpoB" }]),
            None,
            1,
        ),
        answer(json!([{ "text": "Grüße, " }]), None, 4),
        answer(json!([{ "text": "世界" }]), None, 6),
        answer(
            json!([
                { "functionCall": { "name": "weather", "args": { "city": "Paris" } }, "thoughtSignature": "CpoC" },
                { "functionCall": { "id": "c2", "name": "time", "args": {} } },
            ]),
            Some("STOP"),
            10,
        ),
    ]
}

fn whole() -> Value {
    answer(
        json!([
            { "text": "Let me see.", "thought": true },
            { "text": "Grüße, 世界" },
            { "functionCall": { "name": "weather", "args": { "city": "Paris" } } },
            { "functionCall": { "id": "c2", "name": "time", "args": {} } },
        ]),
        Some("STOP"),
        10,
    )
}

fn check(call: &LlmCall) {
    let function = |name: &str, arguments: &str| json!({ "name": name, "arguments": arguments });
    assert_eq!(
        call.output,
        json!({ "message": {
            "role": "assistant", "content": "Grüße, 世界", "reasoning_content": "Let me see.",
            "tool_calls": [
                { "id": null, "type": "function", "function": function("weather", "{\"city\":\"Paris\"}") },
                { "id": "c2", "type": "function", "function": function("time", "{}") },
            ],
        }})
    );
    let counts = Usage::new(107, 40).cached(60).reasoning(30).audio_input(15);
    assert_eq!(call.usage, counts);
    assert_eq!(
        call.request_model.as_deref(),
        Some("gemini-2.5-flash"),
        "from the path"
    );
    assert_eq!(call.finish_reason.as_deref(), Some("STOP"));
    assert_eq!(call.response_id.as_deref(), Some("r1"));
    assert_eq!(
        (call.provider, call.note, call.complete),
        ("gemini", None, true)
    );
}

#[test]
fn an_answer_in_all_three_forms() {
    let plain = ask(PLAIN, JSON, &whole().to_string());
    check(&plain);
    assert!(!plain.streamed);
    let sse = ask(STREAM, EVENTS, &events(&chunks()));
    check(&sse);
    let array = serde_json::to_string_pretty(&chunks()).unwrap();
    let array = ask(STREAM, JSON, &array);
    check(&array);
    assert!(sse.streamed && array.streamed);
}

#[test]
fn a_cut_array_keeps_what_had_arrived() {
    let array = Value::from(chunks()).to_string();
    let at = array.find("世界").unwrap();
    let call = ask(STREAM, JSON, &array[..at]);
    assert_eq!(call.output["message"]["content"], "Grüße, ");
    assert_eq!(
        (call.complete, call.note),
        (false, Some("the stream stopped before its end"))
    );
    assert_eq!(call.usage.output, Some(34));

    let broken = array.replace("世界", "\u{1}");
    let call = ask(STREAM, JSON, &broken);
    assert_eq!(
        call.note,
        Some("the answer is not the JSON that was expected")
    );
}

#[test]
fn arguments_that_come_in_parts_are_joined() {
    let call = |call: Value| answer(json!([{ "functionCall": call }]), None, 1);
    let part = |path: &str, text: &str| json!({ "jsonPath": path, "stringValue": text, "willContinue": true });
    let asked = [
        call(json!({ "id": "c1", "name": "weather", "willContinue": true })),
        call(json!({ "partialArgs": [part("$.city", "New ")], "willContinue": true })),
        call(json!({
            "partialArgs": [part("$.city", "York"), { "jsonPath": "$.days[0]", "numberValue": 3 }],
            "willContinue": true,
        })),
        call(json!({})),
        call(json!({
            "name": "weather", "willContinue": true, "partialArgs": [part("$.city", "Paris")],
        })),
        // The last part of a call repeats its name.
        call(
            json!({ "name": "weather", "partialArgs": [{ "jsonPath": "$.now", "boolValue": true }] }),
        ),
        call(json!({ "name": "time", "args": { "zone": "UTC" } })),
        answer(json!([]), Some("STOP"), 3),
    ];
    let read = ask(STREAM, EVENTS, &events(&asked));
    let calls = json!([
        { "id": "c1", "type": "function", "function": { "name": "weather", "arguments": r#"{"city":"New York","days":[3]}"# } },
        { "id": null, "type": "function", "function": { "name": "weather", "arguments": r#"{"city":"Paris","now":true}"# } },
        { "id": null, "type": "function", "function": { "name": "time", "arguments": r#"{"zone":"UTC"}"# } },
    ]);
    assert_eq!(read.output["message"]["tool_calls"], calls);
    assert_eq!(read.output.get("items"), None);
    // What has no place is kept as it came, and a call that was cut off with what it had.
    let cut = [call(
        json!({ "name": "f", "willContinue": true, "partialArgs": [part("$.a[7]", "b"), part("$.c", "d")] }),
    )];
    let read = ask(STREAM, EVENTS, &events(&cut));
    let arguments = &read.output["message"]["tool_calls"][0]["function"]["arguments"];
    assert_eq!(arguments, r#"{"a":[],"c":"d"}"#);
    assert_eq!(read.output["items"][0]["functionCall"]["name"], "f");
}

#[test]
fn thoughts_that_are_counted_among_the_candidates_are_not_counted_twice() {
    let usage = json!({ "promptTokenCount": 10, "candidatesTokenCount": 50, "thoughtsTokenCount": 30, "totalTokenCount": 60 });
    let call = ask(
        PLAIN,
        JSON,
        &json!({ "candidates": [], "usageMetadata": usage }).to_string(),
    );
    assert_eq!(call.usage, Usage::new(10, 50).reasoning(30));
}

#[test]
fn several_candidates_are_listed() {
    let candidate = |index: u64, text: &str| json!({ "index": index, "content": { "parts": [{ "text": text }] }, "finishReason": "STOP" });
    let call = ask(
        PLAIN,
        JSON,
        &json!({ "candidates": [candidate(0, "a"), candidate(1, "b")] }).to_string(),
    );
    assert_eq!(call.output["message"]["content"], "a");
    assert_eq!(call.output["choices"][1]["message"]["content"], "b");
}

#[test]
fn a_prompt_that_was_blocked_has_a_reason() {
    let body = json!({ "promptFeedback": { "blockReason": "SAFETY" }, "usageMetadata": { "promptTokenCount": 4, "totalTokenCount": 4 } });
    let call = ask(STREAM, EVENTS, &events(&[body]));
    assert_eq!(
        (call.finish_reason.as_deref(), call.complete),
        (Some("SAFETY"), true)
    );
    assert!(call.output.is_null());
}

#[test]
fn parts_that_fit_no_message_are_kept_beside_it() {
    let parts =
        json!([{ "text": "Here:" }, { "inlineData": { "mimeType": "image/png", "data": "iVBO" } }]);
    let call = ask(
        PLAIN,
        JSON,
        &answer(parts.clone(), Some("STOP"), 1).to_string(),
    );
    assert_eq!(
        (&call.output["items"], &call.output["message"]["content"]),
        (&parts, &json!("Here:"))
    );
}

#[test]
fn log_probabilities_have_ids() {
    let mut body = answer(json!([{ "text": "Hi" }]), Some("STOP"), 1);
    body["candidates"][0]["logprobsResult"] = json!({
        "chosenCandidates": [{ "token": "Hi", "tokenId": 7, "logProbability": -0.5 }],
        "topCandidates": [{ "candidates": [{ "token": "Ho", "tokenId": 8, "logProbability": -1.5 }] }],
    });
    let call = ask(PLAIN, JSON, &body.to_string());
    let top = json!([{ "token": "Ho", "id": 8, "logprob": -1.5 }]);
    assert_eq!(
        call.logprobs,
        [json!({ "token": "Hi", "id": 7, "logprob": -0.5, "top": top })]
    );
}

#[test]
fn embeddings_are_counted() {
    let one = ask(
        "/v1beta/models/text-embedding-004:embedContent",
        JSON,
        r#"{"embedding":{"values":[0.1,0.2]}}"#,
    );
    assert_eq!(one.output, json!({ "embeddings_count": 1 }));
    assert_eq!(
        (one.endpoint, one.endpoint.kind()),
        (Endpoint::EmbedContent, SpanKind::Embedding)
    );
    let many = json!({ "embeddings": [{ "values": [1] }, { "values": [2] }], "usageMetadata": { "promptTokenCount": 9 } });
    let many = ask(
        "/v1beta/models/gemini-embedding-001:batchEmbedContents",
        JSON,
        &many.to_string(),
    );
    assert_eq!(many.output, json!({ "embeddings_count": 2 }));
    assert_eq!(many.usage.input, Some(9));
    assert_eq!(many.request_model.as_deref(), Some("gemini-embedding-001"));
}

#[test]
fn vertex_names_the_model_in_its_own_path() {
    let path = "/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro:streamGenerateContent";
    let call = ask(path, EVENTS, &events(&chunks()));
    assert_eq!(call.request_model.as_deref(), Some("gemini-2.5-pro"));
    assert_eq!(call.endpoint, Endpoint::GenerateContent);
    for path in [
        "/v1beta/models/m:countTokens",
        "/v1beta/models",
        "/v1beta/models/m",
    ] {
        assert_eq!(Endpoint::find("POST", path), None, "{path}");
    }
}

#[test]
fn errors_are_found_in_objects_and_arrays() {
    let error = json!({ "error": { "code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED" } });
    for body in [error.to_string(), json!([error]).to_string()] {
        let call = read(
            Endpoint::GenerateContent,
            429,
            "application/json",
            &body,
            true,
        );
        let error = call.error.unwrap();
        assert_eq!(
            (error.kind.as_str(), error.message.as_str()),
            ("RESOURCE_EXHAUSTED", "Quota exceeded")
        );
    }
    let call = ask(STREAM, EVENTS, &events(&[chunks().remove(2), error]));
    assert_eq!(call.error.unwrap().kind, "RESOURCE_EXHAUSTED");
    assert_eq!(call.output["message"]["content"], "Grüße, ");
}
