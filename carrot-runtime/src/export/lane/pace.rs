//! When the next request may go: after failures the waits grow. A plain value, no clock of its own.

use std::time::{Duration, Instant};

/// The first wait after a failure; doubled each time
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
/// up to this.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// A collector's wish to wait is followed up to this.
const MAX_WISH: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub(super) struct Pace {
    failures: u32,
    not_before: Option<Instant>,
    asked_to_wait: bool,
    last_failure: Option<Instant>,
}

impl Pace {
    /// A request failed that was sent then. `retry_after` is what the collector asked for; else the wait doubles, and `jitter`,
    /// 0 to 1, spreads it, so that many processes do not all come back at once. Requests that were under way together fail
    /// together, and count once.
    pub(super) fn failed(
        &mut self,
        sent: Instant,
        retry_after: Option<Duration>,
        jitter: f64,
        now: Instant,
    ) {
        if retry_after.is_none() && self.has_failed_since(sent) {
            return;
        }
        let doubled = FIRST_BACKOFF
            .saturating_mul(1 << self.failures.min(16))
            .min(MAX_BACKOFF);
        let wait = retry_after.map_or(doubled.mul_f64(0.5 + jitter / 2.0), |wish| {
            wish.min(MAX_WISH)
        });
        self.failures += 1;
        self.not_before = now.checked_add(wait);
        self.asked_to_wait = retry_after.is_some();
        self.last_failure = Some(now);
    }

    /// Somebody answered: delivered, or refused for good.
    pub(super) fn answered(&mut self) {
        let last_failure = self.last_failure;
        *self = Pace {
            last_failure,
            ..Pace::default()
        };
    }

    /// Somebody flushes: do not wait any longer before the next try, nor long before those after it. A
    /// collector that asked to wait is not disturbed.
    pub(super) fn try_now(&mut self) {
        if !self.asked_to_wait {
            self.not_before = None;
        }
        self.failures = self.failures.min(1);
    }

    /// Whether the last request failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Whether a request failed since then, and none was answered after it.
    pub(super) fn has_failed_since(&self, then: Instant) -> bool {
        self.is_failing() && self.last_failure.is_some_and(|failure| failure >= then)
    }

    /// Whether one more may be under way, of so many at most. After a failure one tries the way before others follow.
    pub(super) fn has_room(&self, flights: usize, most: usize) -> bool {
        flights < if self.is_failing() { 1 } else { most }
    }

    /// When a request that is due then may go.
    pub(super) fn allows(&self, due: Instant) -> Instant {
        self.not_before
            .map_or(due, |not_before| due.max(not_before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_half_a_minute_and_end_with_an_answer() {
        let mut now = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.allows(now), now);
        assert!(pace.has_room(3, 4) && !pace.has_room(4, 4));
        let waits = (0..12).map(|_| {
            now += SECOND;
            pace.failed(now, None, 1.0, now);
            pace.allows(now).duration_since(now)
        });
        let waits: Vec<Duration> = waits.collect();
        assert_eq!(waits[..3], [SECOND / 4, SECOND / 2, SECOND]);
        assert_eq!(waits[11], 30 * SECOND);
        assert!(
            pace.has_room(0, 4) && !pace.has_room(1, 4),
            "one tries the way before others follow"
        );
        pace.answered();
        assert_eq!(pace.allows(now), now);
        assert!(!pace.is_failing() && !pace.has_failed_since(now));
    }

    #[test]
    fn what_was_under_way_together_fails_once() {
        let sent = Instant::now();
        let mut pace = Pace::default();
        for _ in 0..4 {
            pace.failed(sent, None, 1.0, sent + SECOND);
        }
        assert_eq!(pace.allows(sent), sent + SECOND + SECOND / 4);
        pace.failed(sent, Some(7 * SECOND), 1.0, sent + SECOND);
        assert_eq!(pace.allows(sent), sent + 8 * SECOND, "a wish holds");
    }

    #[test]
    fn jitter_takes_up_to_half_of_a_wait() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.failed(now, None, 0.0, now);
        assert_eq!(pace.allows(now), now + SECOND / 8);
    }

    #[test]
    fn the_collector_s_wish_to_wait_is_kept_whoever_flushes() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.failed(now, Some(7 * SECOND), 0.0, now);
        pace.try_now();
        assert_eq!(pace.allows(now), now + 7 * SECOND);
        pace.failed(now, Some(1_000_000 * SECOND), 0.0, now);
        assert_eq!(pace.allows(now), now + MAX_WISH);
    }

    #[test]
    fn a_flush_after_a_long_outage_tries_more_than_once() {
        let mut now = Instant::now();
        let mut pace = Pace::default();
        for _ in 0..10 {
            now += SECOND;
            pace.failed(now, None, 1.0, now);
        }
        pace.try_now();
        now += SECOND;
        assert_eq!(pace.allows(now), now);
        pace.failed(now, None, 1.0, now);
        assert!(pace.allows(now) <= now + SECOND);
        assert!(pace.has_failed_since(now) && !pace.has_failed_since(now + SECOND));
    }
}
