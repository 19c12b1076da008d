//! Reading takes memory and work in proportion to what is read, whatever that is.

use std::fmt::Write as _;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use carrot_wire::llm::{Endpoint, Exchange, LlmCall, usage_of};

/// How many bytes are taken for each byte of an answer, at most. Parsed JSON is larger than its text:
/// an object in the fewest words takes 160 times as much, and a choice of its own a little more.
const MOST: u64 = 250;

/// About so long are the answers.
const SIZE: usize = 6_000;

const SSE: &str = "text/event-stream";
const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";
const FRAMES: &str = "application/vnd.amazon.eventstream";

/// Numbered pieces, as many as fit.
fn pieces(size: usize, between: &str, piece: &dyn Fn(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0.. {
        write!(text, "{between}{}", piece(at)).unwrap();
        if text.len() >= size {
            break;
        }
    }
    text.split_off(between.len())
}

/// Events that grow something by their number, as many as fit.
const EVENTS: [&str; 22] = [
    r#"{"choices":[{"index":@,"delta":{"content":"a"}}]}"#,
    r#"{"choices":[{"index":@,"finish_reason":"stop"}]}"#,
    r#"{"choices":[{"index":@,"text":"a","logprobs":{"tokens":["a"],"token_logprobs":[0]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":@}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"id":"@","function":{"arguments":"a"}}]}}]}"#,
    r#"{"choices":[{"delta":{"@":1,"content":"a"}}]}"#,
    r#"{"choices":[{"token_ids":[@]}],"usage":{"prompt_tokens":@}}"#,
    r#"{"type":"content_block_start","index":@}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"partial_json":"@","citation":@}}"#,
    r#"{"event_type":"step.start","index":@}"#,
    r#"{"event_type":"step.delta","index":0,"delta":{"type":"@"}}"#,
    r#"{"event_type":"step.delta","index":0,"delta":{"type":"text","text":"@"}}"#,
    r#"{"candidates":[{"index":@}]}"#,
    r#"{"candidates":[{"index":@,"finishReason":"STOP"}]}"#,
    r#"{"candidates":[{"content":{"parts":[{"text":"@"}]}}]}"#,
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f@"}}]}}]}"#,
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true,
        "partialArgs":[{"jsonPath":"$.a","stringValue":"@"},{"jsonPath":"$.b[@].c"}]}}]}}]}"#,
    r#"{"type":"response.output_text.delta","output_index":@,"delta":"a"}"#,
    r#"{"type":"response.output_item.done","output_index":@}"#,
    r#"{"message":{"content":"@","tool_calls":[{"function":{}}]}}"#,
    r#"{"usage":{},"model":"@"}"#,
    r#"{"error":{"message":"@"}}"#,
];

/// The same within one value.
const VALUES: [&str; 7] = [
    r#"{"choices":[@]}"#,
    r#"{"choices":[{"message":{"tool_calls":[@]},"logprobs":{"content":[@]}}]}"#,
    r#"{"content":[@],"candidates":[@],"embeddings":[@]}"#,
    r#"{"candidates":[{"content":{"parts":[@]},"logprobsResult":{"chosenCandidates":[@]}}]}"#,
    r#"{"output":[@],"steps":[@],"message":{"tool_calls":[@]}}"#,
    r#"{"output":{"message":{"content":[@]}}}"#,
    r#"{"usage":[@],"model":[@],"error":[@]}"#,
];

const ELEMENTS: [&str; 5] = ["0", "{}", r#"{"index":@}"#, r#"{"":{}}"#, r#"{"text":"@"}"#];

/// Answers of about this size that a server could send to make a reader swell or spin.
fn answers(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let numbered = |text: &str, at: usize| text.replace('@', &at.to_string());
    let mut answers = Vec::new();
    let mut add = |kind, body: String| answers.push((kind, body.into_bytes()));
    for event in EVENTS {
        let event = event.replace('\n', " ");
        add(
            SSE,
            pieces(size, "", &|at| {
                format!("data: {}\n\n", numbered(&event, at))
            }),
        );
        add(
            JSON,
            format!("[{}]", pieces(size, ",", &|at| numbered(&event, at))),
        );
        add(LINES, pieces(size, "\n", &|at| numbered(&event, at)));
    }
    for value in VALUES {
        for element in ELEMENTS {
            let holes = value.matches('@').count();
            let list = pieces(size / holes, ",", &|at| numbered(element, at));
            add(JSON, value.replace('@', &list));
        }
    }
    let x = "x".repeat(size);
    add(SSE, format!("data: {x}"));
    add(SSE, format!("data: {x}\n\n"));
    add(SSE, "data:\n".repeat(size / 6));
    add(SSE, "\n".repeat(size));
    add(SSE, format!("data: \"usage\"{}", " ".repeat(size)));
    add(JSON, format!("[{}0]", "0,".repeat(size / 2)));
    add(JSON, format!("{{}}{}", "[".repeat(size)));
    add(JSON, format!(r#"{{"a":"{x}"}}"#));
    add(JSON, x);
    add(LINES, "{}\n".repeat(size / 3));
    add(LINES, "{\"logprobs\":[{}]}\n".repeat(size / 18));
    let frames = |frame: Vec<u8>| frame.repeat(size / frame.len());
    let block = r#"{"contentBlockIndex":0,"delta":{"text":"a","citation":{}}}"#;
    answers.push((FRAMES, frames(frame("contentBlockDelta", block))));
    answers.push((FRAMES, frames(frame("", "{}"))));
    let chunk = r#"{"bytes":"eyJnZW5lcmF0aW9uIjoiYSJ9"}"#;
    answers.push((FRAMES, frames(frame("chunk", chunk))));
    let mut many = Vec::new();
    for at in 0.. {
        let block = format!(r#"{{"contentBlockIndex":{at}}}"#);
        many.extend(frame("contentBlockStart", &block));
        if many.len() >= size {
            break;
        }
    }
    answers.push((FRAMES, many));
    answers
}

/// A frame of AWS's streams with one header.
fn frame(event: &str, payload: &str) -> Vec<u8> {
    let mut headers = b"\x0b:event-type\x07\x00".to_vec();
    headers.push(event.len() as u8);
    headers.extend(event.as_bytes());
    let length = (16 + headers.len() + payload.len()) as u32;
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend((headers.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload.as_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// What it takes to read an answer as a whole, and to look for its usage.
fn taken(endpoint: Endpoint, kind: &str, body: &[Bytes]) -> [AllocationInfo; 2] {
    let exchange = Exchange {
        host: "h",
        path: "/",
        request: b"{}",
        status: Some(200),
        headers: &[("content-type", kind)],
        body,
        times: &[],
        ended: true,
        truncated: false,
    };
    [
        measure(|| drop(LlmCall::read(endpoint, &exchange))),
        measure(|| drop(usage_of(endpoint, &exchange))),
    ]
}

fn shown(body: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&body[..90.min(body.len())])
}

#[test]
fn memory_is_bounded_by_the_size_of_the_answer() {
    for (kind, body) in answers(SIZE) {
        let length = body.len() as u64;
        let body = [Bytes::from(body)];
        for endpoint in Endpoint::ALL {
            for taken in taken(*endpoint, kind, &body) {
                let (bytes, start) = (taken.bytes_max, shown(&body[0]));
                assert!(
                    bytes <= length * MOST + 20_000,
                    "{endpoint:?}: {} for {start}",
                    bytes / length
                );
            }
        }
    }
}

/// Twice as long an answer takes twice as many bytes and allocations, in all, and not four times.
#[test]
fn work_grows_with_the_size_of_the_answer_and_no_faster() {
    for ((kind, once), (_, twice)) in answers(SIZE).into_iter().zip(answers(2 * SIZE)) {
        let (once, twice) = ([Bytes::from(once)], [Bytes::from(twice)]);
        for endpoint in Endpoint::ALL {
            let first = taken(*endpoint, kind, &once);
            let second = taken(*endpoint, kind, &twice);
            for (first, second) in first.into_iter().zip(second) {
                for (what, first, second, least) in [
                    ("allocations", first.count_total, second.count_total, 100),
                    ("bytes", first.bytes_total, second.bytes_total, 100_000),
                ] {
                    let most = first * 5 / 2 + least;
                    let start = shown(&once[0]);
                    assert!(
                        second <= most,
                        "{endpoint:?}: {first}, {second} {what} for {start}"
                    );
                }
            }
        }
    }
}

/// Where a body is split makes no difference, even behind every byte.
#[test]
fn small_pieces_cost_no_more_than_one() {
    for (kind, body) in answers(SIZE / 4) {
        let bytes = Bytes::from(body);
        let split: Vec<Bytes> = (0..bytes.len()).map(|at| bytes.slice(at..=at)).collect();
        for endpoint in Endpoint::ALL {
            let one = taken(*endpoint, kind, std::slice::from_ref(&bytes));
            let many = taken(*endpoint, kind, &split);
            for (one, many) in one.into_iter().zip(many) {
                let most = one.bytes_total * 2 + 4 * bytes.len() as u64 + 1_000;
                let (start, bytes) = (shown(&bytes), many.bytes_total);
                assert!(bytes <= most, "{endpoint:?}: {bytes} for {start}");
            }
        }
    }
}
