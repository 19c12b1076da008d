//! `wrap()`: model clients that record every call into the current trace.
//!
//! ```text
//! your call ─► adapter of the client ─► tap (request, attempts, answer as it passes) ─► span
//!                                                                  exporter's thread: parse, price
//! ```
//!
//! [`tap`] is the one core that every adapter uses: it sees bytes pass and keeps them. Adapters are
//! thin and each is behind its own feature: `async_openai`, `bedrock`. The wrapped client has the same
//! methods, types, errors and streams as the bare one; requests are sent as they are.
//!
//! With the feature `model-server` there is `scripted`, a model server for tests and examples.

mod options;
mod wrap;

#[cfg(any(
    feature = "anthropic-ai-sdk",
    feature = "genai",
    feature = "misanthropic"
))]
mod traced;

pub mod recording;
pub mod tap;

#[cfg(any(feature = "anthropic-ai-sdk", feature = "misanthropic"))]
mod reqwest_012;
#[cfg(any(
    feature = "async-openai",
    feature = "genai",
    feature = "relay",
    feature = "reqwest-middleware",
    feature = "rig"
))]
mod reqwest;

#[cfg(feature = "anthropic-ai-sdk")]
pub mod anthropic_ai_sdk;
#[cfg(feature = "async-openai")]
pub mod async_openai;
#[cfg(feature = "genai")]
pub mod genai;
#[cfg(feature = "misanthropic")]
pub mod misanthropic;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
#[cfg(feature = "rig")]
pub mod rig;

#[cfg(feature = "bedrock")]
pub mod bedrock;
#[cfg(feature = "ureq")]
pub mod ureq;

#[cfg(feature = "relay")]
pub mod relay;

#[cfg(feature = "model-server")]
pub mod scripted;
#[cfg(feature = "ring")]
pub mod tls;

#[cfg(any(
    feature = "anthropic-ai-sdk",
    feature = "genai",
    feature = "misanthropic"
))]
pub use traced::{Shadow, Traced};

pub use options::{WrapOptions, wrapper};
pub use recording::{Recorder, Recording, Replay, recorder};
#[cfg(feature = "relay")]
pub use relay::{Relay, RelayError, relay};
pub use wrap::{Wrap, wrap};
