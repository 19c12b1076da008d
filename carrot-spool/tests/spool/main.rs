//! The spool on a real disk, with real processes.

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
