//! The agent: retrieve, plan, call a tool, answer. Everything that Carrot needs is the attributes.

use anyhow::{Context, bail};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    ChatCompletionStreamOptions, ChatCompletionTool, ChatCompletionTools,
    CreateChatCompletionRequestArgs, FunctionObjectArgs,
};
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::json;

const MODEL: &str = "gpt-4o-mini";

/// What the agent knows by itself.
const NOTES: [(&str, &str); 3] = [
    (
        "cycling",
        "A bike ride across the city takes half an hour. Above 50 km/h of wind the bridges are closed to bikes.",
    ),
    (
        "trains",
        "The train across the city takes twenty minutes and leaves every ten.",
    ),
    ("museums", "The museums are closed on Mondays."),
];

/// What the agent gives back.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// The trace of how it came about.
    pub(crate) trace: carrot_ai::RecordId,
}

/// Answers a question about getting around.
#[carrot_ai::trace(
    kind = Agent,
    session = "quickstart",
    tags = ["quickstart"],
    metadata = {"version": 1},
    skip(client)
)]
pub(crate) async fn answer(
    client: &Client<OpenAIConfig>,
    question: &str,
) -> anyhow::Result<Answer> {
    let notes = retrieve(question);
    let weather = match plan(client, question, &notes).await? {
        Some(city) => Some(weather_with_retry(&city).await?),
        None => None,
    };
    let text = write(client, question, &notes, weather.as_ref()).await?;
    let trace = carrot_ai::current().id().context("tracing is off")?;
    Ok(Answer { text, trace })
}

/// The notes that share a word with the question.
#[carrot_ai::trace(kind = Retrieval)]
fn retrieve(question: &str) -> Vec<&'static str> {
    let question = question.to_lowercase();
    let fits = |note: &str| {
        note.split_whitespace()
            .any(|word| word.len() > 3 && question.contains(&word.to_lowercase()))
    };
    NOTES
        .iter()
        .filter(|(title, note)| fits(title) || fits(note))
        .map(|(_, note)| *note)
        .collect()
}

/// Asks the model whether it needs the weather, and where.
#[carrot_ai::trace(skip(client))]
async fn plan(
    client: &Client<OpenAIConfig>,
    question: &str,
    notes: &[&str],
) -> anyhow::Result<Option<String>> {
    let weather = FunctionObjectArgs::default()
        .name("weather")
        .description("The weather in a city, now.")
        .parameters(json!({
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        }))
        .build()?;
    let request = CreateChatCompletionRequestArgs::default()
        .model(MODEL)
        .messages(messages(
            &format!("{question} Which tool do you need first, if any?"),
            notes,
            None,
        ))
        .tools([ChatCompletionTools::Function(ChatCompletionTool {
            function: weather,
        })])
        .build()?;
    let response = client.chat().create(request).await?;
    let message = response
        .choices
        .into_iter()
        .next()
        .context("the model gave no choice")?
        .message;
    let Some(ChatCompletionMessageToolCalls::Function(call)) =
        message.tool_calls.unwrap_or_default().into_iter().next()
    else {
        return Ok(None);
    };
    let arguments: serde_json::Value = serde_json::from_str(&call.function.arguments)?;
    Ok(arguments["city"].as_str().map(str::to_owned))
}

#[derive(Debug, Serialize)]
struct Weather {
    city: String,
    wind_km_h: u32,
    rain: bool,
}

/// The station often fails the first time: each attempt is a step of its own.
#[carrot_ai::trace]
async fn weather_with_retry(city: &str) -> anyhow::Result<Weather> {
    for attempt in 1..3 {
        match weather(city, attempt).await {
            Ok(weather) => return Ok(weather),
            Err(error) => carrot_ai::event("asking again", &error.to_string()),
        }
    }
    weather(city, 3).await
}

#[carrot_ai::trace(name = "weather", kind = ToolCall)]
async fn weather(city: &str, attempt: u32) -> anyhow::Result<Weather> {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    if attempt == 1 {
        bail!("the weather station timed out");
    }
    Ok(Weather {
        city: city.to_owned(),
        wind_km_h: 18,
        rain: false,
    })
}

/// Has the model write the answer, and takes it as it streams in.
#[carrot_ai::trace(skip(client))]
async fn write(
    client: &Client<OpenAIConfig>,
    question: &str,
    notes: &[&str],
    weather: Option<&Weather>,
) -> anyhow::Result<String> {
    let request = CreateChatCompletionRequestArgs::default()
        .model(MODEL)
        .messages(messages(question, notes, weather))
        .stream_options(ChatCompletionStreamOptions {
            include_usage: Some(true),
            include_obfuscation: None,
        })
        .build()?;
    let mut stream = client.chat().create_stream(request).await?;
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        for choice in chunk?.choices {
            text.push_str(choice.delta.content.as_deref().unwrap_or_default());
        }
    }
    Ok(text)
}

fn messages(
    question: &str,
    notes: &[&str],
    weather: Option<&Weather>,
) -> Vec<ChatCompletionRequestMessage> {
    let mut context = format!(
        "Answer in one or two sentences. What you know:\n{}",
        notes.join("\n")
    );
    if let Some(Weather {
        city,
        wind_km_h,
        rain,
    }) = weather
    {
        context.push_str(&format!(
            "\nThe weather in {city}: wind {wind_km_h} km/h, rain: {rain}."
        ));
    }
    vec![
        ChatCompletionRequestSystemMessage::from(context).into(),
        ChatCompletionRequestUserMessage::from(question).into(),
    ]
}
