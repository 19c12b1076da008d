use crate::SpanKind;

/// A family of request and answer formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's REST API, which many other servers speak too.
    OpenAi,
}

/// One kind of model call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST …/chat/completions`
    ChatCompletions,
    /// `POST …/completions`, the older text API.
    Completions,
    /// `POST …/responses`
    Responses,
    /// `POST …/embeddings`
    Embeddings,
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
            "embeddings" => Some(Endpoint::Embeddings),
            _ => None,
        }
    }

    /// The format of its requests and answers.
    pub const fn dialect(self) -> Dialect {
        Dialect::OpenAi
    }

    /// The name of the operation, which is also the name of its span.
    pub const fn operation(self) -> &'static str {
        match self {
            Endpoint::ChatCompletions => "chat.completions",
            Endpoint::Completions => "completions",
            Endpoint::Responses => "responses",
            Endpoint::Embeddings => "embeddings",
        }
    }

    /// The kind of its span.
    pub const fn kind(self) -> SpanKind {
        match self {
            Endpoint::Embeddings => SpanKind::Embedding,
            _ => SpanKind::LlmCall,
        }
    }
}
