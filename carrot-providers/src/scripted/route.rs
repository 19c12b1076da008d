/// What a request asks for, by its method and path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// OpenAI: `POST …/chat/completions`
    ChatCompletions,
    /// OpenAI: `POST …/completions`, the older text API.
    Completions,
    /// OpenAI: `POST …/responses`
    Responses,
    /// OpenAI: `POST …/embeddings`
    Embeddings,
    /// Anthropic: `POST …/messages`
    Messages,
    /// Gemini: `POST …/models/{model}:generateContent`
    GenerateContent,
    /// Gemini: `POST …/models/{model}:streamGenerateContent`
    StreamGenerateContent,
    /// Gemini: `POST …/models/{model}:embedContent`
    EmbedContent,
    /// Gemini: `POST …/models/{model}:batchEmbedContents`
    BatchEmbedContents,
    /// Gemini: `POST …/interactions`
    Interactions,
    /// Ollama: `POST …/api/chat`
    OllamaChat,
    /// Ollama: `POST …/api/generate`
    OllamaGenerate,
    /// Ollama: `POST …/api/embed`
    OllamaEmbed,
    /// Anything else. Only a rule with [`When::path`](super::When::path) answers it.
    Other,
}

/// Whose words an answer is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
}

impl Route {
    /// `path` has no query.
    pub(super) fn find(method: &str, path: &str) -> Route {
        if method != "POST" {
            return Route::Other;
        }
        let path = path.trim_end_matches('/');
        let (rest, last) = path.rsplit_once('/').unwrap_or(("", path));
        let is_ollama = rest.ends_with("/api");
        match last {
            "completions" if rest.ends_with("/chat") => Route::ChatCompletions,
            "completions" => Route::Completions,
            "responses" => Route::Responses,
            "embeddings" => Route::Embeddings,
            "messages" => Route::Messages,
            "interactions" => Route::Interactions,
            "chat" if is_ollama => Route::OllamaChat,
            "generate" if is_ollama => Route::OllamaGenerate,
            "embed" if is_ollama => Route::OllamaEmbed,
            _ => match last.rsplit_once(':').map(|(_, verb)| verb) {
                Some("generateContent") => Route::GenerateContent,
                Some("streamGenerateContent") => Route::StreamGenerateContent,
                Some("embedContent") => Route::EmbedContent,
                Some("batchEmbedContents") => Route::BatchEmbedContents,
                _ => Route::Other,
            },
        }
    }

    pub(super) fn dialect(self) -> Dialect {
        match self {
            Route::ChatCompletions
            | Route::Completions
            | Route::Responses
            | Route::Embeddings
            | Route::Other => Dialect::OpenAi,
            Route::Messages => Dialect::Anthropic,
            Route::GenerateContent
            | Route::StreamGenerateContent
            | Route::EmbedContent
            | Route::BatchEmbedContents
            | Route::Interactions => Dialect::Gemini,
            Route::OllamaChat | Route::OllamaGenerate | Route::OllamaEmbed => Dialect::Ollama,
        }
    }

    /// Whether the answer is vectors.
    pub(super) fn is_embedding(self) -> bool {
        matches!(
            self,
            Route::Embeddings
                | Route::EmbedContent
                | Route::BatchEmbedContents
                | Route::OllamaEmbed
        )
    }
}
