//! What is kept beside the spool: records that were refused, and bytes that could not be read.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::format::{Head, micros};
use crate::{files, names};

/// So many files of either at most: the oldest go.
const MAX_FILES: usize = 1_000;

/// The folders `refused` and `corrupt` of a program.
#[derive(Debug, Clone)]
pub(crate) struct Aside {
    home: PathBuf,
}

impl Aside {
    pub(crate) fn new(home: &Path) -> Aside {
        Aside {
            home: home.to_owned(),
        }
    }

    /// Those beside a folder of the same program.
    pub(crate) fn beside(folder: &Path) -> Aside {
        Aside::new(folder.parent().unwrap_or(folder))
    }

    /// Keeps a block of refused records.
    pub(crate) fn keep_refused(
        &self,
        head: &Head,
        block: &[u8],
        now: SystemTime,
    ) -> io::Result<()> {
        let bytes = [&head.encode()?, block].concat();
        let write = |file: &mut File| file.write_all(&bytes);
        self.keep(names::REFUSED, &names::refused(now)?, write)
    }

    /// Keeps a part of a segment that could not be read. It is counted as lost already, so that a disk
    /// that does not take it loses nothing more.
    pub(crate) fn keep_damaged(
        &self,
        mut source: &File,
        at: u64,
        length: u64,
        head: Option<&Head>,
        now: SystemTime,
    ) {
        let mut keep = || -> io::Result<()> {
            let head = head.map(Head::encode).transpose()?.unwrap_or_default();
            source.seek(SeekFrom::Start(at))?;
            let write = |file: &mut File| {
                file.write_all(&head)?;
                io::copy(&mut source.take(length), file).map(drop)
            };
            self.keep(names::CORRUPT, &names::damaged(now)?, write)
        };
        let _ = keep();
    }

    /// Keeps a segment of which not even the head can be read.
    pub(crate) fn move_damaged(&self, path: &Path, now: SystemTime) {
        if files::length(path) == 0 {
            let _ = fs::remove_file(path);
            return;
        }
        let folder = self.home.join(names::CORRUPT);
        let moved = files::make_folder(&folder)
            .and_then(|()| names::damaged(now))
            .and_then(|name| fs::rename(path, folder.join(name)));
        if moved.is_ok() {
            self.trim(&folder);
        }
    }

    /// Writes a file under another name first, so that nobody reads half of it.
    fn keep(
        &self,
        folder: &str,
        name: &str,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let folder = self.home.join(folder);
        files::make_folder(&folder)?;
        let unfinished = folder.join(format!("{name}{}", names::UNFINISHED));
        let written = files::create(&unfinished)
            .and_then(|mut file| write(&mut file))
            .and_then(|()| fs::rename(&unfinished, folder.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        self.trim(&folder);
        written
    }

    fn trim(&self, folder: &Path) {
        let files = names_of(folder);
        for name in files.iter().take(files.len().saturating_sub(MAX_FILES)) {
            let _ = fs::remove_file(folder.join(name));
        }
    }

    /// The files of both, those that go first before the others.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        [names::CORRUPT, names::REFUSED]
            .into_iter()
            .flat_map(|folder| {
                let folder = self.home.join(folder);
                let names = names_of(&folder);
                names.into_iter().map(move |name| folder.join(name))
            })
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files().map(|path| files::length(&path)).sum()
    }

    /// Deletes files until so many bytes are free, or there is none left. What was refused or damaged is counted already.
    pub(crate) fn free(&self, bytes: u64) -> u64 {
        let mut freed = 0;
        for path in self.files() {
            if freed >= bytes {
                break;
            }
            let length = files::length(&path);
            if fs::remove_file(path).is_ok() {
                freed += length;
            }
        }
        self.remove_empty();
        freed
    }

    /// Deletes what is older.
    pub(crate) fn drop_older(&self, than: SystemTime) {
        let than = micros(than);
        let is_old = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.and_then(names::aside_time)
                .is_some_and(|time| time < than)
        };
        let old = self.files().filter(is_old);
        if old.filter(|path| fs::remove_file(path).is_ok()).count() > 0 {
            self.remove_empty();
        }
    }

    /// Removes the folders that hold nothing.
    pub(crate) fn remove_empty(&self) {
        for folder in [names::CORRUPT, names::REFUSED] {
            let _ = fs::remove_dir(self.home.join(folder));
        }
        let _ = fs::remove_dir(&self.home);
    }
}

/// The files of ours in a folder, the oldest first.
fn names_of(folder: &Path) -> Vec<String> {
    let mut files = files::names(folder, false).unwrap_or_default();
    files.retain(|name| names::aside_time(name).is_some());
    files
}
