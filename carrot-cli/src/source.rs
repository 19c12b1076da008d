//! Where traces are read: a running collector, or the store that one left behind.

use std::path::Path;

use anyhow::bail;
use carrot_collector::{Archive, DEFAULT_DATA, DEFAULT_PORT};

use crate::args;
use crate::client::{Client, Failure};

/// Where traced programs send their traces. It may be a file too, which is not read from here.
const BASE_URL: &str = "CARROT_BASE_URL";

/// The collector that was named, on the command line or by the environment.
pub(crate) fn named_url(given: Option<&String>) -> Option<String> {
    given.cloned().or_else(|| {
        let url = std::env::var(BASE_URL).ok()?.trim().to_owned();
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        is_http.then_some(url)
    })
}

/// The collector that is asked if none is named.
pub(crate) fn default_url() -> String {
    format!("http://127.0.0.1:{DEFAULT_PORT}")
}

/// One of the two; both answer the same JSON.
pub(crate) enum Source {
    Collector(Client),
    Store { archive: Archive, folder: String },
}

impl Source {
    /// The folder or collector that was named; else the collector that runs here by default; else the
    /// store in the working directory.
    pub(crate) fn find(from: &args::From) -> anyhow::Result<Source> {
        if let Some(folder) = &from.data {
            return Source::store(folder);
        }
        let named = named_url(from.url.as_ref());
        let is_named = named.is_some();
        let url = named.unwrap_or_else(default_url);
        let client = Client::new(&url, &from.project.name)?;
        match client.get("/healthz") {
            Ok(_) => Ok(Source::Collector(client)),
            Err(Failure::Refused) if is_named => {
                bail!("no collector answers at {url}: start one with `carrot serve`")
            }
            Err(Failure::Refused) => match Archive::open(DEFAULT_DATA) {
                Err(error) if error.is_no_store() => bail!(
                    "no collector answers at {url} and there is no store in ./{DEFAULT_DATA}: \
                     start one with `carrot serve`, or say where with --url or --data"
                ),
                _ => Source::store(Path::new(DEFAULT_DATA)),
            },
            Err(Failure::Other(error)) => Err(error),
        }
    }

    fn store(folder: &Path) -> anyhow::Result<Source> {
        let archive = Archive::open(folder)?;
        let folder = folder.display().to_string();
        Ok(Source::Store { archive, folder })
    }

    /// The answer of `GET /v1/traces?{query}`.
    pub(crate) fn list(&self, project: &str, query: &str) -> anyhow::Result<String> {
        match self {
            Source::Collector(client) => match client.get(&format!("/v1/traces?{query}")) {
                Ok(Some(page)) => Ok(page),
                Ok(None) => bail!("{} is no carrot collector", client.url()),
                Err(failure) => Err(failure.into()),
            },
            Source::Store { archive, .. } => Ok(archive.list(project, query)?),
        }
    }

    /// The answer of `GET /v1/traces/{id}`.
    pub(crate) fn get(&self, project: &str, id: &str) -> anyhow::Result<Option<String>> {
        match self {
            Source::Collector(client) => {
                let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
                Ok(client.get(&format!("/v1/traces/{}", id.replace('+', "%20")))?)
            }
            Source::Store { archive, .. } => Ok(archive.get(project, id)?),
        }
    }

    /// Its name in a message.
    pub(crate) fn name(&self) -> &str {
        match self {
            Source::Collector(client) => client.url(),
            Source::Store { folder, .. } => folder,
        }
    }
}

impl From<Failure> for anyhow::Error {
    fn from(failure: Failure) -> anyhow::Error {
        match failure {
            Failure::Refused => anyhow::anyhow!("the collector has stopped"),
            Failure::Other(error) => error,
        }
    }
}
