//! The disk spool of carrot-ai: records that could not be delivered yet, or that were refused.
//!
//! A process appends to a folder of its own, which it holds by a file lock for as long as it lives. What it leaves behind is taken over by
//! the next process of the same program and destination. Segments are append-only files of checksummed, compressed blocks; a
//! segment is deleted once all of its blocks are settled. There is no network here, no thread and no clock: the
//! exporter's thread calls, and says what time it is.
//!
//! What lies where:
//!
//! ```text
//! <root>/<program>-<hash of program, destination, project>/
//!     <writer>/lock                held by the writer while it lives, or by who delivers what it left
//!     <writer>/0000000001.segment
//!     <writer>/key-refused         the destination refused the key that these are for
//!     refused/<time>-<random>.segment
//!     corrupt/<time>-<random>.damaged
//! ```

#![deny(missing_docs)]

mod settings;
mod root;
mod names;
mod files;
mod format;
mod codec;
mod block;
mod segment;
mod folder;
mod held;
mod own;
mod aside;
mod spool;
mod room;
mod leftover;
mod list;

use std::io;

pub use block::{Block, Losses, Ticket, Waiting};
pub use leftover::Leftover;
pub use list::{Discarded, Entry, State, list};
pub use root::{Root, default_root};
pub use settings::{Destination, Fingerprint, Settings};
pub use spool::Spool;

/// Records of one append take so many bytes at most, before they are compressed: 32 MiB.
pub const MAX_BLOCK_BYTES: usize = format::MAX_RAW;

/// Why records are not in the spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// They are more than one block takes, [`MAX_BLOCK_BYTES`], or more than the whole spool may hold.
    #[error("{bytes} bytes are more than the spool takes at once")]
    TooLarge {
        /// So many they are.
        bytes: u64,
    },
    /// The spool holds as much as it may, and none of it can be dropped: others that live hold it.
    #[error("the spool is full")]
    Full,
    /// The disk says no: full, read-only, or broken.
    #[error("the spool cannot be written: {0}")]
    Io(#[from] io::Error),
}
