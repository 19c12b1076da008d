//! A file of JSON lines.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::config::InitError;
use crate::env;
use crate::export::answer::Outcome;

#[derive(Clone)]
pub(in crate::export) struct File {
    file: Arc<fs::File>,
    name: Arc<str>,
}

impl File {
    pub(super) fn open(path: PathBuf) -> Result<File, InitError> {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(|error| {
            let why = format!("names a file that cannot be written: {error}");
            InitError::setting(env::BASE_URL, why)
        })?;
        Ok(File {
            file: Arc::new(file),
            name: path.to_string_lossy().into(),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes a batch and syncs it, in place: nothing else waits for this thread.
    pub(super) fn send(&self, records: &[Bytes]) -> Outcome {
        match self.append(records) {
            Ok(()) => Outcome::delivered(),
            Err(error) => Outcome::retry(format!("{} cannot be written: {error}", self.name)),
        }
    }

    fn append(&self, records: &[Bytes]) -> std::io::Result<()> {
        let mut lines = Vec::new();
        for record in records {
            // A value that was passed through may be spread over lines; inside its strings there are none.
            lines.extend(
                record
                    .iter()
                    .map(|&byte| if byte == b'\n' { b' ' } else { byte }),
            );
            lines.push(b'\n');
        }
        let mut file = &*self.file;
        let before = file.metadata()?.len();
        let mut written = 0;
        while let Some(rest) = lines.get(written..).filter(|rest| !rest.is_empty()) {
            match file.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // Half of a line would spoil the next one too; what others have written behind it is theirs.
                    if file.metadata()?.len() == before + written as u64 {
                        file.set_len(before)?;
                    }
                    return Err(error);
                }
            }
        }
        match file.sync_data() {
            // A pipe or a device has nothing to sync.
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }
}
