//! The folder of this process, and the segment that it appends to.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::folder::Folder;
use crate::format::Head;
use crate::segment::Segment;
use crate::{Ticket, files, names};

/// Another process may take a folder away between the steps of making it; it does so once at most for each.
const TRIES: usize = 16;

pub(crate) struct Own {
    pub(crate) folder: Folder,
    head: Head,
    active: Option<Active>,
    /// The block that was appended last.
    last: Option<Ticket>,
    next_number: u64,
    /// Whether the names of new files are not yet sure to last.
    new_names: bool,
    /// A finished segment that could not be synced: said by the next `sync`.
    failed: Option<io::Error>,
}

struct Active {
    number: u64,
    file: File,
}

/// One block to write.
pub(crate) struct NewBlock<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) records: u32,
    /// In microseconds since 1970.
    pub(crate) time: u64,
}

impl NewBlock<'_> {
    /// Its ticket, where it comes next in a segment.
    fn ticket(&self, folder: u32, number: u64, segment: &Segment) -> Ticket {
        Ticket {
            folder,
            segment: number,
            at: segment.end,
            records: self.records,
            own: true,
        }
    }
}

impl Own {
    /// Makes a folder that nobody else has, and holds it.
    pub(crate) fn create(id: u32, root: &Path, home: &Path, head: Head) -> io::Result<Own> {
        let (path, lock) = make(root, home)?;
        Ok(Own {
            folder: Folder::new(id, path, Some(lock)).of_this_process(),
            head,
            active: None,
            last: None,
            next_number: 1,
            new_names: true,
            failed: None,
        })
    }

    /// Appends a block, to a new segment if the present one would be longer than `limit`, and says whether it was one.
    /// After an error nothing of it is there.
    pub(crate) fn append(&mut self, block: &NewBlock<'_>, limit: u64) -> io::Result<bool> {
        let length = self.active_length();
        if length.is_some_and(|length| length.saturating_add(block.bytes.len() as u64) > limit) {
            self.finish();
        }
        // A file may be at a limit of its own; a full disk says so twice.
        if self.active.is_some() && self.extend(block).is_ok() {
            return Ok(false);
        }
        self.finish();
        self.begin(block).map(|()| true)
    }

    /// Gives out the block that was appended last, if it was not given yet.
    pub(crate) fn lend_last(&mut self) -> Option<Ticket> {
        let ticket = self.last.take()?;
        self.folder.lend(&ticket).then_some(ticket)
    }

    /// Of the segment that is appended to, unless it is gone.
    fn active_length(&mut self) -> Option<u64> {
        let segment = self
            .active
            .as_ref()
            .and_then(|it| self.folder.segments.get(&it.number));
        if segment.is_none() {
            self.active = None;
        }
        segment.map(|segment| segment.end)
    }

    fn begin(&mut self, block: &NewBlock<'_>) -> io::Result<()> {
        let number = self.next_number;
        let path = self.folder.path.join(names::segment(number));
        let head = self.head.encode()?;
        let mut file = files::create(&path)?;
        self.next_number += 1;
        // At once, so that no segment is without a head.
        if let Err(error) = file.write_all(&[&head, block.bytes].concat()) {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        let mut segment = Segment::begun(path, head.len() as u64);
        self.last = Some(block.ticket(self.folder.id, number, &segment));
        segment.grew(block.bytes.len() as u64, block.records.into(), block.time);
        self.folder.begin(number, self.head.clone(), segment);
        self.active = Some(Active { number, file });
        self.new_names = true;
        Ok(())
    }

    fn extend(&mut self, block: &NewBlock<'_>) -> io::Result<()> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let active = self.active.as_mut().ok_or_else(missing)?;
        let segment = self
            .folder
            .segments
            .get_mut(&active.number)
            .ok_or_else(missing)?;
        if let Err(error) = active.file.write_all(block.bytes) {
            // Where that fails too, what is there is a torn tail, which no reader takes for records.
            let _ = active.file.set_len(segment.end);
            return Err(error);
        }
        self.last = Some(block.ticket(self.folder.id, active.number, segment));
        segment.grew(block.bytes.len() as u64, block.records.into(), block.time);
        Ok(())
    }

    /// Appends no more to the present segment.
    fn finish(&mut self) {
        if let Some(active) = self.active.take()
            && let Err(error) = active.file.sync_data()
        {
            self.failed = Some(error);
        }
    }

    /// Makes what was appended outlast a loss of power.
    pub(crate) fn sync(&mut self, root: &Path, home: &Path) -> io::Result<()> {
        if let Some(active) = &self.active {
            active.file.sync_data()?;
        }
        if self.new_names {
            for folder in [&self.folder.path, home, root] {
                files::sync_folder(folder)?;
            }
            self.new_names = false;
        }
        self.failed.take().map_or(Ok(()), Err)
    }
}

fn make(root: &Path, home: &Path) -> io::Result<(PathBuf, File)> {
    for _ in 0..TRIES {
        files::make_folders(root)?;
        match files::make_folder(home) {
            // It was there, and was removed before it was looked at.
            Err(error) if files::is_missing(&error) => continue,
            made => made?,
        }
        let path = home.join(names::writer()?);
        match files::create_folder(&path) {
            Ok(()) => {}
            // The program's folder was removed, being empty.
            Err(error) if files::is_missing(&error) => continue,
            Err(error) => return Err(error),
        }
        let place = path.join(names::LOCK);
        let lock = match files::create(&place) {
            Ok(lock) => lock,
            // So was this one, or whoever is about to do that made a lock.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists
                ) =>
            {
                continue;
            }
            Err(error) => {
                let _ = fs::remove_dir(&path);
                return Err(error);
            }
        };
        match lock.try_lock() {
            Ok(()) if files::is_at(&lock, &place) => return Ok((path, lock)),
            Ok(()) | Err(fs::TryLockError::WouldBlock) => {}
            Err(fs::TryLockError::Error(error)) => {
                let _ = fs::remove_file(&place);
                let _ = fs::remove_dir(&path);
                return Err(error);
            }
        }
    }
    Err(io::Error::from(io::ErrorKind::WouldBlock))
}
