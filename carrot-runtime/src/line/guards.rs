//! The guards of this thread, which may be dropped in any order and in any scope.
//!
//! Scopes ([`with`](super::with)) nest; how many are around is the depth. In each a pile of guards lies on the span that
//! the scope began with. What is current is the top of the innermost pile. A guard that is dropped is taken out of its pile,
//! wherever it lies: the one above it then lies on what was below it. Where none is above it and scopes were begun on it, what
//! is below it is current once they are left. A scope that is left takes its pile along.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use super::{LINE, Line};
use crate::context::Ctx;

/// So many guards lie in a pile. One that is forgotten is never taken out: where there are more, the lowest counts as
/// dropped.
const MAX_PILE: usize = 1024;

struct Guard {
    span: Ctx,
    /// What it lies on.
    below: Ctx,
    depth: u32,
}

struct Guards {
    /// All piles, the outermost first.
    open: VecDeque<Guard>,
    /// By depth, what is current there instead of what the scope above it would put back.
    instead: BTreeMap<u32, Ctx>,
}

thread_local! {
    static GUARDS: RefCell<Guards> = const {
        RefCell::new(Guards { open: VecDeque::new(), instead: BTreeMap::new() })
    };
}

/// Makes a span current until it [leaves](leave); gives what was.
pub(crate) fn enter(span: Ctx) -> Ctx {
    LINE.with(|line| {
        let below = line.current.replace(span);
        let depth = line.depth.get();
        on_guards(line, |guards| {
            guards.open.push_back(Guard { span, below, depth });
            if guards.open.len() > MAX_PILE {
                let lowest = guards.open.partition_point(|guard| guard.depth < depth);
                if guards.open.len() - lowest > MAX_PILE {
                    guards.take_out(line, lowest);
                }
            }
        });
        below
    })
}

/// Takes a span out of its pile. Where the thread's locals are gone guards only nest: then what was current `before` is so
/// again.
pub(crate) fn leave(span: Ctx, before: Ctx) {
    LINE.with(|line| {
        let left = on_guards(line, |guards| {
            if let Some(at) = guards.find(span) {
                guards.take_out(line, at);
            }
        });
        if left.is_none() && is_same(line.current.get(), span) {
            line.current.set(before);
        }
    });
}

/// Lets a span that was entered hand down something else.
pub(crate) fn change(span: Ctx) {
    LINE.with(|line| {
        let changed = on_guards(line, |guards| {
            if let Some(at) = guards.find(span) {
                let depth = guards.open[at].depth;
                guards.put(line, at + 1, depth, span);
            }
        });
        if changed.is_none() && is_same(line.current.get(), span) {
            line.current.set(span);
        }
    });
}

/// After a scope was left: its guards go with it, and what is around it may have changed.
#[cold]
#[inline(never)]
pub(super) fn left_scope(line: &Line) {
    on_guards(line, |guards| {
        let depth = line.depth.get();
        while guards.open.back().is_some_and(|last| last.depth > depth) {
            guards.open.pop_back();
        }
        if let Some(now) = guards.instead.split_off(&depth).get(&depth) {
            line.current.set(*now);
        }
    });
}

/// Does something with the guards, and notes which scope has to look at them when it is left. None where the thread's
/// locals are gone.
fn on_guards<R>(line: &Line, f: impl FnOnce(&mut Guards) -> R) -> Option<R> {
    let done = GUARDS.try_with(|guards| {
        let mut guards = guards.borrow_mut();
        let result = f(&mut guards);
        let innermost = guards.open.back().map_or(0, |guard| guard.depth);
        let changed = guards.instead.last_key_value();
        line.watched
            .set(innermost.max(changed.map_or(0, |(depth, _)| depth + 1)));
        result
    });
    done.ok()
}

impl Guards {
    fn find(&self, span: Ctx) -> Option<usize> {
        self.open
            .iter()
            .rposition(|guard| is_same(guard.span, span))
    }

    fn take_out(&mut self, line: &Line, at: usize) {
        if let Some(Guard { below, depth, .. }) = self.open.remove(at) {
            self.put(line, at, depth, below);
        }
    }

    /// Puts the guard at `at` onto a span; where there is none in the pile of this depth, the span is current there.
    fn put(&mut self, line: &Line, at: usize, depth: u32, span: Ctx) {
        match self.open.get_mut(at) {
            Some(above) if above.depth == depth => above.below = span,
            _ if depth == line.depth.get() => line.current.set(span),
            _ => {
                self.instead.insert(depth, span);
            }
        }
    }
}

/// Whether it is the same span, whatever it hands down.
fn is_same(one: Ctx, other: Ctx) -> bool {
    (one.span, one.trace, one.client) == (other.span, other.trace, other.client)
}
