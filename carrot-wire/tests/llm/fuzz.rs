//! A target for each endpoint that bolero can drive: any bytes, whatever their form, in any pieces.
//!
//! Under `cargo test` each runs for a moment with random bytes; `cargo bolero test -p carrot-wire
//! --test llm fuzz::<name>` runs it under a fuzzer for as long as one likes.

use bytes::Bytes;
use carrot_wire::Record;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall, usage_of};

/// What bytes from 128 on stand for, so that random ones say something now and then.
const WORDS: [&str; 40] = [
    "data: ",
    "event: error\n",
    "\n\n",
    "\n",
    "{\"",
    "\":",
    "\",\"",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    "null",
    "0",
    "1e9",
    "true",
    "[DONE]",
    "{\"choices\":[{",
    "\"delta\":{",
    "\"message\":{",
    "\"content\":",
    "\"index\":",
    "\"usage\":{",
    "{\"type\":\"message_start\",",
    "{\"type\":\"content_block_start\",",
    "{\"type\":\"content_block_delta\",",
    "\"content_block\":",
    "\"partial_json\":\"",
    "{\"candidates\":[{",
    "\"parts\":[{\"text\":\"",
    "\"functionCall\":",
    "\"usageMetadata\":{",
    "{\"event_type\":\"step.start\",\"step\":",
    "{\"event_type\":\"step.delta\",\"delta\":",
    "\"summary\":[",
    "{\"done\":true",
    "\"response\":\"",
    "\"logprobs\":",
    "\"embeddings\":[",
];

/// The first bytes say where the answer is split and how it is named; the rest is the answer.
fn drive(endpoint: Endpoint, bytes: &[u8]) {
    let [cut, kind, status, rest @ ..] = bytes else {
        return;
    };
    let mut body = Vec::new();
    for byte in rest {
        match byte.checked_sub(128) {
            Some(word) => body.extend(WORDS[usize::from(word) % WORDS.len()].as_bytes()),
            None => body.push(*byte),
        }
    }
    let body = &body[..];
    let kinds = [
        "application/json",
        "text/event-stream",
        "application/x-ndjson",
        "text/html",
        "application/vnd.amazon.eventstream",
    ];
    let headers = [
        ("content-type", kinds[usize::from(*kind) % kinds.len()]),
        ("x-litellm-response-cost", "1"),
    ];
    let at = usize::from(*cut).min(body.len());
    let (left, right) = body.split_at(at);
    let halves = [Bytes::copy_from_slice(left), Bytes::copy_from_slice(right)];
    let whole = [Bytes::copy_from_slice(body)];
    let exchange = Exchange {
        host: "localhost",
        path: "/v1beta/models/m:generateContent",
        request: body,
        status: (*status != 0).then_some(if status % 4 == 1 { 500 } else { 200 }),
        headers: &headers,
        body: &halves,
        times: &[1, 2],
        ended: status % 2 == 0,
        truncated: false,
    };
    let call = LlmCall::read(endpoint, &exchange);
    let joined = LlmCall::read(
        endpoint,
        &Exchange {
            body: &whole,
            ..exchange
        },
    );
    assert_eq!(call, joined, "where it is split does not matter");
    usage_of(endpoint, &exchange);
    let mut record = Record::default();
    call.fill(&mut record);
    let text = serde_json::to_string(&record).unwrap();
    assert!(
        Record::from_json(&text).is_ok(),
        "a record that can be read back"
    );
}

macro_rules! targets {
    ($($name:ident: $endpoint:ident;)*) => {
        $(#[test]
        fn $name() {
            bolero::check!()
                .with_iterations(2_000)
                .for_each(|bytes| drive(Endpoint::$endpoint, bytes));
        })*

        #[test]
        fn every_endpoint_is_a_target() {
            let driven = [$(Endpoint::$endpoint),*];
            assert!(Endpoint::ALL.iter().all(|endpoint| driven.contains(endpoint)));
        }
    };
}

targets! {
    chat_completions: ChatCompletions;
    completions: Completions;
    responses: Responses;
    embeddings: Embeddings;
    messages: Messages;
    generate_content: GenerateContent;
    embed_content: EmbedContent;
    interactions: Interactions;
    ollama_chat: OllamaChat;
    ollama_generate: OllamaGenerate;
    ollama_embed: OllamaEmbed;
    converse: Converse;
    invoke_model: InvokeModel;
}
