//! Model calls inside traced functions: budgets, recordings, and what a resumable function keeps of them.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use carrot_ai::testing::{capture_async, capture_output};
use carrot_ai::{recorder, trace};
use carrot_providers::scripted::{ModelServer, Reply, When};
use carrot_wire::recording::{End, RecordedCall};
use serde_json::{Value, json};

fn client(server: &ModelServer) -> Client<OpenAIConfig> {
    carrot_providers::tls::install_ring();
    let config = OpenAIConfig::new()
        .with_api_base(server.url())
        .with_api_key("sk-secret");
    carrot_ai::wrap(Client::with_config(config))
}

async fn ask(client: &Client<OpenAIConfig>, text: &str) -> Result<String, String> {
    let request = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": text }] });
    let answer: Value = client
        .chat()
        .create_byot(request)
        .await
        .map_err(|error| error.to_string())?;
    Ok(answer["choices"][0]["message"]["content"].to_string())
}

#[trace(max_steps = 2, max_usd = 1, skip(client))]
async fn frugal(client: &Client<OpenAIConfig>) -> Result<(), String> {
    for _ in 0..3 {
        ask(client, "again").await?;
    }
    Ok(())
}

#[trace(resumable, skip(client))]
async fn resumable(client: &Client<OpenAIConfig>, text: &str) -> Result<String, String> {
    ask(client, text).await
}

#[tokio::test]
async fn a_functions_budget_refuses_the_call_that_would_pass_it() {
    let server = ModelServer::builder().start();
    let client = client(&server);
    let (result, traces) = capture_output(frugal(&client)).await;
    let message = "refused by the run's budget: max_steps is 2, and 2 model calls were made";
    assert_eq!(result, Err(message.to_owned()));
    assert_eq!(server.requests().len(), 2);
    assert_eq!(traces.records().len(), 4);
    let ((), traces) = capture_output(async { drop(frugal(&client).await) }).await;
    assert_eq!(
        traces.records().len(),
        4,
        "each call has a budget of its own"
    );
}

#[tokio::test]
async fn a_resumable_function_keeps_the_exchanges_of_its_model_calls() {
    let server = ModelServer::builder()
        .on(When::any(), Reply::text("forty two"))
        .start();
    let client = client(&server);
    let traces = capture_async(async {
        resumable(&client, "life").await.unwrap();
        ask(&client, "alone").await.unwrap();
    })
    .await;
    let calls = traces.records().iter();
    let calls: Vec<_> = calls
        .filter(|it| it.name.as_deref() == Some("chat.completions"))
        .collect();
    let exchange = calls[0].exchange.as_ref().expect("an exchange");
    let exchange: RecordedCall = serde_json::from_str(exchange.as_str()).unwrap();
    assert_eq!(exchange.request.path(), "/v1/chat/completions");
    assert_eq!(exchange.answer.status, Some(200));
    assert_eq!(exchange.answer.end, End::Whole);
    assert!(
        !calls[0]
            .exchange
            .as_ref()
            .unwrap()
            .as_str()
            .contains("sk-secret")
    );
    assert!(calls[1].exchange.is_none(), "it is below no such function");
}

#[tokio::test]
async fn a_replay_reaches_what_is_captured_inside_of_it() {
    let server = ModelServer::builder().start();
    let client = client(&server);
    let recorder = recorder();
    let live = recorder.scope(ask(&client, "hi")).await;
    drop(server);
    let replay = recorder.finish().replay();
    let (again, traces) = replay.scope(capture_output(ask(&client, "hi"))).await;
    assert_eq!(again, live);
    assert_eq!(traces.records()[0].metadata["model"], "gpt-4o");
}
