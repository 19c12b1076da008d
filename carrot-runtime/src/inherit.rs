//! What spans take over from the scope they are opened in: session, user, agent, and what came with a
//! remote parent.
//!
//! A context carries only the number of an [`Inherited`]; the assembler asks for it when it meets the span's
//! end. So a scope costs one entry in a table, and its spans cost nothing. A task may go on after
//! its scope: entries that were left are kept for a while.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock, MutexGuard};

use carrot_wire::trace_context::TraceState;

use crate::assemble;
use crate::attach::Attached;
use crate::budget::Ledger;
use crate::context::{Ctx, INHERITED};
use crate::lock::Lock;

/// So many entries are kept after their scope was left, for spans that end later; more, until what those spans wrote
/// was read.
const MAX_LEFT: usize = 16_384;
/// Numbers have the bits that a context has for them.
const MAX_NUMBER: u32 = (1 << (32 - INHERITED)) - 1;

/// What every span below takes over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited {
    pub(crate) session: Option<Arc<str>>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) agent: Option<Agent>,
    pub(crate) remote: Option<Remote>,
    /// What the model calls below may spend.
    pub(crate) budget: Option<Arc<Ledger>>,
    /// Whether the model calls below keep their whole exchange.
    pub(crate) keeps_exchanges: bool,
    /// What another crate of ours hands down.
    pub(crate) attached: Option<Attached>,
}

impl Inherited {
    /// About how much memory it holds, with the texts that it may share with others.
    pub(crate) fn size(&self) -> usize {
        let agent = self.agent.iter().flat_map(|agent| {
            let said = [agent.role.as_ref(), agent.parent.as_ref()];
            said.into_iter().chain([Some(&agent.name)])
        });
        let texts = [self.session.as_ref(), self.user.as_ref()];
        let texts = texts.into_iter().chain(agent).flatten();
        let texts: usize = texts.map(|text| assemble::shared(text.len())).sum();
        assemble::shared(size_of::<Inherited>()) + texts
    }

    /// With what is not set here as `other` has it.
    pub(crate) fn or(self, other: Inherited) -> Inherited {
        Inherited {
            session: self.session.or(other.session),
            user: self.user.or(other.user),
            agent: self.agent.or(other.agent),
            remote: self.remote.or(other.remote),
            budget: self.budget.or(other.budget),
            keeps_exchanges: self.keeps_exchanges || other.keeps_exchanges,
            attached: self.attached.or(other.attached),
        }
    }
}

/// What came with a parent in another process, to be passed on.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) state: TraceState,
    /// Whether the trace id is random where the W3C wants it to be.
    pub(crate) random: bool,
}

impl Default for Remote {
    /// Of a trace that began here.
    fn default() -> Remote {
        Remote {
            state: TraceState::default(),
            random: true,
        }
    }
}

/// The agent at work.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) name: Arc<str>,
    pub(crate) role: Option<Arc<str>>,
    /// The agent that it works for.
    pub(crate) parent: Option<Arc<str>>,
}

#[derive(Default)]
struct Table {
    entries: HashMap<u32, Held>,
    /// Numbers that nobody holds any more, with the reading of the lines in which that came about; the oldest first, each
    /// once.
    left: VecDeque<(u64, u32)>,
    newest: u32,
}

struct Held {
    inherited: Arc<Inherited>,
    /// How many [`Entry`] values hold it.
    holders: usize,
    /// When it is among those that were left: the reading in which it was left last.
    left: Option<u64>,
}

impl Table {
    /// `None` where it is full.
    fn insert(&mut self, inherited: Inherited) -> Option<NonZeroU32> {
        if self.entries.len() >= MAX_NUMBER as usize {
            return None;
        }
        let number = loop {
            self.newest = self.newest % MAX_NUMBER + 1;
            match NonZeroU32::new(self.newest) {
                Some(number) if !self.entries.contains_key(&number.get()) => break number,
                _ => {}
            }
        };
        let held = Held {
            inherited: Arc::new(inherited),
            holders: 1,
            left: None,
        };
        self.entries.insert(number.get(), held);
        Some(number)
    }

    fn leave(&mut self, number: u32, reading: u64) {
        let Some(held) = self.entries.get_mut(&number) else {
            return;
        };
        held.holders -= 1;
        if held.holders > 0 {
            return;
        }
        if held.left.replace(reading).is_none() {
            self.left.push_back((reading, number));
        }
        self.forget(reading);
    }

    fn forget(&mut self, reading: u64) {
        // What was written before the scope was left is read by the second reading from then on.
        while self.left.len() > MAX_LEFT
            && let Some((left, number)) = self.left.front().copied()
            && left + 2 < reading
        {
            self.left.pop_front();
            match self.entries.get_mut(&number) {
                // Taken up again meanwhile, it will be left again.
                Some(held) if held.holders > 0 => held.left = None,
                Some(held) if held.left > Some(left) => {
                    self.left.extend(held.left.map(|left| (left, number)));
                }
                _ => {
                    self.entries.remove(&number);
                }
            }
        }
    }
}

static TABLE: LazyLock<Lock<Table>> = LazyLock::new(Lock::default);

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock()
}

/// What a forked child goes on with.
#[cfg(unix)]
pub(crate) fn kept() -> &'static dyn crate::lock::Kept {
    &*TABLE
}

/// What the spans of a context take over.
pub(crate) fn of(ctx: Ctx) -> Option<Arc<Inherited>> {
    by_number(ctx.inherited())
}

pub(crate) fn by_number(number: u32) -> Option<Arc<Inherited>> {
    if number == 0 {
        return None;
    }
    let table = table();
    table
        .entries
        .get(&number)
        .map(|held| held.inherited.clone())
}

/// Holds an entry of the table: while anybody does, its number is not given to another.
#[derive(Debug)]
pub(crate) struct Entry(NonZeroU32);

impl Entry {
    /// What `outer` hands down, changed. `None` where the table is full: 16 million scopes are open.
    pub(crate) fn below(outer: Ctx, change: impl FnOnce(&mut Inherited)) -> Option<Entry> {
        let mut inherited = of(outer).map_or_else(Inherited::default, Arc::unwrap_or_clone);
        change(&mut inherited);
        Entry::holding(inherited)
    }

    /// A new entry; `None` where the table is full.
    pub(crate) fn holding(inherited: Inherited) -> Option<Entry> {
        table().insert(inherited).map(Entry)
    }

    /// Holds what the context inherits, for work that may outlive the scope it comes from.
    pub(crate) fn of(ctx: Ctx) -> Option<Entry> {
        let number = NonZeroU32::new(ctx.inherited())?;
        let mut table = table();
        table.entries.get_mut(&number.get())?.holders += 1;
        Some(Entry(number))
    }

    /// Changes it, for the spans that end from now on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Inherited)) {
        if let Some(held) = table().entries.get_mut(&self.number()) {
            change(Arc::make_mut(&mut held.inherited));
        }
    }

    pub(crate) fn number(&self) -> u32 {
        self.0.get()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let reading = assemble::reading();
        table().leave(self.number(), reading);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_nest_and_outlive_their_scope_for_a_while() {
        let outer = Entry::below(Ctx::NONE, |inherited| inherited.session = Some("s".into()));
        let outer = outer.unwrap();
        let ctx = Ctx::NONE.inheriting(outer.number());
        let inner = Entry::below(ctx, |inherited| inherited.user = Some("u".into())).unwrap();
        drop(outer);
        let both = by_number(inner.number()).unwrap();
        assert_eq!(
            (both.session.as_deref(), both.user.as_deref()),
            (Some("s"), Some("u"))
        );
        assert!(of(ctx).is_some_and(|left| left.user.is_none()));
        assert!(of(Ctx::NONE).is_none());
    }

    #[test]
    fn what_was_left_long_ago_is_forgotten_and_what_is_held_is_not() {
        let entry = || Entry::below(Ctx::NONE, |_| {}).unwrap();
        let (left, held) = (entry(), entry());
        let number = left.number();
        let task = Entry::of(Ctx::NONE.inheriting(held.number())).unwrap();
        drop((left, held));
        // Other tests read the lines meanwhile: that what was not read is kept is tested on a table of its own, below.
        (0..4).for_each(|_| assemble::lock().drain());
        (0..=MAX_LEFT).for_each(|_| drop(entry()));
        assert!(by_number(number).is_none());
        assert!(by_number(task.number()).is_some());
    }

    #[test]
    fn what_was_left_again_is_kept_from_then_on() {
        let mut table = Table::default();
        let number = table.insert(Inherited::default()).unwrap().get();
        let again = |table: &mut Table, number: u32| {
            table.entries.get_mut(&number).unwrap().holders += 1;
        };
        let others = |table: &mut Table, reading: u64| {
            for _ in 0..=MAX_LEFT {
                let other = table.insert(Inherited::default()).unwrap();
                table.leave(other.get(), reading);
            }
        };
        table.leave(number, 0);
        again(&mut table, number);
        table.leave(number, 8);
        others(&mut table, 9);
        assert!(
            table.entries.contains_key(&number),
            "its spans of reading 8 were not read yet"
        );
        assert_eq!(table.left.len(), MAX_LEFT + 2, "one place an entry");

        // Taken up while the others push it out of the queue.
        again(&mut table, number);
        others(&mut table, 20);
        others(&mut table, 30);
        assert!(table.entries.contains_key(&number), "it is held");
        table.leave(number, 31);
        others(&mut table, 40);
        others(&mut table, 50);
        assert!(!table.entries.contains_key(&number));
        assert_eq!(table.entries.len(), table.left.len());
    }
}
