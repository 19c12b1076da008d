//! Spans, events and sessions by the functions that users call.

use super::*;

pub(crate) fn carrot() {
    let _root = carrot_ai::span("root");
    for n in 0..CHILDREN {
        let _step = carrot_ai::span("step");
        black_box(work(n));
    }
}

pub(crate) fn fastrace() {
    let root = fastrace::Span::root("root", SpanContext::random());
    let _root = root.set_local_parent();
    for n in 0..CHILDREN {
        let _step = LocalSpan::enter_with_local_parent("step");
        black_box(work(n));
    }
}

pub(crate) fn event() {
    let _root = carrot_ai::span("root");
    for n in 0..CHILDREN {
        carrot_ai::event("step", &work(n));
    }
}

/// fastrace keeps properties as strings.
pub(crate) fn fastrace_event() {
    let root = fastrace::Span::root("root", SpanContext::random());
    let _root = root.set_local_parent();
    for n in 0..CHILDREN {
        let n = work(n);
        LocalSpan::add_event(Event::new("step").with_property(|| ("data", n.to_string())));
    }
}

/// A session with one root, as often as there are spans in a tree.
pub(crate) fn session() {
    for n in 0..=CHILDREN {
        carrot_ai::session("s").run(|| {
            let _root = carrot_ai::span("root");
            black_box(work(n));
        });
    }
}
