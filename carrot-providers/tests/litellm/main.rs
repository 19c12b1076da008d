//! The wrapped clients with a real LiteLLM proxy: what user code sees wrapped and bare, and what the
//! spans say. One file a client; `quick` is the one path of it that every check takes.
//!
//! `cargo xtask test --only litellm` starts the proxy with `serve.py` and names it in
//! `CARROT_LITELLM_URL`.

mod support;

mod async_openai;
mod reqwest_middleware;
mod rig;
mod genai;
mod misanthropic;
mod anthropic_ai_sdk;
mod relay;
mod ureq;
