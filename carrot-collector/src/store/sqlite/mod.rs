//! The embedded store: one SQLite database in a folder.
//!
//! One [writer] commits in groups; many [readers](reader) look at snapshots beside it; the
//! [indexer] follows behind. A record becomes a [row](span) of a [tree] and JSON in a [block](payload).

mod folder;
mod schema;
mod writer;
mod commit;
mod span;
mod sums;
mod tree;
mod roots;
mod blocks;
mod forget;
mod payload;
mod indexer;
mod words;
mod bloom;
mod reader;
mod list;
mod search;
mod get;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use carrot_wire::RecordId;
use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::sync::{Semaphore, broadcast};

use folder::Lock;
pub(crate) use reader::Reader;
use writer::{Queue, Writer};

use super::{Batch, Change, Filter, OpenError, Page, Store, StoreError, Tree};

/// All statements of the writer fit, so that none is compiled twice.
const CACHED_STATEMENTS: usize = 64;
/// A search for words gives what it found after this long.
const SEARCH_TIME: Duration = Duration::from_secs(2);
/// Reads at once; more wait for their turn.
const MAX_READS: usize = 8;
/// A listener that is this many changes behind is told to look for itself.
const MAX_CHANGES: usize = 4096;

/// A store in a folder, held by this process alone.
pub(crate) struct SqliteStore {
    #[cfg(test)]
    folder: PathBuf,
    queue: Queue,
    reader: Arc<Reader>,
    reads: Arc<Semaphore>,
    changes: broadcast::Sender<Arc<Change>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Let go of when the store is dropped.
    _lock: Lock,
}

impl SqliteStore {
    /// Opens the store in a folder, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> Result<SqliteStore, OpenError> {
        let lock = folder::claim(folder)?;
        let database = folder::database(folder);
        let db = open_database(folder, &database)?;
        let index = reader::open(&database).map_err(|error| broken(folder, &error))?;

        let (queue, jobs) = Queue::new();
        let (changes, _) = broadcast::channel(MAX_CHANGES);
        // One note is enough: the indexer looks for all that is new.
        let (commits, committed) = std::sync::mpsc::sync_channel(1);
        let writer = Writer {
            db,
            jobs,
            changes: changes.clone(),
            commits,
        };
        let to_writer = queue.jobs();
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.to_owned()).spawn(run)
        };
        let threads = [
            spawn("carrot-writer", Box::new(move || writer.run())),
            spawn(
                "carrot-indexer",
                Box::new(move || indexer::run(index, committed, to_writer)),
            ),
        ];
        let threads: std::io::Result<Vec<_>> = threads.into_iter().collect();
        Ok(SqliteStore {
            #[cfg(test)]
            folder: folder.to_owned(),
            queue,
            reader: Arc::new(Reader::new(database, SEARCH_TIME)),
            reads: Arc::new(Semaphore::new(MAX_READS)),
            changes,
            threads: Mutex::new(threads.map_err(|reason| OpenError::Folder {
                folder: folder.to_owned(),
                reason,
            })?),
            _lock: lock,
        })
    }

    /// Opens the store in a folder to be read only, also while a collector has it.
    pub(crate) fn open_reader(folder: &Path) -> Result<Reader, OpenError> {
        let database = folder::database(folder);
        if !database.exists() {
            return Err(OpenError::Missing {
                folder: folder.to_owned(),
            });
        }
        let db = reader::open(&database).map_err(|error| broken(folder, &error))?;
        if check_version(folder, &db)? == 0 {
            return Err(OpenError::Missing {
                folder: folder.to_owned(),
            });
        }
        Ok(Reader::new(database, SEARCH_TIME))
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let (reader, reads) = (Arc::clone(&self.reader), Arc::clone(&self.reads));
        Box::pin(async move {
            let _turn = reads
                .acquire_owned()
                .await
                .map_err(|_| StoreError::Closed)?;
            let answer = tokio::task::spawn_blocking(move || read(&reader)).await;
            answer.map_err(|_| StoreError::Closed)?
        })
    }
}

impl Store for SqliteStore {
    fn ingest(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        let queued = self.queue.ingest(batch);
        Box::pin(async move { queued?.await.map_err(|_| StoreError::Closed)? })
    }

    fn list(&self, project: String, filter: Filter) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.read(move |reader| reader.list(&project, &filter))
    }

    fn get(&self, project: String, id: String) -> BoxFuture<'_, Result<Option<Tree>, StoreError>> {
        self.read(move |reader| reader.get(&project, &id))
    }

    fn forget(&self, project: String, root: RecordId) -> BoxFuture<'_, Result<bool, StoreError>> {
        let queued = self.queue.forget(project, root);
        Box::pin(async move { queued?.await.map_err(|_| StoreError::Closed)? })
    }

    fn changes(&self) -> broadcast::Receiver<Arc<Change>> {
        self.changes.subscribe()
    }

    fn close(&self) {
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        if threads.is_empty() {
            return;
        }
        self.queue.close();
        for thread in threads {
            // A panic of theirs was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// Opens the database for writing and brings its tables up to date.
fn open_database(folder: &Path, database: &PathBuf) -> Result<Connection, OpenError> {
    let open = || -> rusqlite::Result<Connection> {
        let db = Connection::open(database)?;
        db.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        db.busy_timeout(Duration::from_secs(10))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // A commit is on the disk before it is answered.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "wal_autocheckpoint", 4096)?;
        // In KiB, as the minus sign says.
        db.pragma_update(None, "cache_size", -65_536)?;
        Ok(db)
    };
    let mut db = open().map_err(|error| broken(folder, &error))?;
    check_version(folder, &db)?;
    schema::migrate(&mut db).map_err(|error| broken(folder, &error))?;
    Ok(db)
}

fn check_version(folder: &Path, db: &Connection) -> Result<i64, OpenError> {
    match schema::version(db) {
        Ok(found) if found > schema::VERSION => Err(OpenError::Newer {
            folder: folder.to_owned(),
            found,
            known: schema::VERSION,
        }),
        Ok(found) => Ok(found),
        Err(error) => Err(broken(folder, &error)),
    }
}

fn broken(folder: &Path, error: &rusqlite::Error) -> OpenError {
    OpenError::Database {
        folder: folder.to_owned(),
        reason: error.to_string(),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Failed(error.to_string())
    }
}
