use std::io;

/// Why there is no relay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The upstream is no base URL.
    #[error("cannot relay to {upstream:?}: {reason}")]
    Upstream {
        /// What was given, without credentials, query and fragment.
        upstream: String,
        /// What is wrong with it, and how it would be right.
        reason: &'static str,
    },
    /// This machine gives no port, thread or random numbers.
    #[error("cannot start the relay on 127.0.0.1: {0}")]
    Start(#[from] io::Error),
}
