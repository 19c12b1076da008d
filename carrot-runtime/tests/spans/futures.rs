//! Spans of futures: polled anywhere, together, once, never, or after a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use carrot_runtime::testing::{capture, capture_async};
use carrot_runtime::{InCurrentTrace, Span, current};

use crate::{INNER, OTHER, OUTER, after, block_on, step};

type Boxed<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A span around a future.
fn scope<'a>(
    site: &'static carrot_runtime::Site,
    future: impl Future<Output = ()> + Send + 'a,
) -> Boxed<'a> {
    Box::pin(Span::open(site).scope(future, |_, ()| {}))
}

fn poll(future: &mut Boxed<'_>) -> Poll<()> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_future_that_is_never_polled_is_cancelled_and_a_forgotten_one_runs_for_ever() {
    let traces = capture(|| {
        drop(scope(&INNER, async { unreachable!("is not polled") }));
        let mut forgotten = scope(&OTHER, after(9));
        assert!(poll(&mut forgotten).is_pending());
        std::mem::forget(forgotten);
        assert_eq!(current().id(), None);
    });
    assert_eq!(traces.find("inner").unwrap().status(), "cancelled");
    assert_eq!(traces.find("other").unwrap().status(), "running");
}

#[test]
fn a_future_may_be_polled_by_another_thread_each_time() {
    let traces = capture(|| {
        let mut future = scope(&OUTER, async {
            for _ in 0..5 {
                step(&INNER, || ());
                after(1).await;
            }
        });
        loop {
            let (polled, result) = std::thread::spawn({
                // Leaked, to be sent: threads of a scope would do, if they could give it back.
                let mut future: Boxed<'static> = std::mem::replace(&mut future, Box::pin(async {}));
                move || {
                    let result = poll(&mut future);
                    assert_eq!(current().id(), None);
                    (future, result)
                }
            })
            .join()
            .unwrap();
            future = polled;
            if result.is_ready() {
                break;
            }
        }
    });
    let outer = traces.find("outer").unwrap();
    assert_eq!((outer.children().len(), outer.status()), (5, "success"));
}

#[test]
fn futures_polled_in_turns_keep_their_own_children() {
    let traces = capture(|| {
        let branch = |site| {
            scope(site, async {
                step(&OTHER, || ());
                after(1).await;
                scope(&OTHER, after(2)).await;
            })
        };
        block_on(scope(&OUTER, async {
            let (mut first, mut second) = (branch(&INNER), branch(&INNER));
            let mut done = [false; 2];
            std::future::poll_fn(|context| {
                for (future, done) in [&mut first, &mut second].into_iter().zip(&mut done) {
                    *done = *done || future.as_mut().poll(context).is_ready();
                }
                if done == [true; 2] {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }));
    });
    let outer = traces.find("outer").unwrap();
    assert_eq!(outer.children().len(), 2);
    for branch in outer.children() {
        assert_eq!((branch.name(), branch.children().len()), ("inner", 2));
    }
}

#[tokio::test]
async fn join_select_and_spawned_tasks_have_the_right_parents() {
    let traces = capture_async(async {
        scope(&OUTER, async {
            tokio::join!(
                scope(&INNER, after(3)),
                scope(&INNER, async { step(&OTHER, || ()) })
            );
            tokio::select! {
                biased;
                () = scope(&OTHER, std::future::pending()) => unreachable!("never ready"),
                () = after(1) => {}
            }
            tokio::spawn(scope(&INNER, after(1)).in_current_trace())
                .await
                .unwrap();
        })
        .await;
    })
    .await;
    let outer = traces.find("outer").unwrap();
    let mut children: Vec<_> = outer
        .children()
        .iter()
        .map(|span| (span.name(), span.status()))
        .collect();
    children.sort_unstable();
    assert_eq!(
        children,
        [
            ("inner", "success"),
            ("inner", "success"),
            ("inner", "success"),
            ("other", "cancelled")
        ]
    );
}

#[test]
fn a_cancelled_future_runs_its_destructors_inside_the_span() {
    struct Traced;
    impl Drop for Traced {
        fn drop(&mut self) {
            step(&INNER, || ());
        }
    }
    let traces = capture(|| {
        let mut future = scope(&OUTER, async {
            let _traced = Traced;
            after(9).await;
        });
        assert!(poll(&mut future).is_pending());
        drop(future);
        block_on(scope(&OTHER, async {
            let _traced = Traced;
        }));
    });
    assert_eq!(traces.render().lines().count(), 4, "{}", traces.render());
    assert_eq!(traces.find("outer").unwrap().status(), "cancelled");
    assert_eq!(traces.find("outer").unwrap().children()[0].name(), "inner");
    assert_eq!(traces.find("other").unwrap().children()[0].name(), "inner");
}

#[test]
fn a_panic_in_a_poll_is_recorded_once_and_the_future_may_be_polled_again() {
    let traces = capture(|| {
        let mut polls = 0;
        let mut future: Boxed<'_> = Box::pin(Span::open(&OUTER).scope(
            std::future::poll_fn(move |_| {
                polls += 1;
                step(&INNER, || ());
                assert!(polls != 1, "on purpose");
                Poll::Ready(())
            }),
            |_, ()| unreachable!("the span has ended"),
        ));
        let caught = catch_unwind(AssertUnwindSafe(|| poll(&mut future)));
        assert!(caught.is_err());
        assert_eq!(current().id(), None);
        assert!(poll(&mut future).is_ready());
        assert_eq!(current().id(), None);
    });
    let outer = traces.find("outer").unwrap();
    assert_eq!((outer.status(), outer.children().len()), ("error", 1));
    assert_eq!(outer.error().unwrap().message, "on purpose");
    assert_eq!(traces.roots().len(), 2, "the second poll is outside");
}

#[test]
fn a_child_that_outlives_its_root_is_a_late_child() {
    let traces = capture(|| {
        let mut task = None;
        step(&OUTER, || {
            task = Some(scope(&INNER, async {
                after(1).await;
                step(&OTHER, || ());
            }));
        });
        block_on(task.unwrap());
    });
    assert_eq!(traces.render(), "outer\n└─ inner\n   └─ other\n");
}
