//! What a span costs the thread that is traced, beside the bare work and, where it has the like, fastrace in the same run.
//!
//! Samples of all are interleaved, and medians compared: a busy machine disturbs few samples. Carrot exports for
//! real, to `file:///dev/null`; fastrace's reporter discards. What a round made is delivered before the
//! next begins, outside the measured time: the figures are those of a program that traces in bursts, not of one
//! that does nothing else for ever.
//!
//! ```text
//! cargo bench -p carrot-ai --bench spans            (or: -- flat, for the rows of that name)
//! ```

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod by_hand;
mod alone;

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use carrot_ai::{Site, Span};
use fastrace::prelude::*;

const ROUNDS: usize = 100;
/// Samples in a round.
const SAMPLES: usize = 6;
/// Trees in a sample, each a root with 100 children: the spans of one chunk, so that its change counts.
const TREES: usize = 10;
const CHILDREN: u64 = 100;
const SPANS: f64 = (TREES as u64 * (CHILDREN + 1)) as f64;

static ROOT: Site = Site::new("root");
static CHILD: Site = Site::new("child");

fn main() {
    if alone::run() {
        return;
    }
    let guard = carrot_ai::builder()
        .base_url("file:///dev/null")
        .batch_size(100)
        .flush_timeout(Duration::from_secs(60))
        .init();
    let _guard = guard.expect("nothing started before");
    fastrace::set_reporter(Discard, fastrace::collector::Config::default());

    println!(
        "{:<28}{:>10}{:>10}{:>10}{:>8}    ns a span, above the bare work",
        "", "bare", "carrot", "fastrace", "ratio"
    );
    row("flat", flat::bare, flat::carrot, flat::fastrace);
    row("nested", nested::bare, nested::carrot, nested::fastrace);
    row(
        "async, yields once",
        yields::bare,
        yields::carrot,
        yields::fastrace,
    );
    row(
        "two arguments, result",
        values::bare,
        values::carrot,
        values::fastrace,
    );
    row(
        "2 KB JSON payload",
        payload::bare,
        payload::carrot,
        payload::fastrace,
    );
    row(
        "span by hand",
        flat::bare,
        by_hand::carrot,
        by_hand::fastrace,
    );
    row("event", flat::bare, by_hand::event, by_hand::fastrace_event);
    row_without_peer("session of one root", flat::bare, by_hand::session);
    let report = carrot_ai::flush();
    assert!(report.is_complete(), "{report}");
    drop(_guard);
    alone::start_all();
}

/// Gives fastrace's spans nowhere to go.
struct Discard;

impl fastrace::collector::Reporter for Discard {
    fn report(&mut self, spans: Vec<fastrace::prelude::SpanRecord>) {
        drop(spans);
    }
}

/// Whether this row was asked for.
fn is_asked(name: &str) -> bool {
    let mut asked = std::env::args().skip(1).filter(|it| it != "--bench");
    asked.next().is_none_or(|asked| name.contains(&asked))
}

/// Measures three ways to do the same.
fn row(name: &str, bare: fn(), carrot: fn(), other: fn()) {
    if is_asked(name) {
        let [bare, carrot, other] = measure([bare, carrot, other]);
        println!(
            "{name:<28}{bare:>10.1}{:>10.1}{:>10.1}{:>8.2}",
            carrot - bare,
            other - bare,
            (carrot - bare) / (other - bare)
        );
    }
}

/// Measures what fastrace does not have.
fn row_without_peer(name: &str, bare: fn(), carrot: fn()) {
    if is_asked(name) {
        let [bare, carrot] = measure([bare, carrot]);
        println!("{name:<28}{bare:>10.1}{:>10.1}", carrot - bare);
    }
}

/// The nanoseconds a span of each.
fn measure<const N: usize>(runs: [fn(); N]) -> [f64; N] {
    let mut times = runs.map(|run| (run, Vec::with_capacity(ROUNDS * SAMPLES)));
    for _ in 0..ROUNDS {
        for (run, times) in &mut times {
            for _ in 0..SAMPLES {
                let started = Instant::now();
                (0..TREES).for_each(|_| run());
                times.push(started.elapsed().as_nanos() as f64 / SPANS);
            }
            carrot_ai::flush();
            fastrace::flush();
        }
    }
    times.map(|(_, times)| median(times))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The work of a step.
fn work(n: u64) -> u64 {
    black_box(n).wrapping_mul(3)
}

mod flat {
    use super::*;

    pub(crate) fn bare() {
        for n in 0..CHILDREN {
            black_box(work(n));
        }
    }

    pub(crate) fn carrot() {
        let children = || {
            for n in 0..CHILDREN {
                black_box(Span::open(&CHILD).run(|| work(n), |_, _| {}));
            }
        };
        Span::open(&ROOT).run(children, |_, ()| {});
    }

    pub(crate) fn fastrace() {
        let root = fastrace::Span::root("root", SpanContext::random());
        let _root = root.set_local_parent();
        for n in 0..CHILDREN {
            let _child = LocalSpan::enter_with_local_parent("child");
            black_box(work(n));
        }
    }
}

mod nested {
    use super::*;

    pub(crate) fn bare() {
        fn level(n: u64) -> u64 {
            if n == 0 {
                0
            } else {
                work(n) + black_box(level)(n - 1)
            }
        }
        black_box(level(CHILDREN));
    }

    pub(crate) fn carrot() {
        fn level(n: u64) -> u64 {
            if n == 0 {
                return 0;
            }
            Span::open(&CHILD).run(|| work(n) + black_box(level)(n - 1), |_, _| {})
        }
        black_box(Span::open(&ROOT).run(|| level(CHILDREN), |_, _| {}));
    }

    pub(crate) fn fastrace() {
        fn level(n: u64) -> u64 {
            if n == 0 {
                return 0;
            }
            let _child = LocalSpan::enter_with_local_parent("child");
            work(n) + black_box(level)(n - 1)
        }
        let root = fastrace::Span::root("root", SpanContext::random());
        let _root = root.set_local_parent();
        black_box(level(CHILDREN));
    }
}

mod yields {
    use super::*;

    /// Is ready when it is polled again.
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

    /// Polls until it is ready: no runtime's cost is measured.
    fn drive<F: Future>(future: F) -> F::Output {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
        }
    }

    pub(crate) fn bare() {
        drive(async {
            for n in 0..CHILDREN {
                black_box(step(n).await);
            }
        });
    }

    pub(crate) fn carrot() {
        let children = async {
            for n in 0..CHILDREN {
                black_box(Span::open(&CHILD).scope(step(n), |_, _| {}).await);
            }
        };
        drive(Span::open(&ROOT).scope(children, |_, ()| {}));
    }

    pub(crate) fn fastrace() {
        let children = async {
            for n in 0..CHILDREN {
                let child = fastrace::Span::enter_with_local_parent("child");
                black_box(step(n).in_span(child).await);
            }
        };
        drive(children.in_span(fastrace::Span::root("root", SpanContext::random())));
    }
}

mod values {
    use super::*;

    fn bare_step(n: u64, word: &str) -> u64 {
        work(n) + word.len() as u64
    }

    pub(crate) fn bare() {
        for n in 0..CHILDREN {
            black_box(bare_step(n, black_box("word")));
        }
    }

    #[carrot_ai::trace]
    fn step(n: u64, word: &str) -> u64 {
        bare_step(n, word)
    }

    pub(crate) fn carrot() {
        let children = || {
            for n in 0..CHILDREN {
                black_box(step(n, black_box("word")));
            }
        };
        Span::open(&ROOT).run(children, |_, ()| {});
    }

    /// fastrace keeps properties as strings.
    pub(crate) fn fastrace() {
        let root = fastrace::Span::root("root", SpanContext::random());
        let _root = root.set_local_parent();
        for n in 0..CHILDREN {
            let word = black_box("word");
            let child = LocalSpan::enter_with_local_parent("step")
                .with_properties(|| [("n", n.to_string()), ("word", word.to_owned())]);
            let result = bare_step(n, word);
            let _child = child.with_property(|| ("output", result.to_string()));
            black_box(result);
        }
    }
}

/// A model's request as an argument: some 2 KB of JSON.
mod payload {
    use std::sync::LazyLock;

    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Request {
        model: String,
        temperature: f64,
        max_tokens: u32,
        stream: bool,
        messages: Vec<Message>,
        stop: Vec<String>,
    }

    #[derive(Serialize)]
    struct Message {
        role: &'static str,
        content: String,
        name: Option<String>,
    }

    static REQUEST: LazyLock<Request> = LazyLock::new(|| {
        let text =
            "You are a helpful assistant. Answer the user's question as briefly as you can, \
                    and say \"I do not know\" when you do not.\n"
                .repeat(2);
        let messages = (0..8).map(|turn| Message {
            role: ["user", "assistant"][turn % 2],
            content: format!("{turn}: {}", &text[..190 + turn]),
            name: None,
        });
        let request = Request {
            model: "gpt-4o-mini".to_owned(),
            temperature: 0.7,
            max_tokens: 512,
            stream: false,
            messages: messages.collect(),
            stop: vec!["\n\n".to_owned(), "END".to_owned()],
        };
        let length = serde_json::to_string(&request).map_or(0, |json| json.len());
        assert!((1_900..2_200).contains(&length), "{length} bytes");
        request
    });

    fn bare_step(request: &Request) -> u64 {
        work(request.messages.len() as u64)
    }

    pub(crate) fn bare() {
        for _ in 0..CHILDREN {
            black_box(bare_step(black_box(&REQUEST)));
        }
    }

    #[carrot_ai::trace(capture_output = false)]
    fn step(request: &Request) -> u64 {
        bare_step(request)
    }

    pub(crate) fn carrot() {
        let children = || {
            for _ in 0..CHILDREN {
                black_box(step(black_box(&REQUEST)));
            }
        };
        Span::open(&ROOT).run(children, |_, ()| {});
    }

    pub(crate) fn fastrace() {
        let root = fastrace::Span::root("root", SpanContext::random());
        let _root = root.set_local_parent();
        for _ in 0..CHILDREN {
            let request = black_box(&*REQUEST);
            let json = || serde_json::to_string(request).unwrap_or_default();
            let _child =
                LocalSpan::enter_with_local_parent("step").with_property(|| ("request", json()));
            black_box(bare_step(request));
        }
    }
}
