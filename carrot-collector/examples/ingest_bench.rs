//! How fast traces go in until they can be read, over HTTP on loopback.
//!
//! `cargo run --release -p carrot-collector --example ingest_bench [traces]`: traces of 10 spans with
//! some 1.2 KB of payload a span, 500 spans a request, 4 connections. Collector and loader share the
//! machine and the process; bodies are made beforehand.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use carrot_collector::Collector;
use serde_json::{Value, json};

const SPANS_PER_TRACE: usize = 10;
const SPANS_PER_REQUEST: usize = 500;
const CONNECTIONS: usize = 4;
const WORDS: &[&str] = &[
    "answer",
    "question",
    "context",
    "paris",
    "weather",
    "retrieval",
    "document",
    "token",
    "river",
    "mountain",
    "because",
    "therefore",
    "seven",
    "orange",
    "carrot",
    "function",
    "result",
    "station",
    "library",
    "evening",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let traces: usize = std::env::args()
        .nth(1)
        .map_or(Ok(10_000), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    let collector = Collector::builder().data(folder.path()).port(0).start()?;
    let url = collector.url();
    let bodies = bodies(traces);
    let spans = traces * SPANS_PER_TRACE;
    let megabytes = bodies.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    println!(
        "{spans} spans in {} requests, {megabytes:.0} MB",
        bodies.len()
    );

    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let agent = ureq::Agent::new_with_defaults();
                while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sent = agent.post(format!("{url}/v1/traces/ingest")).send(body);
                    let answer = sent
                        .expect("the collector takes it")
                        .into_body()
                        .read_to_vec();
                    answer.expect("the collector answers");
                }
            });
        }
    });
    let took = begun.elapsed().as_secs_f64();
    println!("readable: {:.0} spans/s ({took:.2} s)", spans as f64 / took);

    let listed = measure(&url, "newest 50", "/v1/traces")?;
    measure(
        &url,
        "model, status, tag, range",
        "/v1/traces?model=gpt-4o&status=success&tag=tag3&from=2026-01-01T00:00:00Z",
    )?;
    measure(&url, "common word", "/v1/traces?q=carrot")?;
    let found = measure(&url, "rare word", "/v1/traces?q=needle7")?;
    assert_eq!(
        found["traces"].as_array().map(Vec::len),
        Some(1),
        "one trace has the word"
    );
    let id = listed["traces"][0]["id"].as_str().unwrap_or_default();
    let trace = measure(&url, "open a trace", &format!("/v1/traces/{id}"))?;
    assert_eq!(trace["totals"]["spans"], SPANS_PER_TRACE);

    collector.shutdown();
    println!("disk: {} bytes a span", size(folder.path())? / spans as u64);
    Ok(())
}

/// The best of five.
fn measure(url: &str, what: &str, path: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let mut best = f64::MAX;
    let mut text = String::new();
    for _ in 0..5 {
        let begun = Instant::now();
        text = ureq::get(format!("{url}{path}"))
            .call()?
            .into_body()
            .read_to_string()?;
        best = best.min(begun.elapsed().as_secs_f64());
    }
    let answer: Value = serde_json::from_str(&text)?;
    let partial = if answer["partial"] == true {
        " (partial)"
    } else {
        ""
    };
    println!("{what}: {:.1} ms{partial}", best * 1e3);
    Ok(answer)
}

fn bodies(traces: usize) -> Vec<String> {
    // Any steady sequence will do; this one is xorshift.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut text = move |words: usize| {
        let words: Vec<String> = (0..words)
            .map(|_| {
                let number = random();
                let word = WORDS[number as usize % WORDS.len()];
                if number % 4 == 0 {
                    format!("{word}{}", number >> 50)
                } else {
                    word.to_owned()
                }
            })
            .collect();
        words.join(" ")
    };
    let mut spans = Vec::new();
    for trace in 0..traces {
        let id = |span: usize| {
            format!(
                "{:08x}-0000-4000-8000-{span:012x}",
                (trace as u32).wrapping_mul(0x9e37_79b1)
            )
        };
        for span in 0..SPANS_PER_TRACE {
            let second = trace % 60;
            let mut record = json!({
                "id": id(span),
                "name": if span == 0 { "pipeline" } else { "chat.completions" },
                "kind": if span == 0 { "function" } else { "llm_call" },
                "status": "success",
                "started_at": format!("2026-01-31T{:02}:{:02}:{second:02}.{span:06}Z", trace / 3600 % 24, trace / 60 % 60),
                "ended_at": format!("2026-01-31T{:02}:{:02}:{second:02}.5Z", trace / 3600 % 24, trace / 60 % 60),
                "tags": [format!("tag{}", trace % 10)],
                "input": {"messages": [{"role": "user", "content": text(70)}]},
                "output": {"message": {"role": "assistant", "content": text(50)}},
            });
            if span > 0 {
                record["parent_id"] = id(0).into();
                record["metadata"] =
                    json!({"model": "gpt-4o", "input_tokens": 900, "output_tokens": 100});
            }
            if trace == traces / 2 && span == 5 {
                record["output"] = json!("needle7");
            }
            spans.push(record.to_string());
        }
    }
    let requests = spans.chunks(SPANS_PER_REQUEST);
    requests
        .map(|spans| format!("{{\"traces\":[{}]}}", spans.join(",")))
        .collect()
}

fn size(folder: &Path) -> std::io::Result<u64> {
    std::fs::read_dir(folder)?
        .map(|file| Ok(file?.metadata()?.len()))
        .sum()
}
