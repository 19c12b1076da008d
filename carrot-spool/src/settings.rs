//! Where the spool is, how much it holds, and whose records they are.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where and how much.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The folder of all spools; made, with those above it, when there is something to keep.
    pub root: PathBuf,
    /// So many bytes on disk at most, of one program and destination, all of its processes together: 512 MiB.
    pub max_bytes: u64,
    /// What is older is dropped: 7 days.
    pub max_age: Duration,
}

impl Settings {
    /// The usual limits, in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Settings {
        Settings {
            root: root.into(),
            max_bytes: 512 * 1024 * 1024,
            max_age: Duration::from_secs(7 * 24 * 60 * 60),
        }
    }
}

/// Whose records they are and where they go. What one process left behind is delivered by another one of the same program, for the
/// same place, project and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The program: the name of its executable.
    pub program: String,
    /// A URL without credentials, or an exporter's name.
    pub to: String,
    /// The project.
    pub project: Option<String>,
    /// Which key the records go out under.
    pub key: Option<Fingerprint>,
}

/// What is known of a key on disk: enough to tell it from others, too little to use or to find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The first eight bytes of the key's SHA-256, in hex.
    pub fn of(key: &str) -> Fingerprint {
        Fingerprint(short_hash(&[key]))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may have been read from a file.
        self.0
            .chars()
            .take(16)
            .try_for_each(|c| write!(f, "{}", c.escape_default()))
    }
}

/// Eight bytes in hex that differ where any of the parts does.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let bytes = hash.finalize();
    bytes
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
