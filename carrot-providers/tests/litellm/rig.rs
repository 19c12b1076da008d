//! rig: its clients of OpenAI, Anthropic and Gemini.

use std::sync::LazyLock;

use carrot_providers::{Wrap, wrap};
use carrot_wire::Status;
use futures_util::StreamExt;
use rig_core::Model;
use rig_core::completion::CompletionRequest;
use rig_core::driver::Transport;
use rig_core::operation::Completion;
use rig_core::providers::anthropic::AnthropicConfig;
use rig_core::providers::gemini::GeminiConfig;
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use rig_core::wire::Wire;
use tokio::runtime::Runtime;

use crate::support::{KEY, SAID, assert_same, cost, origin, recorded, said};

/// rig's own HTTP client is one for the whole process, and its connections die with the runtime that
/// made them: so all tests have the same.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

fn run(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

fn openai() -> OpenAI {
    carrot_providers::tls::install_ring();
    OpenAIConfig::new(KEY)
        .with_base_url(format!("{}/v1", origin()))
        .client()
}

fn request() -> CompletionRequest {
    CompletionRequest::new("Hi").max_tokens(9)
}

/// What the user sees of a whole answer.
async fn call<W, T>(model: &Model<W, T>) -> String
where
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    let response = model.call(request()).await.unwrap();
    serde_json::to_string(&response).unwrap()
}

/// What the user sees of a stream, item for item, and its end.
async fn stream<W, T>(model: &Model<W, T>) -> Vec<String>
where
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    let mut stream = model.stream(request()).unwrap();
    let mut seen = Vec::new();
    while let Some(item) = stream.next().await {
        seen.push(format!("{:?}", item.unwrap()));
    }
    seen.push(format!("{:?}", stream.finish().await.unwrap()));
    seen
}

/// Asks with the same client, bare and wrapped, plain and streamed.
async fn assert_recorded<C, W, T>(client: C, model: impl Fn(&C) -> Model<W, T>, name: &str)
where
    C: Wrap<Wrapped = C> + Clone,
    W: Wire<Op = Completion>,
    T: Transport<W>,
{
    let (bare, wrapped) = (model(&client), model(&wrap(client)));
    let expected = call(&bare).await;
    let (seen, plain) = recorded(call(&wrapped)).await;
    assert_same(&seen, &expected);
    let expected = stream(&bare).await;
    let (seen, streamed) = recorded(stream(&wrapped)).await;
    assert_same(&seen, &expected);
    assert!(seen.len() > 5, "a real stream: {seen:?}");
    for record in [plain, streamed] {
        assert_eq!(record.status, Some(Status::Success), "{record:?}");
        assert_eq!(record.name.as_deref(), Some(name));
        assert_eq!(said(&record), SAID);
        assert_eq!(record.metadata["provider"], "litellm");
        assert!(record.metadata.contains_key("input_tokens"), "{record:?}");
    }
}

#[test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test`"]
fn quick() {
    run(async {
        assert_recorded(openai(), |it| it.chat("self-chat"), "chat.completions").await;
    });
}

#[test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
fn responses() {
    run(async {
        assert_recorded(openai(), |it| it.responses("self-chat"), "responses").await;
    });
}

#[test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
fn anthropic() {
    run(async {
        carrot_providers::tls::install_ring();
        let client = AnthropicConfig::new(KEY).with_base_url(origin()).client();
        assert_recorded(client, |it| it.completion("self-messages"), "messages").await;
    });
}

#[test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
fn gemini() {
    run(async {
        carrot_providers::tls::install_ring();
        let client = GeminiConfig::new(KEY).with_base_url(origin()).client();
        assert_recorded(
            client,
            |it| it.completion("self-messages"),
            "generate_content",
        )
        .await;
    });
}

#[test]
#[ignore = "needs a LiteLLM proxy: run `cargo xtask test --full`"]
fn a_chat_costs_what_the_proxy_says() {
    run(async {
        let wrapped = wrap(openai()).chat("gpt-4o-mini");
        let (_, record) = recorded(call(&wrapped)).await;
        let body = record.input.unwrap().to_value();
        assert_eq!(
            record.metadata["cost_usd"],
            cost("/v1/chat/completions", &body).await
        );
    });
}
