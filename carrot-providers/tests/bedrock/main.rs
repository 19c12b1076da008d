//! The wrapped Bedrock client beside the bare one, over real sockets.

mod server;
mod support;

mod plain;
mod streams;
mod failures;
mod replays;
mod https;

#[path = "../tls/mod.rs"]
mod tls;
