//! ureq, wrapped and bare.

mod agents;
mod failures;
mod plain;
mod streams;
mod support;
