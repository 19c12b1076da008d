//! Running things inside a context: what every scope that can be entered does with `run` and `scope`.

use std::fmt;

use crate::context::Ctx;
use crate::inherit::{self, Entry, Inherited};
use crate::{InTrace, line};

/// A change of what is handed down.
type Change = Box<dyn FnOnce(&mut Inherited) + Send + Sync>;

/// A scope that was not entered yet.
pub(crate) struct Inside {
    /// The context in which it was made, and what that hands down.
    made: Ctx,
    held: Option<Entry>,
    /// Where to be instead.
    place: Option<Ctx>,
    change: Option<Change>,
}

impl Inside {
    /// The context that is current.
    pub(crate) fn here() -> Inside {
        let made = line::current();
        Inside {
            made,
            held: Entry::of(made),
            place: None,
            change: None,
        }
    }

    /// The context that is current, with a change of what it hands down.
    pub(crate) fn changed(change: impl FnOnce(&mut Inherited) + Send + Sync + 'static) -> Inside {
        Inside {
            change: Some(Box::new(change)),
            ..Inside::here()
        }
    }

    /// Another context, with a change of what the current one hands down.
    pub(crate) fn at(
        place: Ctx,
        change: impl FnOnce(&mut Inherited) + Send + Sync + 'static,
    ) -> Inside {
        Inside {
            place: Some(place),
            ..Inside::changed(change)
        }
    }

    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        let (ctx, _entry) = self.enter();
        line::with(ctx, f)
    }

    pub(crate) fn scope<F: Future>(self, future: F) -> InTrace<F> {
        InTrace::inside(self, future)
    }

    /// The context in which it was made.
    pub(crate) fn made(&self) -> Ctx {
        self.made
    }

    /// The context that it comes to, entered here. Polled where it was made, or in a scope there, it is inside of that scope
    /// too: `replay.scope(budget.scope(future))`. Taken elsewhere, as to a task, it is where it was made.
    pub(crate) fn enter(self) -> (Ctx, Option<Entry>) {
        let here = line::current();
        let is_somewhere = here.span != 0 || here.inherited() != 0 || here.client != 0;
        let is_here = (here.trace, here.span) == (self.made.trace, self.made.span);
        let (at, above) = match is_somewhere && (is_here || self.made.span == 0) {
            true => (here, handed_down(here).or(handed_down(self.made))),
            false => (self.made, handed_down(self.made)),
        };
        let at = self.place.unwrap_or(at);
        let Some(change) = self.change else {
            return (at, Entry::of(at));
        };
        let mut inherited = above;
        change(&mut inherited);
        // Where the table is full the change is left out.
        match Entry::holding(inherited) {
            Some(entry) => (at.inheriting(entry.number()), Some(entry)),
            None => (at, None),
        }
    }
}

fn handed_down(ctx: Ctx) -> Inherited {
    inherit::of(ctx).map_or_else(Inherited::default, |it| (*it).clone())
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inside")
            .field("made", &self.made)
            .field("held", &self.held)
            .field("place", &self.place)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use crate::{Span, Surroundings, budget, session, span, testing};

    fn steps_left() -> usize {
        let budget = Surroundings::of(&Span::none()).budget().cloned();
        let steps = std::iter::from_fn(|| budget.as_ref()?.begin_step().ok());
        steps.take(100).count()
    }

    #[test]
    fn scopes_that_are_given_to_each_other_all_hold() {
        let user = |name: &'static str| async move { drop(span(name)) };
        let traces = testing::capture_async(async {
            let _root = span("root");
            let inner = session("s").scope(crate::user("u").scope(user("both")));
            budget().max_steps(3).scope(inner).await;
            let left = session("t").scope(async { steps_left() });
            assert_eq!(budget().max_steps(2).scope(left).await, 2);
            let one = budget().max_steps(1).scope(async { steps_left() });
            assert_eq!(budget().max_steps(5).scope(one).await, 1);
        })
        .now_or_never()
        .unwrap();
        let mut records = traces.records().iter();
        let both = records
            .rfind(|it| it.name.as_deref() == Some("both"))
            .unwrap();
        assert_eq!(both.session_id.as_deref(), Some("s"));
        assert_eq!(both.user_id.as_deref(), Some("u"));
    }

    #[test]
    fn a_scope_that_is_taken_elsewhere_stays_where_it_was_made() {
        let traces = testing::capture(|| {
            let outer = span("outer");
            let made = budget().max_steps(4).run(|| {
                session("s").scope(async {
                    drop(span("inside"));
                    steps_left()
                })
            });
            let polled = std::thread::spawn(|| made.now_or_never().unwrap());
            assert_eq!(polled.join().unwrap(), 4);
            drop(outer);
        });
        assert_eq!(traces.render(), "outer\n└─ inside\n");
    }

    #[test]
    fn a_scope_that_is_made_outside_of_every_span_is_where_it_is_polled() {
        let scope = session("s").scope(async { drop(span("inside")) });
        let traces = testing::capture(|| {
            let _outer = span("outer");
            scope.now_or_never().unwrap();
        });
        assert_eq!(traces.render(), "outer\n└─ inside\n");
    }

    #[test]
    fn a_span_that_was_opened_for_a_scopes_future_is_in_the_scope() {
        let work = span("work").scope(async { steps_left() });
        assert_eq!(budget().max_steps(7).scope(work).now_or_never(), Some(7));
        let traces = testing::capture(|| {
            let outer = span("outer");
            let work = span("work").session("mine").scope(async { steps_left() });
            let work = session("theirs").user("u").scope(work);
            let left = budget().max_steps(2).scope(work).now_or_never();
            assert_eq!(left, Some(2));
            drop(outer);
        });
        let mut records = traces.records().iter();
        let work = records
            .rfind(|it| it.name.as_deref() == Some("work"))
            .unwrap();
        assert_eq!(work.session_id.as_deref(), Some("mine"));
        assert_eq!(work.user_id.as_deref(), Some("u"));
    }
}
