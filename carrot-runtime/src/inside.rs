//! Running things inside a context: what every scope that can be entered does with `run` and `scope`.

use crate::context::Ctx;
use crate::inherit::{Entry, Inherited};
use crate::{InTrace, line};

/// A context to run things in, and what it inherits.
pub(crate) struct Inside {
    ctx: Ctx,
    _entry: Option<Entry>,
}

impl Inside {
    /// The context that is current.
    pub(crate) fn here() -> Inside {
        Inside {
            ctx: line::current(),
            _entry: None,
        }
    }

    /// The context that is current, with a change of what it hands down.
    pub(crate) fn changed(change: impl FnOnce(&mut Inherited)) -> Inside {
        Inside::of(line::current(), change)
    }

    /// Another context, with a change of what the current one hands down. Where the table is full the change is left out.
    pub(crate) fn of(ctx: Ctx, change: impl FnOnce(&mut Inherited)) -> Inside {
        match Entry::below(line::current(), change) {
            Some(entry) => Inside {
                ctx: ctx.inheriting(entry.number()),
                _entry: Some(entry),
            },
            None => Inside::here(),
        }
    }

    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        line::with(self.ctx, f)
    }

    pub(crate) fn scope<F: Future>(self, future: F) -> InTrace<F> {
        InTrace::new(self.ctx, future)
    }
}
