//! The provider clients of rig, wrapped and bare, over real sockets.

mod support;

mod plain;
mod streams;
mod providers;
mod failures;
mod parents;
mod replays;
