use crate::SpanKind;

/// A family of request and answer formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI's REST API, which many other servers speak too.
    OpenAi,
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
