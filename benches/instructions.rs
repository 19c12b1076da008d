//! What `cargo xtask instructions` runs under callgrind: so many spans of one kind, in [`measured`]. With `list` it says
//! which kinds there are, and how many spans.
//!
//! Instructions are the same in every run and on every machine of one kind, so a change of the hot path shows
//! where times would drown in noise.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it has")]

use std::hint::black_box;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use carrot_ai::{Site, Span};

static ROOT: Site = Site::new("root");
static CHILD: Site = Site::new("child");

/// Trees of a run, each a root with 100 children.
const TREES: u64 = 20;
const CHILDREN: u64 = 100;

const SCENARIOS: [(&str, fn()); 6] = [
    ("flat", flat),
    ("nested", nested),
    ("async", yields),
    ("values", values),
    ("payload", payload),
    ("disabled", disabled),
];

fn main() {
    let asked = std::env::args().nth(1).unwrap_or_default();
    if asked == "list" {
        for (name, _) in SCENARIOS {
            println!("{name} {}", TREES * (CHILDREN + 1));
        }
        return;
    }
    // `cargo bench` asks for none.
    let Some((_, run)) = SCENARIOS.into_iter().find(|(name, _)| *name == asked) else {
        return;
    };
    if asked == "disabled" {
        let guard = carrot_ai::builder().enabled(false).init();
        let _guard = guard.expect("nothing started before");
        measured(run);
    } else {
        // Whatever happens once happens in the first; it also leaves the memory that the second one uses.
        drop(carrot_ai::testing::capture(|| {
            (0..3 * TREES).for_each(|_| run());
        }));
        drop(carrot_ai::testing::capture(|| measured(run)));
    }
}

/// Callgrind counts what happens in here.
#[inline(never)]
fn measured(run: fn()) {
    for _ in 0..TREES {
        run();
    }
}

fn work(n: u64) -> u64 {
    black_box(n).wrapping_mul(3)
}

fn flat() {
    let children = || {
        for n in 0..CHILDREN {
            black_box(Span::open(&CHILD).run(|| work(n), |_, _| {}));
        }
    };
    Span::open(&ROOT).run(children, |_, ()| {});
}

fn nested() {
    fn level(n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        Span::open(&CHILD).run(|| work(n) + black_box(level)(n - 1), |_, _| {})
    }
    black_box(Span::open(&ROOT).run(|| level(CHILDREN), |_, _| {}));
}

fn yields() {
    async fn step(n: u64) -> u64 {
        let mut yielded = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut yielded, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        work(n)
    }
    let children = async {
        for n in 0..CHILDREN {
            black_box(Span::open(&CHILD).scope(step(n), |_, _| {}).await);
        }
    };
    let mut root = pin!(Span::open(&ROOT).scope(children, |_, ()| {}));
    let mut context = Context::from_waker(Waker::noop());
    while root.as_mut().poll(&mut context).is_pending() {}
}

#[carrot_ai::trace]
fn step(n: u64, word: &str) -> u64 {
    work(n) + word.len() as u64
}

fn values() {
    let children = || {
        for n in 0..CHILDREN {
            black_box(step(n, black_box("word")));
        }
    };
    Span::open(&ROOT).run(children, |_, ()| {});
}

/// A conversation, as a model is asked with it: some 2 KB of JSON.
#[derive(serde::Serialize)]
struct Message {
    role: &'static str,
    content: String,
    name: Option<String>,
}

static MESSAGES: LazyLock<Vec<Message>> = LazyLock::new(|| {
    let content =
        "Answer as briefly as you can, and say \"I do not know\" when you do not.\n".repeat(3);
    let message = |turn: usize| Message {
        role: ["user", "assistant"][turn % 2],
        content: format!("{turn}: {content}"),
        name: None,
    };
    (0..8).map(message).collect()
});

#[carrot_ai::trace(capture_output = false)]
fn ask(messages: &[Message]) -> u64 {
    work(messages.len() as u64)
}

fn payload() {
    let messages = &**MESSAGES;
    let children = || {
        for _ in 0..CHILDREN {
            black_box(ask(black_box(messages)));
        }
    };
    Span::open(&ROOT).run(children, |_, ()| {});
}

#[carrot_ai::trace]
#[inline(never)]
fn traced(n: u64) -> u64 {
    work(n)
}

fn disabled() {
    for n in 0..=CHILDREN {
        black_box(traced(n));
    }
}
