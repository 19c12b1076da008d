use super::{Request, Route};

/// Which requests a rule answers. Every condition that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct When {
    route: Option<Route>,
    path: Option<String>,
    says: Option<String>,
    attempt: Option<u32>,
}

impl When {
    /// Any request for a model.
    pub fn any() -> When {
        When::default()
    }

    /// Requests for this route.
    pub fn route(route: Route) -> When {
        When {
            route: Some(route),
            ..When::default()
        }
    }

    /// Requests whose path contains this, of any method and also those that are for no model the
    /// server knows. What it does not know is answered by [`Reply::raw`](super::Reply::raw) and its
    /// kin, or an error.
    pub fn path(part: impl Into<String>) -> When {
        When {
            path: Some(part.into()),
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
        let in_path = match &self.path {
            Some(part) => request.path.contains(part.as_str()),
            None => request.route != Route::Other,
        };
        in_path
            && self.route.is_none_or(|it| it == request.route)
            && self.attempt.is_none_or(|it| it == request.attempt)
            && self
                .says
                .as_ref()
                .is_none_or(|it| request.last_message.contains(it))
    }
}
