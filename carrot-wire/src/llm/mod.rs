//! LLM dialects: one HTTP exchange with a model server becomes one [`LlmCall`].
//!
//! ```text
//! (method, path) ─► Endpoint ─► request JSON ─► body: JSON, SSE, lines, frames ─► reader of the endpoint ─► LlmCall ─► Record
//! ```
//!
//! [`Endpoint::find`] is cheap and says whether a request is a model call at all. [`LlmCall::read`]
//! does the parsing and is meant for a thread that nobody waits for. Whatever a server sends, reading
//! never fails: what could be understood is kept, and [`LlmCall::complete`] and [`LlmCall::note`] say
//! what could not.
//!
//! A new dialect is a variant of [`Dialect`], its endpoints, and one reader file per endpoint.

mod endpoint;
mod exchange;
mod headers;
mod provider;

mod body;
mod error;
mod form;
mod embeddings;

mod anthropic;
mod bedrock;
mod gemini;
mod ollama;
mod openai;

mod message;
mod timing;
mod tokens;
mod usage;

mod call;
mod fill;
mod spent;
mod ends;

pub use call::{CallError, LlmCall};
pub use endpoint::{Dialect, Endpoint};
pub use exchange::Exchange;
pub use provider::provider_of;
pub use spent::{Spent, usage_of};
pub use timing::Timing;
pub use usage::Usage;

pub(crate) use message::output_of;
