//! A store that is read without a collector.

use std::path::Path;

use crate::store::sqlite::{Reader, SqliteStore};
use crate::{Error, api, view};

/// The store in a folder, to be read only; also while a collector writes to it. It answers what the
/// collector would.
pub struct Archive(Reader);

impl Archive {
    /// Opens the store in a folder.
    ///
    /// # Errors
    ///
    /// If there is none ([`Error::is_no_store`]) or it cannot be read.
    pub fn open(folder: impl AsRef<Path>) -> Result<Archive, Error> {
        Ok(Archive(SqliteStore::open_reader(folder.as_ref())?))
    }

    /// The JSON that `GET /v1/traces?{query}` answers.
    ///
    /// # Errors
    ///
    /// If the query has a mistake, or the store fails.
    pub fn list(&self, project: &str, query: &str) -> Result<String, Error> {
        let filter = api::read_query(query).map_err(Error::query)?;
        let page = view::page(self.0.list(project, &filter)?);
        serde_json::to_string(&page).map_err(|error| Error::query(error.to_string()))
    }

    /// The JSON that `GET /v1/traces/{id}` answers, or `None` if there is no such trace.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn get(&self, project: &str, id: &str) -> Result<Option<String>, Error> {
        let tree = self.0.get(project, id)?.and_then(view::tree);
        let text = tree.map(|tree| serde_json::to_string(&tree)).transpose();
        text.map_err(|error| Error::query(error.to_string()))
    }
}
