//! The real `carrot` command, as a user runs it.

mod run;
mod serve;
mod crash;
mod read;
mod tail;
mod spool;
