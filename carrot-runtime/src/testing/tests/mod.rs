mod scopes;
mod trees;

use super::*;
use crate::{InCurrentTrace, Site};

fn step<R>(name: &'static Site, body: impl FnOnce() -> R) -> R {
    crate::Span::open(name).run(body, |_, _| {})
}

static OUTER: Site = Site::new("outer");
static INNER: Site = Site::new("inner");

#[test]
fn a_capture_sees_its_own_spans_alone() {
    let traces = capture(|| {
        step(&OUTER, || {
            let other = std::thread::spawn(|| capture(|| step(&INNER, || ())));
            assert_eq!(other.join().unwrap().render(), "inner\n");
            step(&INNER, || ());
        });
    });
    assert_eq!(traces.render(), "outer\n└─ inner\n");
}

#[test]
fn spans_follow_threads_they_are_taken_to() {
    let traces = capture(|| {
        step(&OUTER, || {
            let task = async { step(&INNER, || ()) }.in_current_trace();
            let waker = std::task::Waker::noop();
            std::thread::spawn(move || {
                let mut task = std::pin::pin!(task);
                assert!(
                    task.as_mut()
                        .poll(&mut std::task::Context::from_waker(waker))
                        .is_ready()
                );
            })
            .join()
            .unwrap();
        });
    });
    assert_eq!(traces.render(), "outer\n└─ inner\n");
}

#[test]
fn ten_thousand_levels_and_a_hundred_thousand_spans_all_arrive() {
    fn nest(levels: usize) {
        if levels > 0 {
            let span = crate::Span::open(&INNER);
            let deeper = || nest(levels - 1);
            span.attach(deeper);
            span.end();
        }
    }
    let deep = std::thread::Builder::new().stack_size(64 * 1024 * 1024);
    let deep = deep
        .spawn(|| capture(|| nest(10_000)))
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(deep.spans().count(), 10_000);
    let wide = capture(|| step(&OUTER, || (0..100_000).for_each(|_| step(&INNER, || ()))));
    assert_eq!(wide.roots()[0].children().len(), 100_000);
}

#[test]
fn what_is_open_is_running_and_what_is_dropped_is_cancelled() {
    let mut kept = None;
    let traces = capture(|| {
        kept = Some(crate::Span::open(&OUTER));
        drop(crate::Span::open(&INNER));
    });
    assert_eq!(traces.find("outer").unwrap().status(), "running");
    assert_eq!(traces.find("inner").unwrap().status(), "cancelled");
    drop(kept);
}
