//! Futures and threads.

use carrot_runtime::testing::capture_async;
use carrot_runtime::{InCurrentTrace, span};
use tokio::sync::Barrier;
use tracing::{Instrument, info_span};

use crate::{capture, install};

#[tracing::instrument]
async fn parent(count: u32) -> u32 {
    let mut sum = 0;
    for number in 0..count {
        sum += child(number).await;
    }
    sum
}

#[tracing::instrument(skip_all, fields(number = number))]
async fn child(number: u32) -> u32 {
    tokio::task::yield_now().await;
    span("ours").scope(tokio::task::yield_now()).await;
    number
}

/// Tasks move between the threads of the runtime from poll to poll.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instrumented_futures_nest_on_any_thread() {
    install();
    let tasks = (0..16).map(|_| {
        tokio::spawn(async {
            let traces = capture_async(async { span("root").scope(parent(2)).await }).await;
            traces.render()
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(
            task.await.unwrap(),
            "root\n└─ parent\n   ├─ child\n   │  └─ ours\n   └─ child\n      └─ ours\n"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_goes_along_with_a_task() {
    install();
    let traces = capture_async(async {
        let _ = span("root")
            .scope(async {
                let named = info_span!("task");
                let by_span = tokio::spawn(async { drop(span("a")) }.instrument(named));
                by_span.await.unwrap();
                let by_ours = async {
                    let task = async { drop(span("b")) }.in_current_trace();
                    tokio::spawn(task).await.unwrap();
                };
                by_ours.instrument(info_span!("waits")).await;
            })
            .await;
    })
    .await;
    assert_eq!(
        traces.render(),
        "root\n├─ task\n│  └─ a\n└─ waits\n   └─ b\n"
    );
}

/// Two polled in turns on one thread do not see each other.
#[tokio::test]
async fn joined_futures_are_siblings() {
    install();
    let traces = capture_async(async {
        let a = child(1).instrument(info_span!("a"));
        let b = child(2).instrument(info_span!("b"));
        tokio::join!(a, b);
    })
    .await;
    assert_eq!(
        traces.render(),
        "a\n└─ child\n   └─ ours\nb\n└─ child\n   └─ ours\n"
    );
}

#[tokio::test]
async fn one_span_may_be_entered_on_several_threads_at_once() {
    install();
    let traces = capture_async(async {
        let shared = info_span!("shared");
        let barrier = Barrier::new(2);
        let work = || async {
            barrier.wait().await;
            drop(span("step"));
            barrier.wait().await;
        };
        tokio::join!(
            work().instrument(shared.clone()),
            work().instrument(shared.clone())
        );
        let barrier = std::sync::Barrier::new(2);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    shared.in_scope(|| {
                        barrier.wait();
                        drop(span("thread"));
                        barrier.wait();
                    });
                });
            }
        });
    })
    .await;
    let children = "├─ step\n├─ step\n├─ thread\n└─ thread\n";
    assert_eq!(traces.render(), format!("shared\n{children}"));
}

#[test]
fn a_span_may_close_on_another_thread() {
    let traces = capture(|| {
        let _outer = span("outer");
        let moved = info_span!("moved");
        std::thread::spawn(move || drop(moved)).join().unwrap();
        drop(span("after"));
    });
    assert_eq!(traces.render(), "outer\n├─ moved\n└─ after\n");
}

/// `tracing` cannot tell a future that was dropped from one that finished.
#[tokio::test]
async fn a_future_dropped_half_way_ends_its_span() {
    install();
    let traces = capture_async(async {
        let stuck = std::future::pending::<()>().instrument(info_span!("stuck"));
        tokio::select! {
            biased;
            () = stuck => {}
            () = tokio::task::yield_now() => {}
        }
        drop(span("after"));
    })
    .await;
    assert_eq!(traces.render(), "stuck\nafter\n");
}
