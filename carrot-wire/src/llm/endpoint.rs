use crate::SpanKind;

/// A family of request and answer formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI's REST API, which many other servers speak too.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Google's Gemini API, on Google AI and on Vertex AI.
    Gemini,
    /// Ollama's own API.
    Ollama,
    /// Amazon Bedrock's: Converse, and the models' own formats.
    Bedrock,
}

impl Dialect {
    /// The provider whose own dialect it is.
    pub const fn provider(self) -> &'static str {
        match self {
            Dialect::OpenAi => "openai",
            Dialect::Anthropic => "anthropic",
            Dialect::Gemini => "gemini",
            Dialect::Ollama => "ollama",
            Dialect::Bedrock => "bedrock",
        }
    }
}

/// Writes the enum and what is known of each endpoint from one table: dialect, operation, kind of span.
macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident: $dialect:ident, $operation:literal, $kind:ident;)*) => {
        /// One kind of model call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Endpoint {
            $($(#[$doc])* $name,)*
        }

        impl Endpoint {
            /// All of them; each stands at its own number: `ALL[endpoint as usize] == endpoint`.
            pub const ALL: &'static [Endpoint] = &[$(Endpoint::$name,)*];

            /// The format of its requests and answers.
            pub const fn dialect(self) -> Dialect {
                match self {
                    $(Endpoint::$name => Dialect::$dialect,)*
                }
            }

            /// The name of the operation, which is also the name of its span.
            pub const fn operation(self) -> &'static str {
                match self {
                    $(Endpoint::$name => $operation,)*
                }
            }

            /// The kind of its span.
            pub const fn kind(self) -> SpanKind {
                match self {
                    $(Endpoint::$name => SpanKind::$kind,)*
                }
            }
        }
    };
}

endpoints! {
    /// `POST …/chat/completions`
    ChatCompletions: OpenAi, "chat.completions", LlmCall;
    /// `POST …/completions`, the older text API.
    Completions: OpenAi, "completions", LlmCall;
    /// `POST …/responses`
    Responses: OpenAi, "responses", LlmCall;
    /// `POST …/embeddings`
    Embeddings: OpenAi, "embeddings", Embedding;
    /// `POST …/v1/messages`, and `…/publishers/anthropic/models/{model}:rawPredict` or
    /// `:streamRawPredict` on Vertex AI.
    Messages: Anthropic, "messages", LlmCall;
    /// `POST …/models/{model}:generateContent` or `:streamGenerateContent`
    GenerateContent: Gemini, "generate_content", LlmCall;
    /// `POST …/models/{model}:embedContent` or `:batchEmbedContents`
    EmbedContent: Gemini, "embed_content", Embedding;
    /// `POST …/interactions`
    Interactions: Gemini, "interactions", LlmCall;
    /// `POST …/api/chat`
    OllamaChat: Ollama, "chat", LlmCall;
    /// `POST …/api/generate`
    OllamaGenerate: Ollama, "generate", LlmCall;
    /// `POST …/api/embed` or the older `…/api/embeddings`
    OllamaEmbed: Ollama, "embed", Embedding;
    /// `POST …/model/{model}/converse` or `…/converse-stream`
    Converse: Bedrock, "converse", LlmCall;
    /// `POST …/model/{model}/invoke` or `…/invoke-with-response-stream`
    InvokeModel: Bedrock, "invoke_model", LlmCall;
}

impl Endpoint {
    /// The endpoint a request is for, or `None` when it is no model call.
    ///
    /// Only the end of the path counts, so base URLs with a prefix (`/v1`, `/openai/deployments/x`)
    /// are understood. `path` has no query.
    pub fn find(method: &str, path: &str) -> Option<Endpoint> {
        if method != "POST" {
            return None;
        }
        let path = path.trim_end_matches('/');
        let (rest, last) = path.rsplit_once('/')?;
        match last {
            "completions" if rest.ends_with("/chat") => Some(Endpoint::ChatCompletions),
            "completions" => Some(Endpoint::Completions),
            "responses" => Some(Endpoint::Responses),
            "embed" | "embeddings" if rest.ends_with("/api") => Some(Endpoint::OllamaEmbed),
            "embeddings" => Some(Endpoint::Embeddings),
            "messages" if rest.ends_with("/v1") => Some(Endpoint::Messages),
            "interactions" => Some(Endpoint::Interactions),
            "chat" if rest.ends_with("/api") => Some(Endpoint::OllamaChat),
            "generate" if rest.ends_with("/api") => Some(Endpoint::OllamaGenerate),
            "converse" | "converse-stream" if rest.contains("/model/") => Some(Endpoint::Converse),
            "invoke" | "invoke-with-response-stream" if rest.contains("/model/") => {
                Some(Endpoint::InvokeModel)
            }
            // Google's: `{model}:{verb}`.
            _ => match last.rsplit_once(':')?.1 {
                "generateContent" | "streamGenerateContent" => Some(Endpoint::GenerateContent),
                "embedContent" | "batchEmbedContents" => Some(Endpoint::EmbedContent),
                "rawPredict" | "streamRawPredict"
                    if rest.ends_with("/publishers/anthropic/models") =>
                {
                    Some(Endpoint::Messages)
                }
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn each_endpoint_stands_at_its_own_number() {
        for (at, endpoint) in Endpoint::ALL.iter().enumerate() {
            assert_eq!(*endpoint as usize, at);
        }
    }
}
