//! The wrapped async-openai client beside the bare one, over real sockets.

mod support;

mod plain;
mod streams;
mod failures;
mod odd;
mod stacks;
mod parents;
mod replays;
mod warnings;
