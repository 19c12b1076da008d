//! A shop's assistant: search two sources at once, ask the model, run the tool that it wants, answer.

mod sources;
mod orders;

pub use orders::{Order, order_status};
pub use sources::{Note, search};

use anyhow::{Context, bail};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls,
    ChatCompletionRequestAssistantMessageArgs, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestToolMessage,
    ChatCompletionRequestUserMessage, ChatCompletionResponseMessage, ChatCompletionTool,
    ChatCompletionTools, CreateChatCompletionRequestArgs, FunctionObjectArgs,
};
use serde_json::json;

const MODEL: &str = "gpt-4o-mini";
/// A model that never stops asking for tools is stopped.
const MAX_TURNS: u32 = 4;

/// Answers a customer's question.
#[carrot_ai::trace(kind = Agent, skip(client))]
pub async fn answer(client: &Client<OpenAIConfig>, question: &str) -> anyhow::Result<String> {
    let (faq, handbook) = tokio::join!(search("faq", question), search("handbook", question));
    let mut messages = vec![prompt(&[faq, handbook].concat()), user(question)];
    for _ in 0..MAX_TURNS {
        let message = ask(client, messages.clone()).await?;
        let Some(calls) = message.tool_calls.filter(|calls| !calls.is_empty()) else {
            return message.content.context("the model said nothing");
        };
        messages.push(wants(calls.clone())?);
        for call in calls {
            if let ChatCompletionMessageToolCalls::Function(call) = call {
                messages.push(result_of(call));
            }
        }
    }
    bail!("no answer after {MAX_TURNS} turns")
}

async fn ask(
    client: &Client<OpenAIConfig>,
    messages: Vec<ChatCompletionRequestMessage>,
) -> anyhow::Result<ChatCompletionResponseMessage> {
    let order_status = FunctionObjectArgs::default()
        .name("order_status")
        .description("Where an order is.")
        .parameters(json!({
            "type": "object",
            "properties": {"number": {"type": "integer"}},
            "required": ["number"],
        }))
        .build()?;
    let request = CreateChatCompletionRequestArgs::default()
        .model(MODEL)
        .messages(messages)
        .tools([ChatCompletionTools::Function(ChatCompletionTool {
            function: order_status,
        })])
        .build()?;
    let response = client.chat().create(request).await?;
    let choice = response.choices.into_iter().next();
    Ok(choice.context("the model gave no choice")?.message)
}

/// Runs a tool. What went wrong is told to the model, which may know better.
fn result_of(call: ChatCompletionMessageToolCall) -> ChatCompletionRequestMessage {
    let result = match &*call.function.name {
        "order_status" => order_status(&call.function.arguments).map(|order| json!(order)),
        other => Err(anyhow::anyhow!("there is no tool `{other}`")),
    };
    let result = result.unwrap_or_else(|error| json!({"error": error.to_string()}));
    ChatCompletionRequestToolMessage {
        content: result.to_string().into(),
        tool_call_id: call.id,
    }
    .into()
}

fn prompt(notes: &[Note]) -> ChatCompletionRequestMessage {
    let notes: Vec<&str> = notes.iter().map(|note| note.text).collect();
    let text = format!(
        "You answer customers of a shop in one sentence. What you know:\n{}",
        notes.join("\n")
    );
    ChatCompletionRequestSystemMessage::from(text).into()
}

fn user(question: &str) -> ChatCompletionRequestMessage {
    ChatCompletionRequestUserMessage::from(question).into()
}

fn wants(
    calls: Vec<ChatCompletionMessageToolCalls>,
) -> anyhow::Result<ChatCompletionRequestMessage> {
    let message = ChatCompletionRequestAssistantMessageArgs::default()
        .tool_calls(calls)
        .build()?;
    Ok(message.into())
}
