use serde_json::Value;

use super::route::{Dialect, Route};

/// A request that the server was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it asked for.
    pub route: Route,
    /// Its method.
    pub method: String,
    /// Its path, with the query.
    pub path: String,
    /// Its headers, names in lower case. What is no text is left out.
    pub headers: Vec<(String, String)>,
    /// Its body as it came.
    pub text: String,
    /// Its body, parsed.
    pub body: Value,
    /// The text of its last message, prompt or input.
    pub last_message: String,
    /// How often the very same request has come, this time included.
    pub attempt: u32,
}

impl Request {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The model by its name in the body, or in the path as Gemini has it.
    pub(super) fn model(&self) -> &str {
        let in_path = || {
            let (_, after) = self.path.rsplit_once("/models/")?;
            after.split_once(':').map(|(model, _)| model)
        };
        let in_body = self.body["model"].as_str();
        in_body.or_else(in_path).unwrap_or("scripted")
    }

    pub(super) fn wants_stream(&self) -> bool {
        let asked = &self.body["stream"];
        match self.route {
            Route::GenerateContent | Route::Other => false,
            Route::StreamGenerateContent => true,
            route if route.is_embedding() => false,
            // Ollama streams unless told not to.
            route if route.dialect() == Dialect::Ollama => *asked != false,
            _ => *asked == true,
        }
    }

    /// Whether the query has `alt=sse`.
    pub(super) fn wants_events(&self) -> bool {
        let query = self.path.split_once('?').map(|(_, query)| query);
        query.is_some_and(|query| query.split('&').any(|pair| pair == "alt=sse"))
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.body["stream_options"]["include_usage"] == true
    }

    /// The words of all it says, counted.
    pub(super) fn words(&self) -> u64 {
        let said = [
            "messages", "prompt", "input", "contents", "content", "requests",
        ]
        .into_iter()
        .map(|key| text_of(&self.body[key]));
        said.map(|text| text.split_whitespace().count() as u64)
            .sum()
    }
}

/// The last message of a request body.
pub(super) fn last_message(route: Route, body: &Value) -> String {
    let list = match route {
        Route::ChatCompletions | Route::Messages | Route::OllamaChat => &body["messages"],
        Route::Completions | Route::OllamaGenerate => &body["prompt"],
        Route::Responses | Route::Embeddings | Route::Interactions | Route::OllamaEmbed => {
            &body["input"]
        }
        Route::GenerateContent | Route::StreamGenerateContent => &body["contents"],
        Route::EmbedContent => &body["content"],
        Route::BatchEmbedContents => &body["requests"],
        Route::Other => &Value::Null,
    };
    text_of(list.as_array().and_then(|it| it.last()).unwrap_or(list))
}

/// All text in a message or a list of them, whatever form it takes.
pub(super) fn text_of(value: &Value) -> String {
    const HOLD_TEXT: [&str; 7] = [
        "content",
        "parts",
        "text",
        "output",
        "functionResponse",
        "response",
        "result",
    ];
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text_of).collect::<Vec<_>>().join(" "),
        Value::Object(fields) => {
            let parts = HOLD_TEXT.iter().filter_map(|key| fields.get(*key));
            parts.map(text_of).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}
