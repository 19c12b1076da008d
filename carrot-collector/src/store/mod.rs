//! Where traces are kept: one trait, with nothing of SQL in it.

mod filter;
mod totals;

pub(crate) mod sqlite;

use std::path::PathBuf;
use std::sync::Arc;

use carrot_wire::{Record, RecordId, Timestamp};
use futures_util::future::BoxFuture;
use tokio::sync::broadcast;

pub(crate) use filter::{Cursor, Filter};
pub(crate) use totals::Totals;

/// An answer holds at most this many spans of a trace: the top of a larger one.
pub(crate) const MAX_TREE_SPANS: usize = 10_000;
/// An answer goes at most this many levels below its root.
pub(crate) const MAX_TREE_DEPTH: usize = 100;

/// A store of traces. Each project is a space of its own: nothing is seen from another.
pub(crate) trait Store: Send + Sync + 'static {
    /// Keeps records; once the answer is `Ok` they outlive a crash of the process or the machine.
    ///
    /// A record whose id is known is [merged](Record::merge) into what is there.
    fn ingest(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The roots that a filter lets through, newest first.
    fn list(&self, project: String, filter: Filter) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// The trace or part of a trace at an id: a record's, a trace's, or a foreign one.
    fn get(&self, project: String, id: String) -> BoxFuture<'_, Result<Option<Tree>, StoreError>>;

    /// Deletes the trace whose root has this id, and says whether there was one. Once the answer is `Ok` it is gone.
    fn forget(&self, project: String, root: RecordId) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// What changes from now on. A receiver that falls behind is told that it did.
    fn changes(&self) -> broadcast::Receiver<Arc<Change>>;

    /// Finishes what was taken and lets go of the files; later calls fail. Blocks.
    fn close(&self);
}

/// Records of one request.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The project they belong to.
    pub(crate) project: String,
    /// Flat, each with an id.
    pub(crate) records: Vec<Record>,
    /// The size of the request in bytes, to bound what waits.
    pub(crate) bytes: usize,
}

/// A record as it was sent, with the time it is sorted by.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// The record.
    pub(crate) record: Record,
    /// When it started, ended or arrived: the first of these that is known.
    pub(crate) started: Timestamp,
}

/// The root of a trace, without its payloads.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// The root.
    pub(crate) root: Stored,
    /// Sums over the whole trace.
    pub(crate) totals: Totals,
}

/// One page of a list.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Newest first.
    pub(crate) rows: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<Cursor>,
    /// The search ran out of time and may have missed traces.
    pub(crate) partial: bool,
}

/// A trace, or the part of it below one span.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The top span first, each level after the one above it.
    pub(crate) spans: Vec<Stored>,
    /// Sums over all of it, also over what was cut off.
    pub(crate) totals: Totals,
    /// Spans beyond [`MAX_TREE_SPANS`] or [`MAX_TREE_DEPTH`] are missing.
    pub(crate) truncated: bool,
}

/// What a commit changed.
#[derive(Debug)]
pub(crate) enum Change {
    /// A trace, or its root, is new or changed.
    Trace {
        /// The project it belongs to.
        project: String,
        /// How it is listed now.
        row: Box<Listed>,
    },
    /// What was listed as a root has found its parent.
    Gone {
        /// The project it belongs to.
        project: String,
        /// The former root.
        id: RecordId,
    },
}

/// Why a store did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    /// More is waiting to be written than the store takes; try again.
    #[error("the collector has more to write than it can take: send it again in a moment")]
    Overloaded,
    /// The store was closed, or its writer has died.
    #[error("the store is closed")]
    Closed,
    /// The disk or the database refused.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The folder or a file in it could not be made or written.
    #[error("cannot write to the data folder {}: {reason}: choose another with --data", folder.display())]
    Folder {
        /// The data folder.
        folder: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// There is no store to read.
    #[error("there is no store in {}", folder.display())]
    Missing {
        /// The data folder.
        folder: PathBuf,
    },
    /// Another process has it.
    #[error("the store in {} is in use by another carrot: stop it or choose another folder with --data", folder.display())]
    Locked {
        /// The data folder.
        folder: PathBuf,
    },
    /// A newer version wrote it.
    #[error("the store in {} has version {found}, this carrot knows up to {known}: use a newer carrot or another folder with --data", folder.display())]
    Newer {
        /// The data folder.
        folder: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The database could not be read.
    #[error("cannot open the store in {}: {reason}", folder.display())]
    Database {
        /// The data folder.
        folder: PathBuf,
        /// What the database said.
        reason: String,
    },
}
