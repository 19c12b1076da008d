//! Random programs of guards and scopes, beside a model of what is current.

use carrot_runtime::testing::capture;
use carrot_runtime::{Span, SpanGuard, current, session};
use carrot_wire::RecordId;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{INNER, OUTER, step};

/// What is done next. Numbers choose one of the guards made so far, dropped or not.
#[derive(Debug, Clone)]
enum Do {
    Enter,
    Drop(usize),
    Forget(usize),
    Session(usize),
    /// In a call that is traced.
    Call(Vec<Do>),
    /// In the guard's own call, which ends it.
    Run(usize, Vec<Do>),
    /// In the handle of a guard.
    Handle(usize, Vec<Do>),
    InSession(Vec<Do>),
}

fn program() -> impl Strategy<Value = Vec<Do>> {
    let at = 0usize..8;
    let leaf = prop_oneof![
        3 => Just(Do::Enter),
        3 => at.clone().prop_map(Do::Drop),
        1 => at.clone().prop_map(Do::Forget),
        1 => at.clone().prop_map(Do::Session),
    ];
    let step = leaf.prop_recursive(4, 40, 6, move |inner| {
        let steps = || vec(inner.clone(), 0..6);
        prop_oneof![
            4 => inner.clone(),
            1 => steps().prop_map(Do::Call),
            1 => (at.clone(), steps()).prop_map(|(at, steps)| Do::Run(at, steps)),
            1 => (at.clone(), steps()).prop_map(|(at, steps)| Do::Handle(at, steps)),
            1 => steps().prop_map(Do::InSession),
        ]
    });
    vec(step, 0..24)
}

/// What can be current.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    id: Option<RecordId>,
    session: Option<String>,
    /// None for a scope.
    guard: Option<usize>,
}

struct Held {
    guard: Option<SpanGuard>,
    place: Place,
    /// A second session would be that of the spans before, too, which may not be assembled yet.
    has_session: bool,
}

/// One pile of guards and scopes. Who enters comes on top; a guard is taken out wherever it lies; a scope that is left
/// takes along all that lies on it. What is current is the top, and a scope stays what it began as.
struct World {
    guards: Vec<Held>,
    pile: Vec<Place>,
    /// The session that each span should have that was opened to look.
    looks: Vec<Option<String>>,
    sessions: usize,
}

impl World {
    fn top(&self) -> Place {
        self.pile.last().cloned().expect("the outermost scope")
    }

    fn look(&mut self) {
        let top = self.top();
        assert_eq!(current().id(), top.id, "{:#?}", self.pile);
        drop(carrot_runtime::span(&format!("look {}", self.looks.len())));
        self.looks.push(top.session);
    }

    fn name_session(&mut self) -> String {
        self.sessions += 1;
        format!("session {}", self.sessions)
    }

    /// Takes a guard that is still held.
    fn take(&mut self, at: usize) -> Option<(SpanGuard, Place)> {
        let held = self.guards.get_mut(at)?;
        Some((held.guard.take()?, held.place.clone()))
    }

    fn take_out(&mut self, at: usize) {
        self.pile.retain(|place| place.guard != Some(at));
    }

    fn inside(&mut self, place: Place, steps: Vec<Do>) {
        self.pile.push(Place {
            guard: None,
            ..place
        });
        self.run(steps);
        let scope = self.pile.iter().rposition(|place| place.guard.is_none());
        self.pile.truncate(scope.expect("was put there"));
    }

    fn run(&mut self, steps: Vec<Do>) {
        self.look();
        for step in steps {
            self.step(step);
            self.look();
        }
    }

    fn step(&mut self, next: Do) {
        match next {
            Do::Enter => {
                let guard = Span::open(&OUTER).enter();
                let place = Place {
                    id: guard.id(),
                    guard: Some(self.guards.len()),
                    ..self.top()
                };
                self.pile.push(place.clone());
                self.guards.push(Held {
                    guard: Some(guard),
                    place,
                    has_session: false,
                });
            }
            Do::Drop(at) => {
                if let Some((guard, _)) = self.take(at) {
                    drop(guard);
                    self.take_out(at);
                }
            }
            Do::Forget(at) => {
                if let Some((guard, _)) = self.take(at) {
                    std::mem::forget(guard);
                }
            }
            Do::Session(at) => {
                let name = self.name_session();
                let held = self.guards.get_mut(at).filter(|held| !held.has_session);
                if let Some(held) = held
                    && let Some(guard) = held.guard.take()
                {
                    held.guard = Some(guard.session(&name));
                    held.place.session = Some(name);
                    held.has_session = true;
                    let mut pile = self.pile.iter_mut();
                    if let Some(place) = pile.find(|place| place.guard == Some(at)) {
                        place.clone_from(&held.place);
                    }
                }
            }
            Do::Call(steps) => {
                let session = self.top().session;
                step(&INNER, || {
                    let id = current().id();
                    self.inside(
                        Place {
                            id,
                            session,
                            guard: None,
                        },
                        steps,
                    );
                });
            }
            Do::Run(at, steps) => {
                if let Some((guard, place)) = self.take(at) {
                    self.take_out(at);
                    guard.run(|| self.inside(place, steps));
                }
            }
            Do::Handle(at, steps) => {
                if let Some(held) = self.guards.get(at)
                    && let Some(guard) = &held.guard
                {
                    let (handle, place) = (**guard, held.place.clone());
                    handle.run(|| self.inside(place, steps));
                }
            }
            Do::InSession(steps) => {
                let name = self.name_session();
                let place = Place {
                    session: Some(name.clone()),
                    ..self.top()
                };
                session(&name).run(|| self.inside(place, steps));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_current_is_the_innermost_that_is_open(steps in program()) {
        let nowhere = Place { id: None, session: None, guard: None };
        let mut world = World { guards: Vec::new(), pile: vec![nowhere], looks: Vec::new(), sessions: 0 };
        let traces = capture(|| {
            world.run(steps);
            for at in 0..world.guards.len() {
                world.step(Do::Drop(at));
                world.look();
            }
        });
        for (number, session) in world.looks.iter().enumerate() {
            let look = traces.find(&format!("look {number}")).expect("was opened");
            assert_eq!(look.session(), session.as_deref(), "look {number}");
        }
        assert_eq!(current().id(), None);
    }
}
