//! The one place that prints: a line on standard error when tracing cannot do its work.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

/// Of one kind of trouble, one line in this time.
const QUIET: Duration = Duration::from_secs(60);

/// Prints one warning line, at most once a minute for each kind of trouble. Never a payload.
pub fn warn_once(kind: &'static str, message: &str) {
    static LAST: LazyLock<Mutex<HashMap<&'static str, Instant>>> = LazyLock::new(Mutex::default);
    let Ok(mut last) = LAST.lock() else { return };
    let now = Instant::now();
    if last
        .get(kind)
        .is_none_or(|&last| now.duration_since(last) >= QUIET)
    {
        last.insert(kind, now);
        drop(last);
        line(message);
    }
}

/// Prints a line for who asked for them with `CARROT_DEBUG`.
pub(crate) fn line(message: &str) {
    // A closed standard error must not become a panic, as it does with eprintln!.
    let _ = writeln!(std::io::stderr(), "carrot: {message}");
}
