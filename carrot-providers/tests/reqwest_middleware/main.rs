//! A `ClientWithMiddleware`, wrapped and bare, over real sockets.

mod support;

mod plain;
mod streams;
mod stacks;
mod failures;
mod parents;
mod replays;
