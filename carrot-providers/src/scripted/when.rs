use carrot_wire::llm::Endpoint;

use super::Request;

/// Which requests a rule answers. Every condition that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct When {
    endpoint: Option<Endpoint>,
    says: Option<String>,
    attempt: Option<u32>,
}

impl When {
    /// Any request.
    pub fn any() -> When {
        When::default()
    }

    /// Requests for this endpoint.
    pub fn endpoint(endpoint: Endpoint) -> When {
        When {
            endpoint: Some(endpoint),
            ..When::default()
        }
    }

    /// Requests whose last message (or prompt, or input) contains this text.
    pub fn says(text: impl Into<String>) -> When {
        When::any().and_says(text)
    }

    /// And only those whose last message contains this text.
    pub fn and_says(self, text: impl Into<String>) -> When {
        When {
            says: Some(text.into()),
            ..self
        }
    }

    /// And only the n-th time, counted from 1, that the very same request comes.
    pub fn attempt(self, attempt: u32) -> When {
        When {
            attempt: Some(attempt),
            ..self
        }
    }

    pub(super) fn fits(&self, request: &Request) -> bool {
        self.endpoint.is_none_or(|it| it == request.endpoint)
            && self.attempt.is_none_or(|it| it == request.attempt)
            && self
                .says
                .as_ref()
                .is_none_or(|it| request.last_message.contains(it))
    }
}
