use std::sync::Arc;

use crate::Wrap;

/// How the calls of a wrapped client are recorded. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct WrapOptions {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) tags: Arc<[Arc<str>]>,
}

/// Options to wrap a client with, to be followed by [`WrapOptions::wrap`]:
/// `wrapper().name("my-chatbot").tags(["prod"]).wrap(client)`.
pub fn wrapper() -> WrapOptions {
    WrapOptions::default()
}

impl WrapOptions {
    /// The name of the spans, in place of the operation's (`chat.completions`).
    pub fn name(mut self, name: impl Into<Arc<str>>) -> WrapOptions {
        self.name = Some(name.into());
        self
    }

    /// Tags of the spans.
    pub fn tags<T: Into<Arc<str>>>(mut self, tags: impl IntoIterator<Item = T>) -> WrapOptions {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Wraps a client with these options.
    pub fn wrap<W: Wrap>(self, client: W) -> W::Wrapped {
        client.wrap(self)
    }
}
