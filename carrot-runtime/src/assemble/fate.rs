//! What becomes of a trace that was sampled out.

use std::time::Duration;

use carrot_wire::{SpanId, Status};

use super::open::{Ended, OpenTrace};
use super::parts::{Parts, Payload};
use crate::Site;
use crate::clock::Clock;
use crate::context::{HELD, SKELETON};
use crate::line::frame::Slot;
use crate::sampling::{Keep, Rule};

/// Whether a trace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    /// Sampled out: kept without its values if its root fails.
    Skeleton,
    /// Sampled out: kept whole if its root fails, or a rule says so.
    Held,
    Dropped,
}

impl Fate {
    /// What the flags of its frames say.
    pub(super) fn of(flags: u32) -> Fate {
        match flags {
            flags if flags & SKELETON != 0 => Fate::Skeleton,
            flags if flags & HELD != 0 => Fate::Held,
            _ => Fate::Kept,
        }
    }
}

impl Fate {
    pub(super) fn is_undecided(self) -> bool {
        matches!(self, Fate::Skeleton | Fate::Held)
    }
}

impl OpenTrace {
    /// Its roots have ended: decides whether it is kept, and how many traces it stands for.
    pub(super) fn decide(&mut self, rules: &[Keep]) {
        let kept_anyway = || self.must_keep || self.root_failed() || self.matches_any(rules);
        match self.fate {
            // What is always kept stands for itself only, also if it would have been kept by chance.
            Fate::Kept => {
                let weight = self.shared.as_ref().and_then(|shared| shared.weight);
                if weight.is_some() && kept_anyway() {
                    self.shared_mut().weight = None;
                }
            }
            Fate::Skeleton | Fate::Held => {
                let skeleton = self.fate == Fate::Skeleton;
                self.fate = if kept_anyway() {
                    Fate::Kept
                } else {
                    Fate::Dropped
                };
                if skeleton && self.fate == Fate::Kept {
                    self.shared_mut().skeleton = true;
                }
            }
            Fate::Dropped => {}
        }
    }

    /// One of its roots has failed, others are open: it is kept, with what is known of it.
    pub(super) fn keep_failure(&mut self) {
        if self.fate.is_undecided() && self.root_failed() {
            self.decide(&[]);
        }
    }

    fn root_failed(&self) -> bool {
        let mut roots = self.ended.iter().filter(|ended| ended.end.start.root);
        roots.any(|root| self.failed(root))
    }

    fn failed(&self, ended: &Ended) -> bool {
        let parts = || self.parts.get(ended.span).into_iter().flat_map(Parts::iter);
        let said = parts().find_map(|part| match &part.payload {
            Payload::Bytes(code) if part.slot == Slot::Status => Status::from_code(*code.first()?),
            _ => None,
        });
        match said {
            Some(status) => status == Status::Error,
            None => {
                ended.end.status == Status::Error || parts().any(|part| part.slot == Slot::Error)
            }
        }
    }

    fn matches_any(&self, rules: &[Keep]) -> bool {
        rules.iter().any(|rule| self.matches(rule))
    }

    fn matches(&self, Keep(rule): &Keep) -> bool {
        match rule {
            Rule::Errors => self.ended.iter().any(|ended| self.failed(ended)),
            Rule::SlowerThan(limit) => self.took().is_some_and(|took| took > *limit),
            Rule::Tagged(tag) => self.ended.iter().any(|ended| self.is_tagged(ended, tag)),
        }
    }

    /// How long the root took that took longest.
    fn took(&self) -> Option<Duration> {
        let clock = Clock::now();
        let roots = self.ended.iter().filter(|ended| ended.end.start.root);
        let times = roots.map(|root| {
            let (start, end) = (root.end.start.ticks, root.end.ticks);
            clock.time(end).since(clock.time(start))
        });
        times.max()
    }

    fn is_tagged(&self, ended: &Ended, tag: &str) -> bool {
        let site = Site::by_number(ended.end.start.site);
        site.is_some_and(|site| site.tags.contains(&tag))
            || self.parts.get(ended.span).into_iter().flat_map(Parts::iter).any(|part| {
                matches!(&part.payload, Payload::Bytes(bytes) if part.slot == Slot::Tag && bytes == tag.as_bytes())
            })
    }

    /// Holds about so many bytes at most while it waits for its root: first the values of what succeeded go, then those of
    /// the others, then what succeeded, the oldest first. Errors stay.
    pub(super) fn shrink_to(&mut self, most: usize, rules: &[Keep]) {
        if self.bytes() <= most {
            return;
        }
        // Asked now, since what a rule looks for may be among what goes.
        self.must_keep |= self.fate == Fate::Held && self.matches_any(rules);
        let succeeded: Vec<SpanId> = self
            .ended
            .iter()
            .filter(|ended| !ended.end.start.root && !self.failed(ended))
            .map(|ended| ended.span)
            .collect();
        let mut gone = false;
        for span in &succeeded {
            if let Some(parts) = self.parts.get_mut(*span) {
                gone |= parts.retain(|part| is_bare(part.slot));
            }
        }
        self.count_parts();
        if self.bytes() > most {
            // Roots, failures and what is open: what they say of themselves is large.
            for (_, parts) in self.parts.iter_mut() {
                gone |= parts.retain(|part| is_bare(part.slot));
            }
            self.count_parts();
        }
        // Down to the half, so that this is not done again with every few spans.
        let mut rest = succeeded.as_slice();
        while self.bytes() > most / 2 && !rest.is_empty() {
            let (oldest, newer) = rest.split_at(rest.len().div_ceil(2));
            rest = newer;
            self.forget(&oldest.iter().copied().collect());
            gone = true;
        }
        if gone {
            self.shared_mut().incomplete = true;
        }
    }

    /// Forgets what came of a trace that is not kept.
    pub(super) fn clear(&mut self) {
        *self = OpenTrace::new(self.key, self.since);
        self.fate = Fate::Dropped;
    }
}

/// Whether it is small, and part of what is known of a span at the least.
fn is_bare(slot: Slot) -> bool {
    matches!(
        slot,
        Slot::Name | Slot::Kind | Slot::Tag | Slot::Error | Slot::Status | Slot::Level
    )
}
