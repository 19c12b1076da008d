//! `#[trace]`, `#[tracing::instrument]` and wrapped clients in one tree.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs,
};
use carrot_ai::testing::{Traces, capture_async};
use carrot_collector::Collector;
use carrot_providers::scripted::{ModelServer, Reply, TokenUsage, When};
use serde_json::{Value, json};
use tracing::field::Empty;
use tracing::{Instrument, info_span};
use tracing_subscriber::prelude::*;

fn install() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::registry()
            .with(carrot_runtime::tracing_layer())
            .init();
    });
}

#[carrot_ai::trace]
async fn answer(question: &str) -> String {
    let found = search(question).await;
    tracing::info!(found, "searched");
    format!("{found} documents")
}

#[tracing::instrument]
async fn search(question: &str) -> usize {
    tokio::task::yield_now().await;
    rank(question.len()).await
}

#[carrot_ai::trace]
async fn rank(documents: usize) -> usize {
    tokio::task::yield_now().await;
    score();
    documents
}

#[tracing::instrument]
fn score() {}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_macros_nest_in_each_other() {
    install();
    let tasks = (0..8).map(|_| {
        tokio::spawn(capture_async(async {
            assert_eq!(answer("rivers").await, "6 documents");
        }))
    });
    for task in tasks.collect::<Vec<_>>() {
        let traces = task.await.unwrap();
        assert_eq!(
            traces.render(),
            "answer\n└─ search\n   └─ rank\n      └─ score\n"
        );
        assert_eq!(
            traces.find("search").unwrap().metadata()["question"],
            "rivers"
        );
        assert_eq!(traces.find("rank").unwrap().input()["documents"], 6);
        let mut records = traces.records().iter();
        let answer = records.find(|it| it.name.as_deref() == Some("answer"));
        let events = answer.unwrap().events.as_ref().unwrap().to_value();
        assert_eq!(events[0]["name"], "searched");
        assert_eq!(events[0]["data"]["found"], 6);
    }
}

/// A library's span around a call that is seen on the wire too says the same tokens again.
#[tokio::test]
async fn tokens_that_are_said_twice_count_once() {
    install();
    let usage = TokenUsage {
        input: 20,
        output: 4,
        ..TokenUsage::default()
    };
    let models = ModelServer::builder()
        .on(When::any(), Reply::text("42").usage(usage))
        .start();
    let traces = capture_async(async {
        let library = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "gpt-4o",
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
        );
        call(&models).instrument(library.clone()).await;
        library.record("gen_ai.usage.input_tokens", 20);
        library.record("gen_ai.usage.output_tokens", 4);
    })
    .await;
    let outer = traces.find("chat").unwrap();
    let inner = &outer.children()[0];
    assert_eq!(inner.name(), "chat.completions");
    for call in [outer, inner] {
        assert_eq!(call.kind(), "llm_call");
        assert_eq!(call.metadata()["input_tokens"], 20);
    }

    let totals = totals(&traces).await;
    assert_eq!(
        (&totals["input_tokens"], &totals["output_tokens"]),
        (&json!(20), &json!(4)),
        "{totals}"
    );
}

async fn call(models: &ModelServer) {
    carrot_providers::tls::install_ring();
    let config = OpenAIConfig::new()
        .with_api_key("sk-test")
        .with_api_base(format!("{}/v1", models.url()));
    let client = carrot_ai::wrap(Client::with_config(config));
    let message = ChatCompletionRequestUserMessageArgs::default()
        .content("what is it?")
        .build()
        .unwrap();
    let request = CreateChatCompletionRequestArgs::default()
        .model("gpt-4o")
        .messages([message.into()])
        .build()
        .unwrap();
    client.chat().create(request).await.unwrap();
}

/// What a collector adds a trace up to.
async fn totals(traces: &Traces) -> Value {
    let store = tempfile::tempdir().unwrap();
    let collector = Collector::builder().data(store.path()).port(0).start();
    let collector = collector.unwrap();
    let http = reqwest::Client::new();
    let url = format!("{}/v1/traces", collector.url());
    let body = json!({ "traces": traces.records() }).to_string();
    let sent = http.post(format!("{url}/ingest")).body(body).send().await;
    assert_eq!(sent.unwrap().status(), 202);
    let root = &traces.records()[0].trace_id.unwrap();
    let read = http.get(format!("{url}/{root}")).send().await.unwrap();
    let trace: Value = serde_json::from_str(&read.text().await.unwrap()).unwrap();
    trace["totals"].clone()
}
