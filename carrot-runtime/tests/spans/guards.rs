//! Guards, and what is current when they are left in any order.

use carrot_runtime::testing::capture;
use carrot_runtime::{Span, current, session};
use futures_util::future::join;

use crate::{INNER, OTHER, OUTER, after, block_on, step};

#[test]
fn guards_nest() {
    let traces = capture(|| {
        let _outer = Span::open(&OUTER).enter();
        {
            let _inner = Span::open(&INNER).enter();
            step(&OTHER, || ());
        }
        step(&OTHER, || ());
    });
    assert_eq!(traces.render(), "outer\n├─ inner\n│  └─ other\n└─ other\n");
}

#[test]
fn guards_dropped_out_of_order_leave_nothing_current() {
    let traces = capture(|| {
        let first = Span::open(&OUTER).enter();
        let second = Span::open(&INNER).enter();
        let third = Span::open(&INNER).enter();
        drop(first);
        drop(second);
        let inside_third = current().id();
        assert!(inside_third.is_some());
        drop(third);
        assert_eq!(current().id(), None, "an ended span is current");
        step(&OTHER, || ());
    });
    assert_eq!(traces.render(), "outer\n└─ inner\n   └─ inner\nother\n");
}

#[test]
fn a_guard_that_left_early_does_not_end_those_above_it() {
    capture(|| {
        let root = Span::open(&OUTER).enter();
        let left = Span::open(&INNER).enter();
        let above = Span::open(&INNER).enter();
        let id = current().id();
        drop(left);
        assert_eq!(current().id(), id);
        drop(above);
        let below = current().id().expect("the root is open");
        assert_ne!(Some(below), id);
        step(&OTHER, || assert_ne!(current().id(), Some(below)));
        assert_eq!(current().id(), Some(below));
        drop(root);
        assert_eq!(current().id(), None);
    });
}

#[test]
fn many_forgotten_guards_do_no_harm() {
    let traces = capture(|| {
        for _ in 0..1_000 {
            let first = Span::open(&OUTER).enter();
            let second = Span::open(&INNER).enter();
            drop(first);
            std::mem::forget(second);
        }
    });
    // What was forgotten is open for ever, and nothing was said of it.
    assert_eq!(traces.spans().count(), 1_000);
    assert_eq!(current().id(), None);
}

#[test]
fn many_guards_may_be_dropped_first_in_first_out() {
    for count in [100, 5_000] {
        let traces = capture(|| {
            let guards: Vec<_> = (0..count).map(|_| Span::open(&INNER).enter()).collect();
            drop(guards);
            assert_eq!(current().id(), None, "of {count} guards one is current");
            step(&OTHER, || ());
        });
        assert_eq!(traces.roots().len(), 2);
    }
}

#[test]
fn a_scope_lets_go_of_the_guards_forgotten_in_it() {
    capture(|| {
        let outer = Span::open(&OUTER).enter();
        step(&OTHER, || {
            for _ in 0..3_000 {
                std::mem::forget(Span::open(&INNER).enter());
            }
            let inside = current().id();
            step(&OTHER, || assert_ne!(current().id(), inside));
            assert_eq!(current().id(), inside);
        });
        assert_eq!(current().id(), outer.id());
    });
}

#[test]
fn a_guard_may_be_dropped_inside_any_scope() {
    let traces = capture(|| {
        let guard = Span::open(&OUTER).enter();
        step(&INNER, || drop(guard));
        assert_eq!(current().id(), None, "after a call");

        let guard = Span::open(&OUTER).enter();
        step(&INNER, || step(&INNER, || drop(guard)));
        assert_eq!(current().id(), None, "after a call in a call");

        let guard = Span::open(&OUTER).enter();
        session("s").run(|| drop(guard));
        assert_eq!(current().id(), None, "after a session");

        let guard = Span::open(&OUTER).enter();
        let handle = *guard;
        handle.run(|| {
            drop(guard);
            assert_eq!(current().id(), handle.id(), "the scope is still in it");
        });
        assert_eq!(current().id(), None, "after its own handle");

        let guard = Span::open(&OUTER).enter();
        let run = Span::open(&INNER).enter();
        run.run(|| drop(guard));
        assert_eq!(current().id(), None, "after another guard's run");
        step(&OTHER, || ());
    });
    assert_eq!(traces.roots().len(), 6);
}

#[test]
fn guards_dropped_inside_a_scope_leave_those_below_them_current() {
    capture(|| {
        let outer = Span::open(&OUTER).enter();
        let first = Span::open(&INNER).enter();
        let second = Span::open(&INNER).enter();
        step(&OTHER, || {
            drop(first);
            step(&OTHER, || drop(second));
        });
        assert_eq!(current().id(), outer.id());
    });
}

#[test]
fn a_guard_that_leaves_its_scope_is_not_current_any_more() {
    let traces = capture(|| {
        let guard = step(&OUTER, || Span::open(&INNER).enter());
        assert_eq!(current().id(), None);
        let root = Span::open(&OTHER).enter();
        step(&OUTER, || {
            let inside = current().id();
            drop(guard);
            assert_eq!(current().id(), inside);
        });
        assert_eq!(current().id(), root.id());
    });
    assert_eq!(traces.render(), "outer\n└─ inner\nother\n└─ outer\n");
}

#[test]
fn a_guard_below_another_may_get_a_session() {
    let traces = capture(|| {
        let outer = Span::open(&OUTER).enter();
        let inner = Span::open(&INNER).enter();
        let outer = outer.session("s").user("u");
        drop(inner);
        assert_eq!(current().id(), outer.id());
        step(&OTHER, || ());
        drop(outer);
        assert_eq!(current().id(), None);
        let outer = Span::open(&OUTER).enter();
        let outer = step(&INNER, || outer.session("t"));
        step(&OTHER, || ());
        drop(outer);
        assert_eq!(current().id(), None);
    });
    let others = traces.records().iter();
    let others = others.filter(|record| record.name.as_deref() == Some("other"));
    let sessions: Vec<_> = others.map(|other| other.session_id.as_deref()).collect();
    assert_eq!(sessions, [Some("s"), Some("t")]);
}

/// Two tasks take turns on one thread, and each holds a guard meanwhile.
#[test]
fn guards_held_across_an_await_do_no_harm() {
    let hold = |polls| async move {
        let guard = Span::open(&INNER).enter();
        after(polls).await;
        drop(guard);
        after(2).await;
    };
    let traced = |polls| Span::open(&OUTER).scope(hold(polls), |_, _| {});
    let traces = capture(|| {
        for polls in [1, 2, 3] {
            block_on(join(hold(2), hold(polls)));
            assert_eq!(current().id(), None, "without a span around");
            block_on(join(traced(2), traced(polls)));
            assert_eq!(current().id(), None, "in spans");
        }
        step(&OTHER, || ());
    });
    let roots = traces.roots().iter().map(|root| root.name());
    assert_eq!(roots.filter(|name| *name == "other").count(), 1);
}

#[test]
fn a_panic_ends_every_open_guard_as_an_error() {
    let traces = capture(|| {
        let caught = std::panic::catch_unwind(|| {
            let _outer = Span::open(&OUTER).enter();
            let _inner = Span::open(&INNER).enter();
            panic!("on purpose");
        });
        assert!(caught.is_err());
        assert_eq!(current().id(), None);
        step(&OTHER, || ());
    });
    assert_eq!(
        traces.find("outer").map(|span| span.status()),
        Some("error")
    );
    assert_eq!(
        traces.find("inner").map(|span| span.status()),
        Some("error")
    );
    assert_eq!(traces.roots().len(), 2);
}

#[test]
fn a_panic_in_a_call_is_recorded_and_goes_on() {
    let traces = capture(|| {
        let caught = std::panic::catch_unwind(|| {
            step(&OUTER, || {
                step(&INNER, || panic!("a {}", std::hint::black_box(1)))
            })
        });
        let message = caught.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(*message, "a 1");
    });
    for span in traces.spans() {
        let error = span.error().expect("an error");
        assert_eq!(
            (error.kind.as_str(), error.message.as_str()),
            ("panic", "a 1")
        );
    }
    assert_eq!(traces.spans().count(), 2);
}

#[test]
fn a_span_can_end_after_its_root_and_is_its_late_child() {
    let mut late = None;
    let traces = capture(|| {
        step(&OUTER, || late = Some(Span::open(&INNER)));
        let mut late = late.take().expect("was opened");
        late.output(|value| value.text("late"));
        late.end();
    });
    assert_eq!(traces.render(), "outer\n└─ inner\n");
    assert_eq!(*traces.find("inner").unwrap().output(), "late");
}
