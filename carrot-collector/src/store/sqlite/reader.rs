//! Connections that only read, beside the writer.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{CACHED_STATEMENTS, get, list};
use crate::store::{Filter, Page, StoreError, Tree};

/// At most this many idle connections are kept.
const MAX_IDLE: usize = 8;

/// A store to be read, whether or not a collector writes to it.
pub(crate) struct Reader {
    database: PathBuf,
    search_time: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    pub(super) fn new(database: PathBuf, search_time: Duration) -> Reader {
        Reader {
            database,
            search_time,
            idle: Mutex::default(),
        }
    }

    /// See [`Store::list`](crate::store::Store::list).
    pub(crate) fn list(&self, project: &str, filter: &Filter) -> Result<Page, StoreError> {
        self.read(|db| list::list(db, project, filter, self.search_time))
    }

    /// See [`Store::get`](crate::store::Store::get).
    pub(crate) fn get(&self, project: &str, id: &str) -> Result<Option<Tree>, StoreError> {
        self.read(|db| get::get(db, project, id))
    }

    /// Reads in one transaction: what several statements see is of one moment.
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let db = idle.map_or_else(|| open(&self.database), Ok)?;
        let answer = {
            let snapshot = db.unchecked_transaction()?;
            read(&snapshot)?
        };
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(db);
        }
        Ok(answer)
    }
}

/// Opens a connection that cannot write.
pub(super) fn open(database: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database, flags)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(db)
}
