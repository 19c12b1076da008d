//! ureq, wrapped and bare.

mod agents;
mod failures;
mod plain;
mod replays;
mod streams;
mod support;
