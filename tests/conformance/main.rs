//! The Python SDKs carrot-ai, retrace-sdk (in [`retrace`]) and OpenTelemetry's (in [`opentelemetry`]), as their users install
//! them, send to our collector.
//!
//! Needs a Python with the packages of `tests/conformance/requirements.txt`, which `cargo xtask
//! test` makes.

mod opentelemetry;
mod retrace;

use std::process::Command;

use carrot_collector::Collector;
use carrot_providers::scripted::{Builder, ModelServer, Reply, TokenUsage, When};
use serde_json::{Value, json};
use tempfile::TempDir;

#[tokio::test]
#[ignore = "needs Python packages: run `cargo xtask test`"]
async fn the_python_sdk_arrives_as_trees() {
    let (collector, _store) = collector();
    pipeline("pipeline.py", &collector, assistant());

    let traces = Traces::of(&collector);
    function_with_two_calls(&traces).await;
    async_function_with_two_calls(&traces).await;
    failed_call(&traces).await;
    functions_in_functions_are_roots(&traces).await;
    calls_outside_functions_are_roots(&traces).await;
    filters_see_them(&traces).await;
    assert_eq!(traces.count("name=many").await, 900);
}

fn collector() -> (Collector, TempDir) {
    let store = tempfile::tempdir().unwrap();
    let collector = Collector::builder().data(store.path()).port(0).start();
    (collector.unwrap(), store)
}

/// Runs a program of `tests/conformance`, which must not complain.
fn python(program: &str, arguments: &[&str]) {
    let python = std::env::var("CARROT_CONFORMANCE_PYTHON")
        .expect("CARROT_CONFORMANCE_PYTHON names no Python: run `cargo xtask test`");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");
    let ran = Command::new(python)
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{program}: {said}");
    // The SDKs' only sign of a trace that was not taken.
    assert_eq!(said, "", "{program} warned");
}

/// Runs one to its end. Each rule of the model server is needed for it.
fn pipeline(program: &str, collector: &Collector, models: Builder) {
    let models = models.strict().start();
    python(program, &[&collector.url(), &models.url()]);
}

fn usage(input: u64, output: u64) -> TokenUsage {
    TokenUsage {
        input,
        output,
        ..TokenUsage::default()
    }
}

/// Answers what every pipeline asks.
fn planner() -> Builder {
    ModelServer::builder()
        .on(
            When::says("make a plan"),
            Reply::text("look it up").usage(usage(11, 3)),
        )
        .on(
            When::says("what is it?"),
            Reply::text("It is forty two.").usage(usage(20, 4)),
        )
        .on(When::says("fail"), Reply::error(500, "out of order"))
}

/// And whatever else is said to it.
fn assistant() -> Builder {
    planner()
        .on(
            When::says("weather"),
            Reply::tool_call("weather", r#"{"city":"Oslo"}"#),
        )
        .on(When::any(), Reply::text("Done.").usage(usage(7, 1)))
}

async fn function_with_two_calls(traces: &Traces) {
    let root = traces.only("answer-question").await;
    assert_eq!(root["kind"], "function");
    assert_eq!(root["status"], "success");
    assert_eq!(
        root["input"],
        json!({"question": "what is it?", "limit": 5})
    );
    assert_eq!(
        root["output"],
        json!({"plan": "look it up", "answer": "It is forty two."})
    );
    assert_eq!(root["tags"], json!(["production"]));
    assert_eq!(root["metadata"]["version"], "2");
    assert_eq!(root["metadata"]["source"], "decorator");
    assert!(root["metadata"]["latency_ms"].is_u64());
    assert!(root["started_at"].as_str() <= root["ended_at"].as_str());
    let totals = &root["totals"];
    assert_eq!(totals["spans"], 3);

    let [plain, streamed] = calls(&root);
    for call in [plain, streamed] {
        assert_eq!(call["name"], "chat.completions");
        assert_eq!(call["tags"], json!(["client"]));
        assert_eq!(call["metadata"]["provider"], "openai");
        assert_eq!(call["metadata"]["source"], "sdk");
        assert_eq!(call["metadata"]["parent_trace_id"], root["id"]);
        assert!(call["metadata"]["cost_usd"].as_f64() > Some(0.0));
    }
    assert_eq!(
        plain["input"],
        json!({"model": "gpt-4o-mini", "messages": user("make a plan"), "temperature": 0.5})
    );
    assert_eq!(plain["output"], says("look it up"));
    assert_eq!(plain["metadata"]["model"], "gpt-4o-mini");
    assert_eq!(tokens(plain), [11, 3, 14]);

    assert_eq!(
        streamed["input"],
        json!({"model": "gpt-4o", "messages": user("what is it?")})
    );
    assert_eq!(streamed["output"], says("It is forty two."));
    assert_eq!(streamed["metadata"]["model"], "gpt-4o");
    assert_eq!(tokens(streamed), [20, 4, 24]);
}

async fn async_function_with_two_calls(traces: &Traces) {
    let root = traces.only("answer_async").await;
    assert_eq!(root["output"], json!({"result": "It is forty two."}));
    let both = calls(&root);
    for call in both {
        assert_eq!(call["name"], "asked-async");
        assert_eq!(call["status"], "success");
    }
    // Made at the same time: either may be first.
    let mut said = both.map(|call| call["output"]["message"]["content"].as_str().unwrap());
    said.sort_unstable();
    assert_eq!(said, ["It is forty two.", "look it up"]);
}

async fn failed_call(traces: &Traces) {
    let root = traces.only("fail").await;
    let [call] = calls(&root);
    for failed in [&root, call] {
        assert_eq!(failed["status"], "error");
        assert_eq!(failed["output"]["error_type"], "InternalServerError");
        let message = failed["output"]["error"].as_str().unwrap();
        assert!(message.contains("out of order"), "{message}");
    }
    assert_eq!(call["input"]["model"], "gpt-4o-mini");
}

async fn functions_in_functions_are_roots(traces: &Traces) {
    // Nothing in what the SDK sends says which function called which.
    let outer = traces.only("outer").await;
    let inner = traces.only("inner").await;
    assert_eq!(outer["output"], json!({"result": 2}));
    assert_eq!(inner["input"], json!({"number": 1}));
    for root in [&outer, &inner] {
        assert_eq!(root["children"].as_array().map_or(0, Vec::len), 0);
    }
}

async fn calls_outside_functions_are_roots(traces: &Traces) {
    let chat = traces.only("chat.completions").await;
    assert_eq!(chat["kind"], "llm_call");
    let function = json!({"name": "weather", "arguments": r#"{"city":"Oslo"}"#});
    let call = &chat["output"]["message"]["tool_calls"][0];
    assert_eq!(call["function"], function);
    assert_eq!(chat["input"]["tools"][0]["function"]["name"], "weather");

    let embeddings = traces.only("embeddings").await;
    assert_eq!(embeddings["output"], json!({"embeddings_count": 2}));
    assert_eq!(tokens(&embeddings)[0], 7);

    let responses = traces.only("responses").await;
    assert_eq!(responses["kind"], "llm_call");
    assert_eq!(responses["input"]["input"], "answer me");
    assert_eq!(responses["output"], says("Done."));
    assert_eq!(tokens(&responses), [7, 1, 8]);

    let completions = traces.only("completions").await;
    assert_eq!(completions["kind"], "llm_call");
    assert_eq!(completions["input"]["prompt"], "once upon a time");
    assert_eq!(tokens(&completions), [7, 1, 8]);
}

async fn filters_see_them(traces: &Traces) {
    for (query, roots) in [
        ("status=error", 1),
        ("tag=production", 1),
        ("tag=production&tag=client", 1),
        ("model=gpt-4o", 2),
        ("model=gpt-4o-mini&status=error", 1),
        ("q=plan&name=answer_async", 1),
    ] {
        assert_eq!(traces.count(query).await, roots, "{query}");
    }
}

fn user(text: &str) -> Value {
    json!([{"role": "user", "content": text}])
}

fn says(text: &str) -> Value {
    json!({"message": {"role": "assistant", "content": text}})
}

fn tokens(call: &Value) -> [u64; 3] {
    ["input_tokens", "output_tokens", "total_tokens"]
        .map(|key| call["metadata"][key].as_u64().unwrap())
}

/// The children, so many of them, all model calls without children of their own.
fn calls<const COUNT: usize>(root: &Value) -> [&Value; COUNT] {
    let children: Vec<&Value> = root["children"].as_array().unwrap().iter().collect();
    for child in &children {
        assert_eq!(child["kind"], "llm_call", "{child}");
        assert_eq!(child["children"], Value::Null);
    }
    children.try_into().expect("another number of children")
}

/// What the collector answers to readers.
struct Traces {
    url: String,
    http: reqwest::Client,
}

impl Traces {
    fn of(collector: &Collector) -> Traces {
        carrot_providers::tls::install_ring();
        Traces {
            url: format!("{}/v1/traces", collector.url()),
            http: reqwest::Client::new(),
        }
    }

    async fn get(&self, rest: &str) -> Value {
        let response = self.http.get(format!("{}{rest}", self.url)).send().await;
        let response = response.unwrap().error_for_status().unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// The one root of this name, with what is below it.
    async fn only(&self, name: &str) -> Value {
        let page = self.get(&format!("?name={name}")).await;
        let rows = page["traces"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "roots of the name {name}");
        self.get(&format!("/{}", rows[0]["id"].as_str().unwrap()))
            .await
    }

    /// How many roots a query finds, on all its pages.
    async fn count(&self, query: &str) -> usize {
        let mut count = 0;
        let mut cursor = String::new();
        loop {
            let page = self
                .get(&format!("?{query}&limit=500&cursor={cursor}"))
                .await;
            count += page["traces"].as_array().unwrap().len();
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return count,
            }
        }
    }
}
