//! The one place that prints: a line on standard error when tracing cannot do its work.

use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::lock::Lock;

/// Of one kind of trouble, one line in this time.
const QUIET: Duration = Duration::from_secs(60);

/// When it was told of each kind last.
static LAST: LazyLock<Lock<HashMap<&'static str, Instant>>> = LazyLock::new(Lock::default);

/// Prints one warning line, at most once a minute for each kind of trouble. Never a payload.
pub fn warn_once(kind: &'static str, message: &str) {
    let mut last = LAST.lock();
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
    let line = format!("carrot: {message}\n");
    // A closed standard error must not become a panic, as it does with eprintln!.
    let _ = unlocked().map_or_else(
        || std::io::stderr().write_all(line.as_bytes()),
        |mut stderr| stderr.write_all(line.as_bytes()),
    );
}

/// Standard error, past a lock that is held for ever where this process was forked while another thread printed.
fn unlocked() -> Option<std::fs::File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let stderr = std::io::stderr();
        Some(stderr.as_fd().try_clone_to_owned().ok()?.into())
    }
    #[cfg(not(unix))]
    None
}

/// Another thread may have held the lock when this child was forked.
#[cfg(unix)]
pub(crate) fn forked() {
    LAST.abandon();
}
