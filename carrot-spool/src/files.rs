//! Files and folders that only their owner reads, and that are never reached by a symbolic link.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

fn options() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "no modes and no flags there"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    options
}

/// A new file, to be appended to and read.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    options()
        .read(true)
        .append(true)
        .create_new(true)
        .open(path)
}

/// A file that is there, to be read. What is no plain file of ours (a link, a pipe, a stranger's) is not opened.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    plain(options().read(true).open(path)?)
}

/// A file that may be there, to be locked.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    plain(
        options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?,
    )
}

fn plain(file: File) -> io::Result<File> {
    let metadata = file.metadata()?;
    if metadata.is_file() && is_ours(&metadata) {
        Ok(file)
    } else {
        Err(io::Error::from(io::ErrorKind::PermissionDenied))
    }
}

/// Whether it belongs to the user that this process runs as: others may have put theirs into a folder for temporary files.
fn is_ours(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    {
        std::os::unix::fs::MetadataExt::uid(metadata) == user()
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        true
    }
}

/// The number of that user; 0 where users have none.
pub(crate) fn user() -> u32 {
    #[cfg(unix)]
    {
        rustix::process::geteuid().as_raw()
    }
    #[cfg(not(unix))]
    {
        0
    }
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "no modes there"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
}

/// A new folder; its parent must be there.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    builder().create(path)
}

/// A folder, and those above it, if they are not there.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    builder().recursive(true).create(path)
}

/// A folder of ours, in one of ours. What else has its name is not used.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    match create_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let found = fs::symlink_metadata(path)?;
    if found.is_dir() && is_ours(&found) {
        Ok(())
    } else {
        Err(io::Error::from(io::ErrorKind::PermissionDenied))
    }
}

/// Makes the names in a folder last, as far as the system can.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()
    } else {
        Ok(())
    }
}

/// Whether the file at the path is still this one.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (Ok(open), Ok(found)) = (file.metadata(), fs::symlink_metadata(path)) else {
            return false;
        };
        (open.dev(), open.ino()) == (found.dev(), found.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

/// The folders, or the files, in a folder, with their names; what else lies there is left out. A folder that is not there is empty.
pub(crate) fn names(folder: &Path, folders: bool) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let Ok(entry) = entry else { continue };
        let fits = entry
            .file_type()
            .is_ok_and(|it| if folders { it.is_dir() } else { it.is_file() });
        if fits && let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The bytes of a file, or none where there is no file.
pub(crate) fn length(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |metadata| metadata.len())
}

pub(crate) fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
