//! A `ClientWithMiddleware`, wrapped and bare, over real sockets.

mod support;

mod plain;
mod streams;
mod stacks;
mod failures;
mod hedges;
mod budgets;
mod parents;
mod replays;
