//! What has to compile, without a warning of rustc or of clippy, which is asked for all its lints.
//! Nothing in here is run.

mod futures;
mod hygiene;
mod signatures;
mod streams;
