//! The spool on a real disk, with real processes.

#![allow(clippy::print_stdout, reason = "a child talks to its test")]

mod support;
mod basics;
mod limits;
mod keys;
mod damage;
mod listing;
#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod disk;
