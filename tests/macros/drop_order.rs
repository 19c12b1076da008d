//! Arguments and locals are dropped in the order in which they were without the attribute.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use carrot_ai::testing::capture;

use crate::{block_on, pause, twins};

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct Noisy(&'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

fn a() -> Noisy {
    Noisy("a")
}

fn b() -> Noisy {
    Noisy("b")
}

fn c() -> Noisy {
    Noisy("c")
}

#[derive(Clone, Copy, PartialEq)]
enum Move {
    Nothing,
    A,
    B,
    Early,
    Panic,
}

const MOVES: [Move; 5] = [Move::Nothing, Move::A, Move::B, Move::Early, Move::Panic];

twins! {
    pub(super) fn unused(_a: Noisy, b: Noisy, _: Noisy) -> usize {
        let _local = Noisy("local");
        b.0.len()
    }

    pub(super) fn moved(a: Noisy, b: Noisy, mut c: Noisy, what: Move) -> usize {
        let _local = Noisy("local");
        match what {
            Move::Nothing => {}
            Move::A => drop(a),
            Move::B => drop(b),
            Move::Early => return 0,
            Move::Panic => panic!("on purpose"),
        }
        c.0 = "changed";
        c.0.len()
    }

    pub(super) fn destructured((a, b): (Noisy, Noisy), [first, second]: [Noisy; 2]) -> Noisy {
        let _ = (&a, &second);
        drop(first);
        b
    }

    pub(super) fn wild(a: Noisy, _: Noisy, c: Noisy) {
        drop((Noisy("temporary"), c));
        let _local = (Noisy("local"), &a);
    }

    pub(super) fn discards(_: Noisy, _: Noisy, c: Noisy) {
        drop(c);
    }

    pub(super) fn tail(a: Noisy, b: Noisy) -> usize {
        let local = Noisy("local");
        (Noisy("temporary"), &local, &a, &b).0.0.len()
    }

    pub(super) async fn awaits(a: Noisy, b: Noisy, _: Noisy, what: Move) -> usize {
        let _local = Noisy("local");
        pause().await;
        match what {
            Move::Nothing => {}
            Move::A => drop(a),
            Move::B => drop(b),
            Move::Early => return 0,
            Move::Panic => panic!("on purpose"),
        }
        pause().await;
        1
    }

    pub(super) fn boxed(a: Noisy, b: Noisy) -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
        let _local = Noisy("local");
        Box::pin(async move {
            let _a = a;
            pause().await;
            drop(b);
        })
    }

    pub(super) async fn holds(bytes: [u8; 1024]) -> u8 {
        pause().await;
        bytes[0]
    }

    pub(super) fn returned(a: Noisy, b: Noisy) -> impl Future<Output = ()> {
        let _local = Noisy("local");
        async move {
            let _b = b;
            pause().await;
            drop(a);
        }
    }
}

/// What `run` dropped, in order; a panic in it is caught.
fn dropped(run: impl FnOnce()) -> Vec<&'static str> {
    DROPPED.take();
    capture(|| _ = catch_unwind(AssertUnwindSafe(run)));
    DROPPED.take()
}

fn poll_once(future: impl Future) {
    let mut future = pin!(future);
    let poll = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(poll, Poll::Pending));
    DROPPED.with_borrow_mut(|dropped| dropped.push("cancelled"));
}

#[track_caller]
fn same(plain: impl FnOnce(), traced: impl FnOnce()) {
    let expected = dropped(plain);
    assert!(!expected.is_empty());
    assert_eq!(dropped(traced), expected);
}

#[test]
fn of_a_function() {
    same(
        || _ = plain::unused(a(), b(), c()),
        || _ = traced::unused(a(), b(), c()),
    );
    for what in MOVES {
        same(
            || _ = plain::moved(a(), b(), c(), what),
            || _ = traced::moved(a(), b(), c(), what),
        );
    }
    same(|| _ = plain::tail(a(), b()), || _ = traced::tail(a(), b()));
}

#[test]
fn of_patterns() {
    same(
        || drop(plain::destructured((a(), b()), [Noisy("1"), Noisy("2")])),
        || drop(traced::destructured((a(), b()), [Noisy("1"), Noisy("2")])),
    );
    same(
        || plain::wild(a(), b(), c()),
        || traced::wild(a(), b(), c()),
    );
    same(
        || plain::discards(a(), b(), c()),
        || traced::discards(a(), b(), c()),
    );
}

#[test]
fn of_a_future_that_finished() {
    for what in MOVES {
        same(
            || _ = block_on(plain::awaits(a(), b(), c(), what)),
            || _ = block_on(traced::awaits(a(), b(), c(), what)),
        );
    }
    same(
        || block_on(plain::boxed(a(), b())),
        || block_on(traced::boxed(a(), b())),
    );
    same(
        || block_on(plain::returned(a(), b())),
        || block_on(traced::returned(a(), b())),
    );
}

#[test]
fn of_a_future_that_was_cancelled() {
    same(
        || poll_once(plain::awaits(a(), b(), c(), Move::A)),
        || poll_once(traced::awaits(a(), b(), c(), Move::A)),
    );
    same(
        || poll_once(plain::boxed(a(), b())),
        || poll_once(traced::boxed(a(), b())),
    );
    same(
        || poll_once(plain::returned(a(), b())),
        || poll_once(traced::returned(a(), b())),
    );
}

#[test]
fn of_a_future_that_was_never_polled() {
    same(
        || drop(plain::awaits(a(), b(), c(), Move::A)),
        || drop(traced::awaits(a(), b(), c(), Move::A)),
    );
    same(
        || drop(plain::boxed(a(), b())),
        || drop(traced::boxed(a(), b())),
    );
    same(
        || drop(plain::returned(a(), b())),
        || drop(traced::returned(a(), b())),
    );
}

#[test]
fn a_future_grows_by_little() {
    let plain = size_of_val(&plain::holds([0; 1024]));
    let traced = size_of_val(&traced::holds([0; 1024]));
    assert!(traced <= plain + 300, "{plain} bytes became {traced}");
}
