use carrot_wire::llm::Endpoint;
use serde_json::Value;

/// A request that the server was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it asked for.
    pub endpoint: Endpoint,
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

    pub(super) fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or("scripted")
    }

    pub(super) fn wants_stream(&self) -> bool {
        self.body["stream"] == true
    }

    pub(super) fn wants_usage(&self) -> bool {
        self.body["stream_options"]["include_usage"] == true
    }

    /// The words of all it says, counted.
    pub(super) fn words(&self) -> u64 {
        let said = ["messages", "prompt", "input"]
            .into_iter()
            .map(|key| text_of(&self.body[key]));
        said.map(|text| text.split_whitespace().count() as u64)
            .sum()
    }
}

/// The last message of a request body.
pub(super) fn last_message(endpoint: Endpoint, body: &Value) -> String {
    let list = match endpoint {
        Endpoint::ChatCompletions => &body["messages"],
        Endpoint::Completions => &body["prompt"],
        _ => &body["input"],
    };
    text_of(list.as_array().and_then(|it| it.last()).unwrap_or(list))
}

/// All text in a message or a list of them, whatever form it takes.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text_of).collect::<Vec<_>>().join(" "),
        Value::Object(fields) => {
            let parts = ["content", "text", "output"]
                .iter()
                .filter_map(|key| fields.get(*key));
            parts.map(text_of).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}
