//! What depends on how tracing was started, which a program does once: each in a process of its own.

use std::process::Command;

use carrot_ai::Keep;

use super::*;

/// Names what the process is to run.
const ALONE: &str = "CARROT_BENCH_ALONE";

/// What runs alone.
const ALL: [(&str, fn()); 3] = [("sampled out", sampled_out), ("held", held), ("off", off)];

/// Runs what this process was started for, if it is one of these.
pub(crate) fn run() -> bool {
    let Ok(asked) = std::env::var(ALONE) else {
        return false;
    };
    let (_, run) = ALL
        .into_iter()
        .find(|(name, _)| *name == asked)
        .expect("one of them");
    run();
    true
}

/// Starts a process for each.
pub(crate) fn start_all() {
    for (name, _) in ALL {
        let status = Command::new(std::env::current_exe().expect("a path"))
            .args(std::env::args().skip(1))
            .env(ALONE, name)
            .env("CARROT_ENABLED", (name != "off").to_string())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{name}");
    }
}

/// No trace is kept, and none fails: names, times and errors are written in case one does.
fn sampled_out() {
    nothing_is_kept(&[], || {
        row_without_peer("sampled out, flat", flat::bare, flat::carrot);
        row_without_peer("sampled out, arguments", values::bare, values::carrot);
    });
}

/// No trace is kept, but a rule may say so in the end: everything is written.
fn held() {
    nothing_is_kept(&[Keep::errors()], || {
        row_without_peer("held, flat", flat::bare, flat::carrot);
        row_without_peer("held, arguments", values::bare, values::carrot);
    });
}

fn nothing_is_kept(rules: &[Keep], rows: impl FnOnce()) {
    let builder = carrot_ai::builder()
        .base_url("file:///dev/null")
        .flush_timeout(Duration::from_secs(60))
        .sample_rate(0.0);
    let builder = rules
        .iter()
        .cloned()
        .fold(builder, carrot_ai::Builder::keep);
    let _guard = builder.init().expect("nothing started before");
    rows();
    assert_eq!(carrot_ai::flush().acked, 0);
}

/// Tracing is off: of the attribute, of what it expands to, and of a span by hand.
fn off() {
    #[carrot_ai::trace]
    #[inline(never)]
    fn attribute(n: u64) -> u64 {
        work(n)
    }
    #[inline(never)]
    fn opened(n: u64) -> u64 {
        Span::open(&CHILD).run(|| work(n), |_, _| {})
    }
    #[inline(never)]
    fn by_hand(n: u64) -> u64 {
        let _step = carrot_ai::span("step");
        work(n)
    }
    #[inline(never)]
    fn bare(n: u64) -> u64 {
        work(n)
    }
    // Decides that tracing is off.
    attribute(0);
    const CALLS: u64 = 10_000;
    let measure = |run: &dyn Fn() -> u64| {
        let times = (0..ROUNDS).map(|_| {
            let started = Instant::now();
            black_box(run());
            started.elapsed().as_nanos() as f64 / CALLS as f64
        });
        median(times.collect())
    };
    // Generic, so that each is called and none through a pointer.
    fn calls(run: impl Fn(u64) -> u64) -> u64 {
        (0..CALLS).map(run).fold(0, u64::wrapping_add)
    }
    let bare = measure(&|| calls(bare));
    let rows: [(&str, &dyn Fn() -> u64); 3] = [
        ("off, #[trace]", &|| calls(attribute)),
        ("off, Span::open", &|| calls(opened)),
        ("off, span by hand", &|| calls(by_hand)),
    ];
    for (name, run) in rows.into_iter().filter(|(name, _)| is_asked(name)) {
        println!("{name:<28}{bare:>10.2}{:>10.2}", measure(run) - bare);
    }
}
