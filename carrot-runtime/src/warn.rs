//! The one place that prints: a line on standard error when tracing cannot do its work.

use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::lock::Lock;

/// Of one kind of trouble, one line in this time.
const QUIET: Duration = Duration::from_secs(60);
/// So many characters of a message are printed.
const MAX_MESSAGE: usize = 1_000;

static TOLD: LazyLock<Lock<Told>> = LazyLock::new(Lock::default);

/// Prints one warning line, at most once a minute for each kind of trouble, however many destinations or places have it.
/// A line that is printed again says how many were held back meanwhile. Never a payload.
pub fn warn_once(kind: &'static str, message: &str) {
    // The lock is not held while it is printed, which may take long.
    let told = TOLD.lock().tell(kind, message, Instant::now());
    if let Some(message) = told {
        line(&message);
    }
}

/// What was told of each kind of trouble, and what was held back. A plain value, no clock of its own.
#[derive(Default)]
struct Told(HashMap<&'static str, Last>);

struct Last {
    at: Instant,
    message: String,
    held_back: u64,
    /// What was held back last that said something else.
    other: Option<String>,
}

impl Told {
    /// The line to print, if it is time for one.
    fn tell(&mut self, kind: &'static str, message: &str, now: Instant) -> Option<String> {
        let Some(last) = self.0.get_mut(kind) else {
            let message = one_line(message);
            let last = Last {
                at: now,
                message: message.clone(),
                held_back: 0,
                other: None,
            };
            self.0.insert(kind, last);
            return Some(message);
        };
        if now.saturating_duration_since(last.at) < QUIET {
            last.held_back += 1;
            if message != last.message {
                last.other = Some(one_line(message));
            }
            return None;
        }
        let message = one_line(message);
        let other = last.other.take().filter(|other| *other != message);
        let line = match (std::mem::take(&mut last.held_back), other) {
            (0, _) => message.clone(),
            (count, None) => format!("{message} ({count} more since it was said last)"),
            (count, Some(other)) => {
                format!("{message} ({count} more since it was said last, such as: {other})")
            }
        };
        last.at = now;
        last.message = message;
        Some(line)
    }
}

/// Whatever is in it (an error of the system, a path): one line, of a bounded length.
fn one_line(message: &str) -> String {
    let plain = { message.chars() }.map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_MESSAGE).collect()
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
    TOLD.abandon();
}

#[cfg(test)]
mod tests;
