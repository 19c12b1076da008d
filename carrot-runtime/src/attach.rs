//! The seam for the crates that watch model calls: what a call finds where it is made.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::budget::Ledger;
use crate::inherit::{self, Inherited};
use crate::inside::Inside;
use crate::{InTrace, Span, line, state};

/// A value of another crate that contexts hand down.
#[derive(Clone)]
pub(crate) struct Attached(Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attached(…)")
    }
}

impl Attached {
    fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.clone().downcast().ok()
    }
}

/// Hands a value down to all that is done inside, whether it is traced or not. A context holds one at a time: `value` is told of
/// the one before it, if that is of the same type.
pub fn attach<T: Any + Send + Sync>(
    value: impl Fn(Option<Arc<T>>) -> T + Send + Sync + 'static,
) -> WithAttached {
    WithAttached(Arc::new(move |before| {
        Attached(Arc::new(value(before.and_then(Attached::get))))
    }))
}

/// Makes the value from the one before it.
type Make = dyn Fn(Option<&Attached>) -> Attached + Send + Sync;

/// A value to hand down; see [`attach`].
#[derive(Clone)]
#[must_use = "it is handed down in `run` and `scope`"]
pub struct WithAttached(Arc<Make>);

impl fmt::Debug for WithAttached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithAttached(…)")
    }
}

impl WithAttached {
    /// Runs `f` with it.
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.inside().run(f)
    }

    /// Runs a future with it, wherever it is polled. The span that is current now goes along.
    pub fn scope<F: Future>(self, future: F) -> InTrace<F> {
        self.inside().scope(future)
    }

    fn inside(self) -> Inside {
        Inside::changed(move |inherited| {
            inherited.attached = Some((self.0)(inherited.attached.as_ref()));
        })
    }
}

/// What a model call finds where it is made.
#[derive(Clone, Debug, Default)]
pub struct Surroundings(Option<Arc<Inherited>>);

impl Surroundings {
    /// Those of a span; where nothing is recorded, those of what is current.
    pub fn of(span: &Span) -> Surroundings {
        if !state::BUILT_IN {
            return Surroundings(None);
        }
        let ctx = match span.is_recording() {
            true => span.ctx(),
            false => line::current(),
        };
        Surroundings(inherit::of(ctx))
    }

    /// What it may spend.
    pub fn budget(&self) -> Option<&Arc<Ledger>> {
        self.0.as_ref()?.budget.as_ref()
    }

    /// Whether its whole exchange is to be kept in its record.
    pub fn keeps_exchanges(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.keeps_exchanges)
    }

    /// What was [attached](attach), if it is of this type.
    pub fn attached<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.as_ref()?.attached.as_ref()?.get()
    }
}

/// Whether nobody would look at a model call that is made here: tracing is off, and nothing was handed down.
pub fn nobody_looks() -> bool {
    state::is_off() && line::current().inherited() == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{span, testing};

    fn here() -> Option<u32> {
        Surroundings::of(&Span::none())
            .attached::<u32>()
            .map(|it| *it)
    }

    #[test]
    fn what_is_attached_reaches_what_is_below() {
        let (below, _) = testing::capture_returned(|| {
            let both = attach(|before: Option<Arc<u32>>| before.map_or(1, |it| *it + 1));
            both.run(|| {
                let _span = span("s");
                let inner = attach(|before: Option<Arc<u32>>| before.map_or(1, |it| *it + 1));
                (here(), inner.run(here), here())
            })
        });
        assert_eq!(below, (Some(1), Some(2), Some(1)));
        assert_eq!(here(), None);
        let text = attach(|_: Option<Arc<String>>| String::new());
        assert_eq!(text.run(here), None, "it is of another type");
    }
}
