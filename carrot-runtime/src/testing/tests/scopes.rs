//! What belongs to a capture.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;

use super::{INNER, OUTER, step};
use crate::testing::{capture, capture_async, capture_output, capture_returned};
use crate::{FnInCurrentTrace as _, InCurrentTrace as _};

#[test]
fn a_panic_goes_on_and_leaves_nothing_behind() {
    let panic = catch_unwind(AssertUnwindSafe(|| {
        capture(|| step(&OUTER, || panic!("as it does")))
    }));
    let panic = panic.map(|_| ()).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"as it does"));
    assert!(!crate::line::current().is_open());
    assert_eq!(crate::line::current().client, 0);
    assert_eq!(capture(|| step(&INNER, || ())).render(), "inner\n");
}

#[test]
fn what_was_returned_comes_with_the_traces() {
    let (sum, traces) = capture_returned(|| step(&OUTER, || 1 + 1));
    assert_eq!(sum, 2);
    assert_eq!(traces.render(), "outer\n");
}

/// A task with no span around it makes roots, which belong to the capture too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_and_threads_belong_to_the_capture_they_are_taken_to() {
    let (output, traces) = capture_output(async {
        let task = tokio::spawn(async { step(&INNER, || 7) }.in_current_trace());
        let number = task.await.unwrap();
        step(&OUTER, || {
            tokio::spawn(async move { step(&INNER, || number) }.in_current_trace())
        })
        .await
        .unwrap()
    })
    .await;
    assert_eq!(output, 7);
    assert_eq!(traces.render(), "inner\nouter\n└─ inner\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captures_at_the_same_time_do_not_mix() {
    let one = |wanted: usize| {
        tokio::spawn(async move {
            let traces = capture_async(async {
                for _ in 0..wanted {
                    step(&OUTER, || step(&INNER, || ()));
                    tokio::task::yield_now().await;
                }
            });
            assert_eq!(traces.await.find_all("inner").len(), wanted);
        })
    };
    for task in (1..20).map(one).collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_capture_inside_another_keeps_its_spans_to_itself() {
    let (inside, outside) = capture_output(async {
        let before = async { step(&OUTER, || ()) };
        before.await;
        capture_async(async {
            tokio::task::yield_now().await;
            step(&INNER, || ());
        })
        .await
    })
    .await;
    assert_eq!(
        (inside.render(), outside.render()),
        ("inner\n".into(), "outer\n".into())
    );
}

#[tokio::test]
async fn a_capture_that_is_given_up_leaves_tracing_as_it_was() {
    let capture_given_up = capture_async(async {
        step(&OUTER, || ());
        std::future::pending::<()>().await;
    });
    assert!(capture_given_up.now_or_never().is_none());
    assert_eq!(capture(|| step(&INNER, || ())).render(), "inner\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawned_work_stays_below_its_span() {
    let work = || async {
        let task = crate::spawn(async {
            tokio::task::yield_now().await;
            step(&INNER, || ());
        });
        let blocking = crate::spawn_blocking(|| step(&INNER, || ()));
        let thread = (|| step(&INNER, || ())).in_current_trace();
        std::thread::spawn(thread).join().unwrap();
        task.await.unwrap();
        blocking.await.unwrap();
    };
    let traces = capture_async(async { crate::span("outer").scope(work()).await }).await;
    assert_eq!(traces.render(), "outer\n├─ inner\n├─ inner\n└─ inner\n");
}

/// What the outer test set up is not the inner one's.
#[test]
fn a_capture_begins_outside_of_every_span_and_session() {
    let mut inside = None;
    let outside = capture(|| {
        let _outer = crate::span("outer").session("s");
        inside = Some(capture(|| drop(crate::span("inner"))));
    });
    let inside = inside.unwrap();
    assert_eq!(inside.render(), "inner\n");
    assert_eq!(inside["inner"].session(), None);
    assert_eq!(outside.render(), "outer\n");
}

#[test]
fn a_scope_that_is_made_before_the_capture_is_in_it() {
    let scope = crate::session("s").scope(async { drop(crate::span("inside")) });
    let traces = capture_async(scope).now_or_never().unwrap();
    assert_eq!(traces.records()[0].session_id.as_deref(), Some("s"));
}
