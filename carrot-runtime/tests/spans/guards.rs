//! Guards, and what is current when they are left in any order.

use carrot_runtime::testing::capture;
use carrot_runtime::{Span, current};

use crate::{INNER, OTHER, OUTER, step};

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
