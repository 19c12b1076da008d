//! Taking over a writer's folder by its lock, and removing it when it is empty.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::aside::Aside;
use crate::folder::Folder;
use crate::format::{Begin, Head};
use crate::segment::Segment;
use crate::{Losses, files, names};

/// A folder whose lock is held, before its segments were looked at.
pub(crate) struct Held {
    path: PathBuf,
    lock: File,
    numbers: Vec<u64>,
    /// Of the first segment that has one.
    pub(crate) head: Option<Head>,
    pub(crate) key_refused: bool,
}

impl Held {
    /// Takes over a folder that nobody holds. One without segments is removed.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Held>> {
        let place = path.join(names::LOCK);
        // Where there is no lock, its writer is about to make one, or somebody took it away.
        let lock = match files::open_or_create(&place) {
            Ok(lock) => lock,
            Err(error) if files::is_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        // Removed by who held it before, it is a lock of nothing.
        if lock.try_lock().is_err() || !files::is_at(&lock, &place) {
            return Ok(None);
        }
        let files = files::names(path, false)?;
        let numbers: Vec<u64> = files
            .iter()
            .filter_map(|it| names::segment_number(it))
            .collect();
        if numbers.is_empty() {
            remove(path);
            return Ok(None);
        }
        let heads = numbers
            .iter()
            .map(|number| Segment::head(&path.join(names::segment(*number))));
        let head = heads.filter_map(Result::ok).find_map(|begin| match begin {
            Begin::Head(head, _) => Some(*head),
            _ => None,
        });
        Ok(Some(Held {
            key_refused: files.iter().any(|name| name == names::KEY_REFUSED),
            path: path.to_owned(),
            lock,
            numbers,
            head,
        }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its segments.
    pub(crate) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        let names = self.numbers.iter().map(|number| names::segment(*number));
        names.map(|name| self.path.join(name))
    }

    /// When something was last written, if that can be known.
    pub(crate) fn modified(&self) -> Option<SystemTime> {
        let times = self
            .paths()
            .map(|path| fs::symlink_metadata(path).and_then(|metadata| metadata.modified()));
        times.filter_map(Result::ok).max()
    }

    /// Looks at its segments. What cannot be read is set aside, and counted.
    pub(crate) fn survey(
        self,
        id: u32,
        aside: &Aside,
        losses: &mut Losses,
        now: SystemTime,
    ) -> Folder {
        let mut folder = Folder::new(id, self.path, Some(self.lock));
        for number in self.numbers {
            folder.add(
                number,
                folder.path.join(names::segment(number)),
                aside,
                losses,
                now,
            );
        }
        // One that holds no block is done with.
        folder.sweep();
        folder
    }
}

/// Removes a folder that holds no more than a lock, which must be held by the caller.
pub(crate) fn remove(path: &Path) {
    let only = |name: &String| name == names::LOCK || name == names::KEY_REFUSED;
    let is_empty = files::names(path, false).is_ok_and(|files| files.iter().all(only))
        && files::names(path, true).is_ok_and(|folders| folders.is_empty());
    if !is_empty {
        return;
    }
    // What fails here is tried again by who comes next.
    let _ = fs::remove_file(path.join(names::KEY_REFUSED));
    let _ = fs::remove_file(path.join(names::LOCK));
    let _ = fs::remove_dir(path);
    if let Some(program) = path.parent() {
        let _ = fs::remove_dir(program);
    }
}
