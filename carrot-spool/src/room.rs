//! The limits: size and age.

use std::time::SystemTime;

use crate::folder::Folder;
use crate::held::Held;
use crate::spool::Spool;
use crate::{SpoolError, files, names};

impl Spool {
    /// Drops the oldest until so many bytes more may be written.
    pub(crate) fn make_room(&mut self, need: u64, now: SystemTime) -> Result<(), SpoolError> {
        let max = self.settings.max_bytes;
        if need > max {
            return Err(SpoolError::TooLarge { bytes: need });
        }
        if self.used().saturating_add(need) <= max {
            return Ok(());
        }
        self.look_around();
        let mut over = self.used().saturating_add(need).saturating_sub(max);
        if over > 0 {
            // Nobody waits for these.
            over = over.saturating_sub(self.aside.free(over));
        }
        if over > 0 {
            self.drop_oldest(over, now)?;
        }
        self.look_around();
        Ok(())
    }

    /// The bytes of this program and destination on disk, as far as they are known.
    fn used(&mut self) -> u64 {
        let others = match self.others {
            Some(others) => others,
            None => self.look_around(),
        };
        self.folders()
            .map(Folder::bytes)
            .sum::<u64>()
            .saturating_add(others)
    }

    /// Counts what lies in folders that this process does not hold.
    fn look_around(&mut self) -> u64 {
        let mut others = self.aside.bytes();
        for name in files::names(&self.home, true).unwrap_or_default() {
            if !names::is_writer(&name) || self.holds(&name) {
                continue;
            }
            let folder = self.home.join(name);
            let segments = files::names(&folder, false).unwrap_or_default();
            let segments = segments
                .iter()
                .filter(|it| names::segment_number(it).is_some());
            others += segments
                .map(|it| files::length(&folder.join(it)))
                .sum::<u64>();
        }
        self.others = Some(others);
        others
    }

    /// Drops the oldest segments that no other process holds.
    fn drop_oldest(&mut self, mut over: u64, now: SystemTime) -> Result<(), SpoolError> {
        let mut left = self.take_left(now);
        let droppable = self.folders().chain(&left).map(Folder::bytes).sum::<u64>();
        if droppable < over {
            return Err(SpoolError::Full);
        }
        while over > 0 {
            let folders = self.own.iter_mut().map(|own| &mut own.folder);
            let folders = folders.chain(&mut self.adopted).chain(&mut left);
            let oldest = folders.filter_map(|folder| Some((folder.oldest()?, folder)));
            let Some(((_, number), folder)) = oldest.min_by_key(|(oldest, _)| *oldest) else {
                return Err(SpoolError::Full);
            };
            let own = folder.is_own;
            let (bytes, records) = folder.evict(number)?;
            self.losses_of(own).too_many += records;
            over = over.saturating_sub(bytes.max(1));
        }
        left.into_iter().for_each(Folder::close);
        self.close_empty();
        Ok(())
    }

    /// Every folder that nobody holds, whatever its key, for as long as it takes to drop something.
    fn take_left(&mut self, now: SystemTime) -> Vec<Folder> {
        let names = files::names(&self.home, true).unwrap_or_default();
        let names = names
            .iter()
            .filter(|name| names::is_writer(name) && !self.holds(name));
        let held: Vec<Held> = names
            .filter_map(|name| Held::take(&self.home.join(name)).ok().flatten())
            .collect();
        let survey = |held: Held| held.survey(0, &self.aside, &mut self.losses_of_others, now);
        held.into_iter().map(survey).collect()
    }
}
