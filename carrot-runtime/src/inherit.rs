//! What spans take over from the scope they are opened in: session, user, agent, and what came with a
//! remote parent.
//!
//! A context carries only the number of an [`Inherited`]; the assembler asks for it when it meets the span's
//! end. So a scope costs one entry in a table, and its spans cost nothing. A task may go on after
//! its scope: entries that were left are kept for a while.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use carrot_wire::trace_context::TraceState;

use crate::context::{Ctx, INHERITED};

/// So many entries are kept after their scope was left, for spans that end later.
const MAX_LEFT: usize = 16_384;
/// Numbers have the bits that a context has for them.
const MAX_NUMBER: u32 = (1 << (32 - INHERITED)) - 1;

/// What every span below takes over.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Inherited {
    pub(crate) session: Option<Arc<str>>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) agent: Option<Agent>,
    pub(crate) remote: Option<Remote>,
}

/// What came with a parent in another process, to be passed on.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Agent {
    pub(crate) name: Arc<str>,
    pub(crate) role: Option<Arc<str>>,
    /// The agent that it works for.
    pub(crate) parent: Option<Arc<str>>,
}

#[derive(Default)]
struct Table {
    entries: HashMap<u32, Arc<Inherited>>,
    /// Numbers whose scope was left, the oldest first.
    left: VecDeque<u32>,
    newest: u32,
}

fn table() -> MutexGuard<'static, Table> {
    static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the spans of a context take over.
pub(crate) fn of(ctx: Ctx) -> Option<Arc<Inherited>> {
    by_number(ctx.inherited())
}

pub(crate) fn by_number(number: u32) -> Option<Arc<Inherited>> {
    if number == 0 {
        return None;
    }
    table().entries.get(&number).cloned()
}

/// An entry of the table, until it is dropped.
#[derive(Debug)]
pub(crate) struct Entry(NonZeroU32);

impl Entry {
    /// What `outer` hands down, changed.
    pub(crate) fn below(outer: Ctx, change: impl FnOnce(&mut Inherited)) -> Entry {
        let mut table = table();
        let mut inherited = table
            .entries
            .get(&outer.inherited())
            .map(|outer| Inherited::clone(outer))
            .unwrap_or_default();
        change(&mut inherited);
        // A number comes again after 16 million others; a scope may be open that long.
        let number = loop {
            table.newest = table.newest % MAX_NUMBER + 1;
            match NonZeroU32::new(table.newest) {
                Some(number) if !table.entries.contains_key(&number.get()) => break number,
                _ => {}
            }
        };
        table.entries.insert(number.get(), Arc::new(inherited));
        Entry(number)
    }

    /// Changes it, for the spans that end from now on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Inherited)) {
        if let Some(inherited) = table().entries.get_mut(&self.number()) {
            change(Arc::make_mut(inherited));
        }
    }

    pub(crate) fn number(&self) -> u32 {
        self.0.get()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut table = table();
        table.left.push_back(self.number());
        if table.left.len() > MAX_LEFT
            && let Some(oldest) = table.left.pop_front()
        {
            table.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_nest_and_outlive_their_scope_for_a_while() {
        let outer = Entry::below(Ctx::NONE, |inherited| inherited.session = Some("s".into()));
        let ctx = Ctx::NONE.inheriting(outer.number());
        let inner = Entry::below(ctx, |inherited| inherited.user = Some("u".into()));
        drop(outer);
        let both = by_number(inner.number()).unwrap();
        assert_eq!(
            (both.session.as_deref(), both.user.as_deref()),
            (Some("s"), Some("u"))
        );
        assert!(of(ctx).is_some_and(|left| left.user.is_none()));
        assert_eq!(of(Ctx::NONE), None);
    }

    #[test]
    fn what_was_left_long_ago_is_forgotten() {
        let first = Entry::below(Ctx::NONE, |_| {});
        let open = Entry::below(Ctx::NONE, |_| {});
        let number = first.number();
        drop(first);
        for _ in 0..=MAX_LEFT {
            drop(Entry::below(Ctx::NONE, |_| {}));
        }
        assert_eq!(by_number(number), None);
        assert!(by_number(open.number()).is_some());
    }
}
