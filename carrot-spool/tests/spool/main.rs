//! The spool on a real disk.

#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod support;
mod basics;
mod given;
mod limits;
mod keys;
mod damage;
mod listing;
#[cfg(unix)]
mod disk;
