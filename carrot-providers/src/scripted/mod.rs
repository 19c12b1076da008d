//! A scripted model server: real HTTP and SSE on a loopback port, answers by script.
//!
//! ```
//! use carrot_providers::scripted::{ModelServer, Reply, When};
//!
//! let server = ModelServer::builder()
//!     .on(When::says("weather").attempt(1), Reply::error(500, "try again"))
//!     .on(When::says("weather"), Reply::tool_call("get_weather", r#"{"city":"Oslo"}"#))
//!     .start();
//! let base_url = server.url(); // http://127.0.0.1:<port>/v1
//! ```
//!
//! It speaks the OpenAI dialect: `/v1/chat/completions`, `/v1/completions`, `/v1/responses`,
//! `/v1/embeddings` and `/v1/models`, plain and streamed. The first rule that fits answers. A request
//! that no rule fits gets a friendly default that depends on nothing but the request: an echo of its
//! last message, or vectors made from its texts.
//!
//! The server lives on a thread of its own and stops when it is dropped. If something went wrong in
//! it, that drop panics and says what, unless the thread is panicking already.

mod reply;
mod when;

mod request;
mod script;

mod render;
mod serve;
mod server;

pub use reply::{Reply, TokenUsage};
pub use request::Request;
pub use server::{Builder, ModelServer};
pub use when::When;
