//! The wrapped anthropic-ai-sdk client beside the bare one, over real sockets.

#[path = "../pair/mod.rs"]
mod pair;
mod support;

mod plain;
mod streams;
mod failures;
mod parents;
mod replays;
