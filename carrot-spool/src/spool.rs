//! The spool of one process and one destination.

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use bytes::Bytes;

use crate::aside::Aside;
use crate::codec::Codec;
use crate::folder::{Folder, Tools};
use crate::format::{Head, micros};
use crate::held::Held;
use crate::own::{NewBlock, Own};
use crate::{Block, Destination, Losses, Settings, SpoolError, Ticket, Waiting, files, names};

/// A segment is about this long at most.
const SEGMENT: u64 = 4 * 1024 * 1024;
/// Of small spools, a segment is this part.
const PARTS: u64 = 8;
/// So many folders that others left are held at once; the rest follows as these are done.
const MAX_ADOPTED: usize = 64;

/// Records on disk that wait for their destination. Nothing is written, and no folder made, before the first
/// [`append`](Spool::append).
pub struct Spool {
    pub(crate) settings: Settings,
    destination: Destination,
    /// The folder of the program, destination and project.
    pub(crate) home: PathBuf,
    pub(crate) own: Option<Own>,
    pub(crate) adopted: Vec<Folder>,
    /// Whether there were more folders than are held at once.
    more_left: bool,
    pub(crate) aside: Aside,
    /// Of what this process wrote,
    pub(crate) losses: Losses,
    /// and of what others did.
    pub(crate) losses_of_others: Losses,
    /// Bytes that other processes hold or left, and those that were set aside, as far as counted.
    pub(crate) others: Option<u64>,
    codec: Codec,
    next_id: u32,
    /// The newest time that was seen: the clock may be set back, the blocks of a process do not.
    latest: SystemTime,
    key_refused: bool,
    newer: u64,
}

impl Spool {
    /// Touches no disk.
    pub fn new(settings: Settings, destination: Destination) -> Spool {
        let home = settings.root.join(names::program(&destination));
        Spool {
            aside: Aside::new(&home),
            settings,
            destination,
            home,
            own: None,
            adopted: Vec::new(),
            more_left: false,
            losses: Losses::default(),
            losses_of_others: Losses::default(),
            others: None,
            codec: Codec::default(),
            next_id: 0,
            latest: SystemTime::UNIX_EPOCH,
            key_refused: false,
            newer: 0,
        }
    }

    /// Whether the folder can be written, which it makes for that, and whether the limits let anything be kept.
    pub fn check(&self) -> io::Result<()> {
        if self.settings.max_bytes == 0 || self.settings.max_age.is_zero() {
            let why = "a spool that may hold nothing";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        files::make_folders(&self.settings.root)?;
        let probe = self.settings.root.join(names::writer()?);
        let made = files::create(&probe).map(drop);
        made.and_then(|()| std::fs::remove_file(&probe))
    }

    /// Appends records as one block; each is one JSON text. After an error nothing of them is there, and the spool goes on working
    /// when it can be written again. They outlast this process at once, and a loss of power after [`sync`](Spool::sync).
    pub fn append(&mut self, records: &[Bytes], now: SystemTime) -> Result<(), SpoolError> {
        if records.is_empty() {
            return Ok(());
        }
        self.latest = self.latest.max(now);
        let bytes = self.codec.encode(records, self.latest)?;
        let head = Head::new(&self.destination, None);
        let need = bytes.len() as u64 + head.encode()?.len() as u64;
        self.make_room(need, now)?;
        let block = NewBlock {
            bytes: &bytes,
            records: records.len() as u32,
            time: micros(self.latest),
        };
        let limit = self.segment_limit();
        let mut appended = self.own(head.clone())?.append(&block, limit);
        if appended.as_ref().is_err_and(files::is_missing) {
            // Somebody removed the folder. What was in it is found missing, and counted, where it is read.
            if let Some(own) = self.own.take() {
                self.adopted.push(own.folder);
            }
            appended = self.own(head)?.append(&block, limit);
        }
        self.close_empty();
        if appended? {
            self.others = None;
        }
        Ok(())
    }

    /// Appends records that are on their way to the destination already, as a block that is [given](Spool::next) out: it is settled,
    /// put back or set aside by its ticket.
    pub fn append_given(
        &mut self,
        records: &[Bytes],
        now: SystemTime,
    ) -> Result<Ticket, SpoolError> {
        if records.is_empty() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
        }
        self.append(records, now)?;
        let lent = self.own.as_mut().and_then(Own::lend_last);
        lent.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound).into())
    }

    fn own(&mut self, head: Head) -> io::Result<&mut Own> {
        let own = match self.own.take() {
            Some(own) => own,
            None => {
                let id = self.new_id();
                let own = Own::create(id, &self.settings.root, &self.home, head)?;
                if self.key_refused {
                    own.folder.note_key(true)?;
                }
                own
            }
        };
        Ok(self.own.insert(own))
    }

    fn segment_limit(&self) -> u64 {
        SEGMENT.min(self.settings.max_bytes / PARTS)
    }

    fn new_id(&mut self) -> u32 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    /// Makes what was appended outlast a loss of power.
    pub fn sync(&mut self) -> io::Result<()> {
        match &mut self.own {
            Some(own) => own.sync(&self.settings.root, &self.home),
            None => Ok(()),
        }
    }

    /// Takes over what other processes of the same program, destination and project left, and drops what is too old. Gives the
    /// number of records that are new to this process. Records of another key are left, unless that key was refused. A few
    /// folders are read for this; where there is nothing, one that is not there.
    pub fn adopt(&mut self, now: SystemTime) -> io::Result<u64> {
        self.latest = self.latest.max(now);
        let mut found = 0;
        self.newer = 0;
        self.more_left = false;
        let cutoff = now.checked_sub(self.settings.max_age);
        let names = files::names(&self.home, true)?;
        if names.is_empty() {
            return Ok(0);
        }
        for name in names.iter().filter(|name| names::is_writer(name)) {
            if self.holds(name) {
                continue;
            }
            if self.adopted.len() >= MAX_ADOPTED {
                self.more_left = true;
                break;
            }
            // A folder that cannot be taken now is there the next time.
            let Ok(Some(held)) = Held::take(&self.home.join(name)) else {
                continue;
            };
            let fits = self.may_send(&held);
            let is_old = held
                .modified()
                .zip(cutoff)
                .is_some_and(|(at, cutoff)| at < cutoff);
            if !fits && !is_old {
                continue;
            }
            let id = self.new_id();
            let mut folder = held.survey(id, &self.aside, &mut self.losses_of_others, now);
            if let Some(cutoff) = cutoff {
                self.losses_of_others.too_old += folder.drop_older(cutoff);
            }
            self.newer += folder.newer;
            if fits && !folder.segments.is_empty() {
                if self.key_refused && folder.is_of_key(self.destination.key.as_ref()) {
                    folder.note_key(true)?;
                }
                found += folder.records();
                self.adopted.push(folder);
            } else {
                folder.close();
            }
        }
        if let Some(cutoff) = cutoff {
            let own = self.own.iter_mut().map(|own| &mut own.folder);
            for folder in own.chain(&mut self.adopted) {
                let losses = match folder.is_own {
                    true => &mut self.losses,
                    false => &mut self.losses_of_others,
                };
                losses.too_old += folder.drop_older(cutoff);
            }
            self.aside.drop_older(cutoff);
        }
        self.close_empty();
        self.others = None;
        Ok(found)
    }

    /// Whether [`adopt`](Spool::adopt) left folders that it has room for by now.
    pub fn left_some(&self) -> bool {
        self.more_left && self.adopted.len() <= MAX_ADOPTED / 2
    }

    /// Whether what a folder holds may go out under the key of this process. Records that no key was stated for are nobody's in particular.
    fn may_send(&self, held: &Held) -> bool {
        held.head.as_ref().is_none_or(|head| {
            head.key.is_none() || head.key == self.destination.key || held.key_refused
        })
    }

    /// The oldest block that waits. It is not given again until it is put back.
    pub fn next(&mut self, now: SystemTime) -> Option<Block> {
        let own = self.own.iter_mut().map(|own| &mut own.folder);
        let mut folders: Vec<(u64, &mut Folder)> = { self.adopted.iter_mut().chain(own) }
            .filter_map(|folder| Some((folder.oldest_to_give()?, folder)))
            .collect();
        folders.sort_by_key(|(oldest, _)| *oldest);
        let mut blocks = folders.into_iter().filter_map(|(_, folder)| {
            let own = folder.is_own;
            let mut tools = Tools {
                codec: &mut self.codec,
                losses: match own {
                    true => &mut self.losses,
                    false => &mut self.losses_of_others,
                },
                aside: &self.aside,
                now,
                max_age: self.settings.max_age,
            };
            let (ticket, records) = folder.next(&mut tools)?;
            Some(Block {
                ticket,
                records,
                own,
            })
        });
        let block = blocks.next();
        drop(blocks);
        self.close_empty();
        block
    }

    /// Whether [`next`](Spool::next) may have something to give. Reads nothing.
    pub fn has_unsent(&self) -> bool {
        let mut folders = self.folders();
        folders.any(|folder| folder.oldest_to_give().is_some())
    }

    /// The block's records are delivered, or given up.
    pub fn settle(&mut self, ticket: Ticket) {
        if let Some(folder) = self.folder(&ticket) {
            folder.settle(&ticket);
        }
        self.close_empty();
    }

    /// The block's records wait again, in their place.
    pub fn put_back(&mut self, ticket: Ticket) {
        let put_back = self.folder(&ticket).is_some_and(|it| it.put_back(&ticket));
        if !put_back {
            // Its segment was dropped meanwhile.
            self.losses_of(ticket.own).too_many += u64::from(ticket.records);
        }
    }

    /// The block's records were refused, and are kept aside with the reason. They are settled in any case; after an error they are not kept.
    pub fn set_aside(
        &mut self,
        ticket: Ticket,
        reason: &str,
        now: SystemTime,
    ) -> Result<(), SpoolError> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let raw = match self.folder(&ticket) {
            Some(folder) => folder.raw(&ticket),
            None => Err(missing()),
        };
        let kept = raw.map_err(SpoolError::from);
        let kept = kept
            .and_then(|(head, block)| self.keep_aside(&Head::refused(head, reason), &block, now));
        self.settle(ticket);
        kept
    }

    /// Keeps refused records that were never spooled, with the reason.
    pub fn keep_refused(
        &mut self,
        records: &[Bytes],
        reason: &str,
        now: SystemTime,
    ) -> Result<(), SpoolError> {
        if records.is_empty() {
            return Ok(());
        }
        let block = self.codec.encode(records, self.latest.max(now))?;
        let head = Head::new(&self.destination, Some(reason));
        self.keep_aside(&head, &block, now)
    }

    fn keep_aside(&mut self, head: &Head, block: &[u8], now: SystemTime) -> Result<(), SpoolError> {
        self.make_room(block.len() as u64 + head.encode()?.len() as u64, now)?;
        self.others = None;
        let keep = || {
            files::make_folders(&self.settings.root)?;
            files::make_folder(&self.home)?;
            self.aside.keep_refused(head, block, now)
        };
        match keep() {
            // Another process has just removed the program's folder, being empty.
            Err(error) if files::is_missing(&error) => Ok(keep()?),
            kept => Ok(kept?),
        }
    }

    /// The destination refused the key: what was spooled under it may go out under another one.
    pub fn mark_key_refused(&mut self) -> io::Result<()> {
        self.note_key(true)
    }

    /// The destination takes the key, which it may have refused before.
    pub fn mark_key_taken(&mut self) -> io::Result<()> {
        if self.key_refused {
            self.note_key(false)
        } else {
            Ok(())
        }
    }

    fn note_key(&mut self, refused: bool) -> io::Result<()> {
        self.key_refused = refused;
        let key = self.destination.key.as_ref();
        let mut of_key = self.folders().filter(|folder| folder.is_of_key(key));
        of_key.try_for_each(|folder| folder.note_key(refused))
    }

    pub(crate) fn losses_of(&mut self, own: bool) -> &mut Losses {
        if own {
            &mut self.losses
        } else {
            &mut self.losses_of_others
        }
    }

    /// How much waits.
    pub fn waiting(&self) -> Waiting {
        let records = |own| {
            let folders = self.folders().filter(move |folder| folder.is_own == own);
            folders.map(Folder::records).sum()
        };
        Waiting {
            own: records(true),
            adopted: records(false),
            bytes: self.folders().map(Folder::bytes).sum(),
            newer_segments: self.newer,
        }
    }

    /// What was lost since this was last asked.
    pub fn take_losses(&mut self) -> Losses {
        let (own, others) = self.take_losses_apart();
        own.and(others)
    }

    /// The same: first of what this process wrote, then of what others did.
    pub fn take_losses_apart(&mut self) -> (Losses, Losses) {
        let own = std::mem::take(&mut self.losses);
        (own, std::mem::take(&mut self.losses_of_others))
    }

    /// In a child after `fork`: what the parent holds stays the parent's, and this process begins with nothing.
    pub fn abandon(self) -> Spool {
        // Closing what was inherited unlocks nothing: the parent has it open too.
        let Spool {
            settings,
            destination,
            ..
        } = self;
        Spool::new(settings, destination)
    }

    /// The folders that this process holds.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Folder> {
        let own = self.own.iter().map(|own| &own.folder);
        own.chain(&self.adopted)
    }

    pub(crate) fn holds(&self, name: &str) -> bool {
        let mut folders = self.folders();
        folders.any(|folder| folder.path.file_name().is_some_and(|it| it == name))
    }

    fn folder(&mut self, ticket: &Ticket) -> Option<&mut Folder> {
        let own = self.own.iter_mut().map(|own| &mut own.folder);
        let mut folders = own.chain(&mut self.adopted);
        folders.find(|folder| folder.id == ticket.folder)
    }

    /// Removes the folders in which nothing is left.
    pub(crate) fn close_empty(&mut self) {
        if self
            .own
            .as_ref()
            .is_some_and(|own| own.folder.segments.is_empty())
            && let Some(own) = self.own.take()
        {
            own.folder.close();
        }
        let empty = self
            .adopted
            .extract_if(.., |folder| folder.segments.is_empty());
        empty.for_each(Folder::close);
    }
}
