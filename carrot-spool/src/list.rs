//! What lies in all spools of a root, for a person to see and to decide about.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::format::{Begin, Head, micros, time};
use crate::held::{self, Held};
use crate::leftover::Leftover;
use crate::segment::{Segment, Surveyed};
use crate::{Fingerprint, files, names};

/// What one process wrote, or what was set aside for one reason.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The program: the name of its executable; of damaged files, as much of it as the folder's name keeps.
    pub program: String,
    /// Where they were to go; empty where that cannot be read any more.
    pub to: String,
    /// The project.
    pub project: Option<String>,
    /// The key they were to go out under.
    pub key: Option<Fingerprint>,
    /// What is to be known of it.
    pub state: State,
    /// How many records, as far as they can be counted.
    pub records: u64,
    /// On disk.
    pub bytes: u64,
    /// When the first of the records was written, or the first of the damaged files.
    pub oldest: Option<SystemTime>,
    folder: PathBuf,
    /// Of what was set aside.
    files: Vec<String>,
}

/// What is to be known of an [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum State {
    /// Its process lives, and delivers it.
    InUse,
    /// Its process is gone.
    Left,
    /// Its process is gone, and its key was refused.
    KeyRefused,
    /// The destination refused the records.
    Refused {
        /// Why.
        reason: String,
    },
    /// Bytes that could not be read.
    Corrupt,
    /// Written by a newer Carrot.
    Newer,
}

/// What [`Entry::discard`] deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discarded {
    /// Records, as far as they can be counted.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// All that lies in the folder of all spools; nothing where there is no such folder.
pub fn list(root: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for name in files::names(root, true)? {
        let Some(program) = names::of_program(&name) else {
            continue;
        };
        let home = root.join(&name);
        for name in files::names(&home, true)? {
            let folder = home.join(&name);
            match name.as_str() {
                names::REFUSED => refused(program, &folder, &mut entries)?,
                names::CORRUPT => corrupt(program, &folder, &mut entries)?,
                writer if names::is_writer(writer) => written(program, &folder, &mut entries)?,
                _ => {}
            }
        }
    }
    Ok(entries)
}

impl Entry {
    fn new(program: &str, folder: &Path, state: State) -> Entry {
        Entry {
            program: program.to_owned(),
            to: String::new(),
            project: None,
            key: None,
            state,
            records: 0,
            bytes: 0,
            oldest: None,
            folder: folder.to_owned(),
            files: Vec::new(),
        }
    }

    fn is_of(&mut self, head: Head) {
        self.program = head.program;
        self.to = head.to;
        self.project = head.project;
        self.key = head.key;
    }

    fn holds(&mut self, segment: &Segment) {
        self.records += segment.records();
        self.bytes += segment.end;
        self.is_since(segment.oldest);
    }

    /// `u64::MAX` where there is no time.
    fn is_since(&mut self, oldest: u64) {
        let since = (oldest < u64::MAX).then(|| time(oldest));
        self.oldest = self.oldest.into_iter().chain(since).min();
    }

    /// Takes it over to deliver it; `None` where there is nothing to deliver, or somebody else does.
    pub fn take(&self, now: SystemTime) -> io::Result<Option<Leftover>> {
        Ok(match self.state {
            State::InUse | State::Corrupt | State::Newer => None,
            State::Left | State::KeyRefused => {
                let held = Held::take(&self.folder)?;
                held.map(|held| Leftover::left(held, now))
            }
            State::Refused { .. } => Some(Leftover::refused(&self.folder, &self.files, now)),
        })
    }

    /// Deletes it, or what of it is older than a time. `None` where its process lives, or a newer Carrot wrote it.
    pub fn discard(&self, older_than: Option<SystemTime>) -> io::Result<Option<Discarded>> {
        let fits = |newest: u64| older_than.is_none_or(|than| newest < micros(than));
        let mut discarded = Discarded::default();
        match self.state {
            State::InUse | State::Newer => return Ok(None),
            State::Left | State::KeyRefused => {
                let Some(held) = Held::take(&self.folder)? else {
                    return Ok(None);
                };
                for path in held.paths() {
                    let (newest, records) = match Segment::survey(&path)? {
                        Surveyed::Segment(_, segment) => (segment.newest, segment.records()),
                        Surveyed::Damaged => (modified(&path), 0),
                        Surveyed::Newer => continue,
                    };
                    if fits(newest) {
                        discarded.delete(&path, records)?;
                    }
                }
                held::remove(&self.folder);
            }
            State::Refused { .. } | State::Corrupt => {
                for name in &self.files {
                    let path = self.folder.join(name);
                    if names::aside_time(name).is_none_or(fits) {
                        let records = match Segment::survey(&path) {
                            Ok(Surveyed::Segment(_, segment)) => segment.records(),
                            _ => 0,
                        };
                        discarded.delete(&path, records)?;
                    }
                }
                held::remove(&self.folder);
            }
        }
        Ok(Some(discarded))
    }
}

impl Discarded {
    fn delete(&mut self, path: &Path, records: u64) -> io::Result<()> {
        let bytes = files::length(path);
        match fs::remove_file(path) {
            Err(error) if files::is_missing(&error) => return Ok(()),
            removed => removed?,
        }
        self.records += records;
        self.bytes += bytes;
        Ok(())
    }
}

fn modified(path: &Path) -> u64 {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.map_or(u64::MAX, micros)
}

/// One writer's folder.
fn written(program: &str, folder: &Path, entries: &mut Vec<Entry>) -> io::Result<()> {
    let names = files::names(folder, false)?;
    let state = if is_held(folder) {
        State::InUse
    } else if names.iter().any(|name| name == names::KEY_REFUSED) {
        State::KeyRefused
    } else {
        State::Left
    };
    let mut entry = Entry::new(program, folder, state);
    let mut newer = Entry::new(program, folder, State::Newer);
    for name in names
        .iter()
        .filter(|name| names::segment_number(name).is_some())
    {
        let path = folder.join(name);
        match Segment::survey(&path) {
            Ok(Surveyed::Segment(head, segment)) => {
                entry.holds(&segment);
                entry.is_of(*head);
            }
            Ok(Surveyed::Damaged) => entry.bytes += files::length(&path),
            Ok(Surveyed::Newer) => newer.bytes += files::length(&path),
            // Its owner has deleted it meanwhile, or it is not ours to read.
            Err(_) => {}
        }
    }
    entries.extend([entry, newer].into_iter().filter(|entry| entry.bytes > 0));
    Ok(())
}

/// Whether a process holds a folder. For this moment nobody else can take it.
fn is_held(folder: &Path) -> bool {
    let lock = files::open(&folder.join(names::LOCK));
    lock.is_ok_and(|lock| lock.try_lock().is_err())
}

/// Refused records, one entry for each reason.
fn refused(program: &str, folder: &Path, entries: &mut Vec<Entry>) -> io::Result<()> {
    let mut found: BTreeMap<(String, Option<String>), Entry> = BTreeMap::new();
    for name in aside(folder)? {
        let Ok(Surveyed::Segment(head, segment)) = Segment::survey(&folder.join(&name)) else {
            continue;
        };
        let reason = head.reason.clone().unwrap_or_default();
        let key = head.key.as_ref().map(ToString::to_string);
        let entry = found.entry((reason.clone(), key));
        let entry = entry.or_insert_with(|| Entry::new(program, folder, State::Refused { reason }));
        entry.holds(&segment);
        entry.is_of(*head);
        entry.files.push(name);
    }
    entries.extend(found.into_values());
    Ok(())
}

/// Damaged files, all of them one entry.
fn corrupt(program: &str, folder: &Path, entries: &mut Vec<Entry>) -> io::Result<()> {
    let mut entry = Entry::new(program, folder, State::Corrupt);
    for name in aside(folder)? {
        let path = folder.join(&name);
        if let Ok(Begin::Head(head, _)) = Segment::head(&path) {
            entry.is_of(*head);
        }
        entry.bytes += files::length(&path);
        entry.is_since(names::aside_time(&name).unwrap_or(u64::MAX));
        entry.files.push(name);
    }
    if !entry.files.is_empty() {
        entries.push(entry);
    }
    Ok(())
}

/// The finished files of what was set aside.
fn aside(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = files::names(folder, false)?;
    names.retain(|name| names::aside_time(name).is_some() && !name.ends_with(names::UNFINISHED));
    Ok(names)
}
