//! Sessions and users of everything that is done inside.

use std::sync::Arc;

use crate::inherit::Inherited;
use crate::inside::Inside;
use crate::{InTrace, state};

/// Groups traces: every span opened inside, root or not, is part of the session.
///
/// ```
/// # use carrot_runtime::{session, span, testing::capture};
/// let traces = capture(|| {
///     let conversation = session("conversation-7").user("ada");
///     conversation.run(|| drop(span("first question")));
///     conversation.run(|| drop(span("second question")));
/// });
/// for trace in traces.records() {
///     assert_eq!(trace.session_id.as_deref(), Some("conversation-7"));
///     assert_eq!(trace.user_id.as_deref(), Some("ada"));
/// }
/// ```
pub fn session(id: &str) -> Session {
    Session {
        session: Some(id.into()),
        user: None,
    }
}

/// Says for which user everything inside is done.
pub fn user(id: &str) -> Session {
    Session {
        session: None,
        user: Some(id.into()),
    }
}

/// A session, a user, or both; see [`session`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it groups what is done in `run` and `scope`"]
pub struct Session {
    session: Option<Arc<str>>,
    user: Option<Arc<str>>,
}

impl Session {
    /// The user whose session it is.
    pub fn user(mut self, id: &str) -> Session {
        self.user = Some(id.into());
        self
    }

    /// Runs `f` inside.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.inside().run(f)
    }

    /// Runs a future inside, wherever it is polled. The span that is current now goes along.
    pub fn scope<F: Future>(&self, future: F) -> InTrace<F> {
        self.inside().scope(future)
    }

    fn inside(&self) -> Inside {
        if state::is_off() {
            Inside::here()
        } else {
            let session = self.clone();
            Inside::changed(move |inherited| session.change(inherited))
        }
    }

    fn change(&self, inherited: &mut Inherited) {
        if self.session.is_some() {
            inherited.session.clone_from(&self.session);
        }
        if self.user.is_some() {
            inherited.user.clone_from(&self.user);
        }
    }
}
