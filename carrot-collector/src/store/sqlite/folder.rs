//! The data folder: its files, who may read them and which process has them.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::OpenError;

/// Held as long as the store is: the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// The database in a data folder.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("carrot.db")
}

/// Makes the folder if it is not there, open to its owner only, and takes it for this process.
pub(super) fn claim(folder: &Path) -> Result<Lock, OpenError> {
    let failed = |reason| OpenError::Folder {
        folder: folder.to_owned(),
        reason,
    };
    make(folder).map_err(failed)?;
    let lock = private_file(&folder.join("carrot.lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::Locked {
                folder: folder.to_owned(),
            });
        }
        Err(TryLockError::Error(reason)) => return Err(failed(reason)),
    }
    // SQLite gives its other files the permissions of this one.
    private_file(&database(folder)).map_err(failed)?;
    Ok(Lock { _file: lock })
}

fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for writing; a new one is its owner's alone.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
