//! Tracing for LLM pipelines and agents.
//!
//! Put [`#[trace]`](macro@trace) on a function, [`wrap`] your model client, and every run becomes a tree: each
//! step with its inputs, output, tokens, cost, time and errors, shipped in the background.
//!
//! ```
//! #[carrot_ai::trace]
//! fn answer(question: &str) -> String {
//!     format!("{question}? 42.")
//! }
//!
//! let traces = carrot_ai::testing::capture(|| answer("life"));
//! assert_eq!(traces.find("answer").unwrap().input()["question"], "life");
//! ```
//!
//! Without a key and a URL traces go to `carrot serve` on this machine; see [`env`](mod@env) for the names of the
//! environment and [`builder`] for the same by hand.

pub use carrot_macros::trace;
pub use carrot_providers::{
    Recorder, Recording, Replay, Wrap, WrapOptions, recorder, wrap, wrapper,
};
pub use carrot_runtime::{
    Budget, Builder, Compression, Continued, DestinationStats, Dropped, ErrorInfo, FlushReport,
    FnInCurrentTrace, Guard, InCurrentTrace, InTrace, InitError, Items, Keep, Level, Rates,
    RecordId, RedactEvent, Resumable, Root, Scope, Secret, Session, Site, Span, SpanGuard,
    SpanKind, SpanRef, Stats, Status, StreamScope, TraceContext, TraceId, Transport, Usage, agent,
    budget, builder, continue_trace, current, env, event, extract, flush, flush_async,
    flush_timeout, generation, init, inject, resumable_functions, session, shutdown,
    shutdown_async, shutdown_timeout, span, spawn, spawn_blocking, stats, testing, user,
};

#[cfg(any(
    feature = "anthropic-ai-sdk",
    feature = "genai",
    feature = "misanthropic"
))]
pub use carrot_providers::Traced;
#[cfg(feature = "anthropic-ai-sdk")]
pub use carrot_providers::anthropic_ai_sdk;
#[cfg(feature = "async-openai")]
pub use carrot_providers::async_openai;
#[cfg(feature = "genai")]
pub use carrot_providers::genai;
#[cfg(feature = "misanthropic")]
pub use carrot_providers::misanthropic;
#[cfg(feature = "reqwest-middleware")]
pub use carrot_providers::reqwest_middleware;
#[cfg(feature = "rig")]
pub use carrot_providers::rig;
#[cfg(feature = "ureq")]
pub use carrot_providers::ureq;
#[cfg(feature = "relay")]
pub use carrot_providers::{Relay, RelayError, relay};
#[cfg(feature = "otlp")]
pub use carrot_runtime::{Otlp, Profile};
#[cfg(feature = "tracing")]
pub use carrot_runtime::{TracingLayer, tracing_layer};

#[doc(hidden)]
pub use carrot_runtime::__private;

/// The pages whose examples are run.
#[cfg(doctest)]
#[doc = include_str!("../docs/by-hand.md")]
mod by_hand {}
