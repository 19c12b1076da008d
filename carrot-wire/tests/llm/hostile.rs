//! Whatever a server sends: reading it never panics, and where it was split does not matter.

use bytes::Bytes;
use carrot_wire::Record;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall};
use carrot_wire::price;
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(endpoint: Endpoint, status: u16, request: &[u8], body: &[Bytes], stream: bool) -> LlmCall {
    let exchange = Exchange {
        host: "localhost",
        path: "/openai/deployments//x",
        request,
        status: Some(status),
        headers: if stream {
            &[("Content-Type", "text/event-stream")]
        } else {
            &[]
        },
        body,
        times: &[],
        ended: true,
        truncated: false,
    };
    LlmCall::read(endpoint, &exchange)
}

/// Keys that the readers look for, so that random values land where they hurt.
const KEYS: &[&str] = &[
    "choices",
    "delta",
    "message",
    "content",
    "role",
    "tool_calls",
    "index",
    "function",
    "name",
    "arguments",
    "logprobs",
    "finish_reason",
    "usage",
    "prompt_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "cached_tokens",
    "error",
    "type",
    "response",
    "output",
    "output_index",
    "item",
    "text",
    "summary",
    "status",
    "data",
    "tokens",
    "function_call",
    "id",
    "model",
    "incomplete_details",
    "input_tokens",
    "cache_read_input_tokens",
    "content_block",
    "partial_json",
    "thinking",
    "stop_reason",
    "candidates",
    "parts",
    "functionCall",
    "args",
    "thought",
    "usageMetadata",
    "promptTokenCount",
    "promptTokensDetails",
    "logprobsResult",
    "chosenCandidates",
    "topCandidates",
    "finishReason",
    "interaction",
    "step",
    "steps",
    "outputs",
    "event_type",
    "signature",
    "done",
    "eval_count",
    "embeddings",
    "embedding",
    "token_ids",
    "prompt_token_ids",
    "cost",
    "top_logprobs",
    "input",
];

const TYPES: &[&str] = &[
    "response.completed",
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.function_call_arguments.delta",
    "message",
    "error",
    "message_start",
    "content_block_start",
    "content_block_delta",
    "message_delta",
    "text",
    "tool_use",
    "interaction.created",
    "interaction.completed",
    "step.start",
    "step.delta",
    "content.delta",
    "model_output",
    "function_call",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        prop::sample::select(TYPES).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let object = prop::collection::btree_map(prop::sample::select(KEYS), inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|map| map
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Value>()),
        ]
    })
}

/// A stream such as servers send, with some disorder in it.
fn stream() -> Vec<u8> {
    let chunk = |delta: Value| json!({ "id": "c", "choices": [{ "index": 0, "delta": delta }] });
    let mut body = String::from("\u{feff}: hello\r\n\r\n");
    for delta in [
        json!({ "role": "assistant", "content": "" }),
        json!({ "content": "Grüße, 世界 🥕" }),
        json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"x\":" } }] }),
        json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "1}" } }] }),
    ] {
        body += &format!("data: {}\n\n", chunk(delta));
    }
    body += "event: keepalive\ndata: {broken\r\n\r\ndata:\n\nretry: 5\n\n";
    body += "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"!\"},\"finish_reason\":\"stop\"}]}\r\r";
    body += "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";
    body.into_bytes()
}

fn split(body: &[u8], at: usize) -> [Bytes; 2] {
    [
        Bytes::copy_from_slice(&body[..at]),
        Bytes::copy_from_slice(&body[at..]),
    ]
}

#[test]
fn a_stream_split_at_any_byte_reads_the_same() {
    let body = stream();
    let whole = read(
        Endpoint::ChatCompletions,
        200,
        b"{}",
        &[Bytes::from(body.clone())],
        true,
    );
    assert_eq!(whole.output["message"]["content"], "Grüße, 世界 🥕!");
    assert_eq!(
        whole.output["message"]["tool_calls"][0]["function"]["arguments"],
        "{\"x\":1}"
    );
    assert_eq!((whole.usage.total, whole.complete), (Some(12), false));
    for at in 0..=body.len() {
        assert_eq!(
            read(
                Endpoint::ChatCompletions,
                200,
                b"{}",
                &split(&body, at),
                true
            ),
            whole,
            "split at {at}"
        );
    }
    let bytes: Vec<Bytes> = body
        .iter()
        .map(|byte| Bytes::copy_from_slice(&[*byte]))
        .collect();
    assert_eq!(
        read(Endpoint::ChatCompletions, 200, b"{}", &bytes, true),
        whole,
        "byte by byte"
    );
}

#[test]
fn a_plain_body_split_at_any_byte_reads_the_same() {
    let body = json!({ "choices": [{ "message": { "role": "assistant", "content": "Grüße 🥕" }, "finish_reason": "stop" }] });
    let body = body.to_string().into_bytes();
    let whole = read(
        Endpoint::ChatCompletions,
        200,
        b"{}",
        &[Bytes::from(body.clone())],
        false,
    );
    assert!(whole.complete);
    for at in 0..=body.len() {
        assert_eq!(
            read(
                Endpoint::ChatCompletions,
                200,
                b"{}",
                &split(&body, at),
                false
            ),
            whole,
            "split at {at}"
        );
    }
}

#[test]
fn a_stream_cut_at_any_byte_keeps_what_had_arrived() {
    let body = stream();
    let whole = "Grüße, 世界 🥕!";
    let mut longest = 0;
    for at in 0..body.len() {
        let call = read(
            Endpoint::ChatCompletions,
            200,
            b"{}",
            &[Bytes::copy_from_slice(&body[..at])],
            true,
        );
        let content = call.output["message"]["content"]
            .as_str()
            .unwrap_or_default();
        assert!(
            whole.starts_with(content) && content.len() >= longest,
            "cut at {at}"
        );
        longest = content.len();
    }
    assert_eq!(longest, whole.len());
}

#[test]
fn deep_and_repetitive_input_takes_no_stack_and_no_time() {
    let deep = "[".repeat(200_000);
    let deep_event = format!("data: {{\"choices\":[{{\"delta\":{deep}\n\n");
    let indices: String = (0..10_000)
        .map(|at| format!("data: {{\"choices\":[{{\"index\":{at},\"delta\":{{\"tool_calls\":[{{\"index\":{at}}}]}}}}]}}\n\n"))
        .collect();
    for endpoint in Endpoint::ALL.iter().copied() {
        for body in [&deep, &deep_event, &indices] {
            let body = [Bytes::copy_from_slice(body.as_bytes())];
            for (status, stream) in [(200, true), (200, false), (500, false)] {
                let mut record = Record::default();
                read(endpoint, status, deep.as_bytes(), &body, stream).fill(&mut record);
            }
        }
    }
}

#[test]
fn what_is_written_into_a_record_can_be_read_back() {
    let nested = (0..120).fold(json!("x"), |inner, _| json!([inner]));
    let request = json!({ "model": "m", "messages": [nested] }).to_string();
    let body = json!({ "choices": [{ "message": { "role": "assistant", "content": nested } }] })
        .to_string();
    let mut record = Record::default();
    read(
        Endpoint::ChatCompletions,
        200,
        request.as_bytes(),
        &[Bytes::from(body)],
        false,
    )
    .fill(&mut record);
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(Record::from_json(&text).unwrap(), record);
}

#[test]
fn a_request_on_many_lines_becomes_one_line() {
    let request = b"{\n  \"model\": \"m\",\r\n  \"stop\": \"\\n\"\n}";
    let call = read(Endpoint::ChatCompletions, 200, request, &[], false);
    assert_eq!(call.input.unwrap().as_str(), r#"{"model":"m","stop":"\n"}"#);
    assert_eq!(call.request_model.as_deref(), Some("m"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(
        body in prop::collection::vec(any::<u8>(), 0..400),
        request in prop::collection::vec(any::<u8>(), 0..40),
        status in 100u16..600,
        stream: bool,
    ) {
        for endpoint in Endpoint::ALL.iter().copied() {
            let call = read(endpoint, status, &request, &[Bytes::from(body.clone())], stream);
            call.fill(&mut Record::default());
        }
    }

    #[test]
    fn no_json_panics(events in prop::collection::vec(any_json(), 1..5), status in prop::sample::select(vec![200u16, 400])) {
        let stream: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        let stream = [Bytes::from(stream)];
        let plain = [Bytes::from(events[0].to_string())];
        for endpoint in Endpoint::ALL.iter().copied() {
            for (body, is_stream) in [(&stream, true), (&plain, false)] {
                let call = read(endpoint, status, events[0].to_string().as_bytes(), body, is_stream);
                let mut record = Record::default();
                call.fill(&mut record);
                price::apply(&mut record);
                let text = serde_json::to_string(&record).unwrap();
                prop_assert!(Record::from_json(&text).is_ok());
            }
        }
    }

    #[test]
    fn any_stream_split_anywhere_reads_the_same(
        events in prop::collection::vec(any_json(), 0..4),
        noise in "[\\r\\nadt: {}\\[\\]]{0,30}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        body.insert_str(0, &noise);
        body.push_str(&noise);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        at.extend([0, body.len()]);
        at.sort_unstable();
        let parts: Vec<Bytes> =
            at.windows(2).map(|pair| Bytes::copy_from_slice(&body.as_bytes()[pair[0]..pair[1]])).collect();
        for endpoint in Endpoint::ALL.iter().copied() {
            let whole = read(endpoint, 200, b"{}", &[Bytes::from(body.clone())], true);
            prop_assert_eq!(read(endpoint, 200, b"{}", &parts, true), whole);
        }
    }
}
