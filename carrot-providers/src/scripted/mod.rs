//! A scripted model server: real HTTP and streams on a loopback port, answers by script.
//!
//! ```
//! use carrot_providers::scripted::{ModelServer, Reply, When};
//!
//! let server = ModelServer::builder()
//!     .on(When::says("weather").attempt(1), Reply::error(500, "try again"))
//!     .on(When::says("weather"), Reply::tool_call("get_weather", r#"{"city":"Oslo"}"#))
//!     .start();
//! let base_url = server.url(); // http://127.0.0.1:<port>/v1, for clients of OpenAI
//! let origin = server.origin(); // http://127.0.0.1:<port>, for all others
//! ```
//!
//! One [`Reply`] is said in the dialect of whoever asks, plain or streamed:
//!
//! | dialect | paths | streams as |
//! |---|---|---|
//! | OpenAI | `/v1/chat/completions`, `/v1/completions`, `/v1/responses`, `/v1/embeddings`, `GET /v1/models` | SSE |
//! | Anthropic | `/v1/messages` | SSE with event names |
//! | Gemini | `/v1beta/models/{model}:generateContent`, `:streamGenerateContent`, `:embedContent`, `:batchEmbedContents` | SSE with `alt=sse`, else a JSON array |
//! | Gemini | `/v1beta/interactions` | SSE with event names |
//! | Ollama | `/api/chat`, `/api/generate`, `/api/embed` | lines of JSON, unless `"stream": false` |
//!
//! Only the end of a path counts, so a base URL may have any prefix. The first rule that fits
//! answers. A request that no rule fits gets a friendly default that depends on nothing but the
//! request: an echo of its last message, or vectors made from its texts. Other paths are answered
//! only by rules that name them: [`When::path`].
//!
//! A reply can also go wrong, in all the ways in which servers do:
//! [`cut_after`](Reply::cut_after), [`error_after`](Reply::error_after),
//! [`garbled`](Reply::garbled), [`lying_length`](Reply::lying_length),
//! [`endless`](Reply::endless), [`html`](Reply::html), [`content_type`](Reply::content_type). A test
//! that needs a stream to be half sent holds it: [`Reply::held`].
//!
//! The server lives on a thread of its own and stops when it is dropped. If something went wrong in
//! it, that drop panics and says what, unless the thread is panicking already.

mod route;
mod request;

mod reply;
mod fault;
mod hold;

mod when;
mod script;

mod render;
mod answer;
mod connection;
mod server;

pub use hold::Hold;
pub use reply::{Reply, TokenUsage};
pub use request::Request;
pub use route::Route;
pub use server::{Builder, ModelServer};
pub use when::When;
