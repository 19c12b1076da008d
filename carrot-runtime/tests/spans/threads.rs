//! Threads that come and go.

use std::cell::RefCell;

use carrot_runtime::testing::capture;
use carrot_runtime::{FnInCurrentTrace, InCurrentTrace, Span, SpanGuard};

use crate::{INNER, OTHER, OUTER, block_on, step};

/// Ends its span, and traces a step in it, when the thread's locals are destroyed.
struct Last(Option<Span>);

impl Drop for Last {
    fn drop(&mut self) {
        let mut span = self.0.take().expect("is dropped once");
        span.attach(|| step(&OTHER, || ()));
        span.output(|value| value.text("at the end"));
        span.end();
    }
}

thread_local! {
    static LAST: RefCell<Vec<Last>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the span until the thread ends.
fn keep(span: Span) {
    LAST.with(|last| last.borrow_mut().push(Last(Some(span))));
}

#[test]
fn spans_end_in_the_destructors_of_thread_locals() {
    // Before ours or after: locals are destroyed in an order that depends on their first use.
    for touched_first in [true, false] {
        let traces = capture(|| {
            let root = Span::open(&OUTER);
            let inside = root.attach(|| {
                async move {
                    if touched_first {
                        LAST.with(|_| ());
                    }
                    keep(Span::open(&INNER));
                    step(&OTHER, || ());
                }
                .in_current_trace()
            });
            std::thread::spawn(|| block_on(inside)).join().unwrap();
            root.end();
        });
        let inner = traces.find("inner").unwrap();
        assert_eq!((inner.status(), inner.children().len()), ("success", 1));
        assert_eq!(*inner.output(), "at the end");
        assert_eq!(traces.roots().len(), 1);
        assert_eq!(traces.spans().count(), 4);
    }
}

#[test]
fn guards_nest_in_the_destructors_of_thread_locals() {
    struct Kept(SpanGuard);
    impl Drop for Kept {
        fn drop(&mut self) {
            let handle = *self.0;
            handle.run(|| {
                let other = Span::open(&OTHER).enter();
                let named = Span::open(&INNER).enter().session("s");
                step(&OTHER, || ());
                drop(named);
                step(&INNER, || ());
                drop(other);
                step(&INNER, || ());
            });
        }
    }
    thread_local! {
        static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    }
    // Before ours or after.
    for touched_first in [true, false] {
        let traces = capture(|| {
            let work = move || {
                if touched_first {
                    KEPT.with(|_| ());
                }
                let guard = Span::open(&OUTER).enter();
                KEPT.with(|kept| kept.borrow_mut().push(Kept(guard)));
            };
            std::thread::spawn(work.in_current_trace()).join().unwrap();
        });
        assert_eq!(
            traces.render(),
            "outer\n├─ other\n│  ├─ inner\n│  │  └─ other\n│  └─ inner\n└─ inner\n"
        );
        let others = traces.find_all("other");
        let sessions: Vec<_> = others.iter().map(|other| other.session()).collect();
        assert_eq!(sessions, [None, Some("s")]);
    }
}

/// A thread's chunk is 64 KiB; given back, it serves the next thread.
#[cfg(target_os = "linux")]
#[test]
fn short_lived_threads_give_their_memory_back() {
    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
    let round = || {
        for _ in 0..200 {
            let trace = || capture(|| step(&OUTER, || ()));
            assert_eq!(std::thread::spawn(trace).join().unwrap().spans().count(), 1);
        }
    };
    round();
    let before = resident_kib();
    (0..10).for_each(|_| round());
    let grown = resident_kib().saturating_sub(before);
    // 2,000 chunks would be 128,000 KiB; the tests beside this one use some.
    assert!(grown < 64_000, "{grown} KiB");
}
