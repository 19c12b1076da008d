//! Times of the same thing done by two clients, taken in turns.

use std::time::{Duration, Instant};

const CALLS: usize = 2_000;
const STREAMS: usize = 40;

/// How many chunks a stream has.
pub(crate) const CHUNKS: usize = 5_000;

/// Whether the command line asks for this row: for all, if it names none.
pub(crate) fn is_asked(name: &str) -> bool {
    let mut asked = std::env::args()
        .skip(1)
        .filter(|it| !it.starts_with('-'))
        .peekable();
    asked.peek().is_none() || asked.any(|it| name.contains(&it))
}

/// Prints what a call and a chunk take of clients whose whole answer to `"plain"` or `"stream"` is read
/// by `read`.
pub(crate) async fn both(name: &str, read: impl AsyncFn(bool, &str)) {
    calls(&format!("call, {name}"), async |it| read(it, "plain").await).await;
    chunks(&format!("chunk, {name}"), async |it| {
        read(it, "stream").await;
    })
    .await;
}

/// Prints what a call takes. `call` is told whether it is to be the wrapped client's.
pub(crate) async fn calls(name: &str, call: impl AsyncFn(bool)) {
    if !is_asked(name) {
        return;
    }
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..CALLS {
        for (is_wrapped, times) in [false, true].into_iter().zip(&mut times) {
            let start = Instant::now();
            call(is_wrapped).await;
            times.push(start.elapsed());
        }
    }
    report(name, times, 1);
}

/// Prints what a chunk of a stream of [`CHUNKS`] takes.
pub(crate) async fn chunks(name: &str, stream: impl AsyncFn(bool)) {
    if !is_asked(name) {
        return;
    }
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..STREAMS {
        for (is_wrapped, times) in [false, true].into_iter().zip(&mut times) {
            let start = Instant::now();
            stream(is_wrapped).await;
            times.push(start.elapsed());
        }
    }
    report(name, times, CHUNKS as u32);
}

pub(crate) fn header() {
    println!(
        "{:<32}{:>12}{:>12}{:>12}{:>8}",
        "median", "bare", "wrapped", "added", "ratio"
    );
}

fn report(name: &str, times: [Vec<Duration>; 2], per: u32) {
    let [bare, wrapped] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2] / per
    });
    let added = wrapped.as_nanos() as i128 - bare.as_nanos() as i128;
    let ratio = wrapped.as_secs_f64() / bare.as_secs_f64();
    println!(
        "{name:<32}{bare:>12.2?}{wrapped:>12.2?}{:>12}{ratio:>8.3}",
        format!("{added} ns")
    );
}
