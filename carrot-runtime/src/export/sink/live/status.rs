//! How it stands with the connection, for those who ask from outside of its task.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The first wait before another connection is tried, where there is another way; doubled each time
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// up to this.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// A collector without a WebSocket may have one after its next update.
const CANNOT: Duration = Duration::from_secs(300);

#[derive(Default)]
pub(super) struct Status(Mutex<State>);

#[derive(Default)]
struct State {
    is_up: bool,
    failures: u32,
    not_before: Option<Instant>,
}

impl Status {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn up(&self) {
        self.state().is_up = true;
    }

    /// Something was acknowledged.
    pub(super) fn works(&self) {
        let mut state = self.state();
        let is_up = state.is_up;
        *state = State {
            is_up,
            ..State::default()
        };
    }

    /// The connection broke, or could not be made. `cannot`: the collector has none, or none that is of use.
    pub(super) fn down(&self, cannot: bool, now: Instant) {
        let mut state = self.state();
        let doubled = FIRST_WAIT.saturating_mul(1 << state.failures.min(16));
        let wait = if cannot {
            CANNOT
        } else {
            doubled.min(MAX_WAIT)
        };
        state.is_up = false;
        state.failures += 1;
        state.not_before = now.checked_add(wait);
    }

    /// It was closed with nothing on its way: the next one is made when it is needed.
    pub(super) fn rests(&self) {
        self.state().is_up = false;
    }

    pub(super) fn is_up(&self) -> bool {
        self.state().is_up
    }

    pub(super) fn is_worth_a_try(&self) -> bool {
        let state = self.state();
        state.is_up || state.not_before.is_none_or(|then| Instant::now() >= then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_until_something_is_acknowledged() {
        let now = Instant::now();
        let status = Status::default();
        let wait = |status: &Status| status.state().not_before.map(|then| then - now);
        assert!(status.is_worth_a_try());
        for seconds in [1, 2, 4, 8] {
            status.down(false, now);
            assert_eq!(wait(&status), Some(Duration::from_secs(seconds)));
        }
        assert!(!status.is_worth_a_try());
        status.up();
        assert!(status.is_worth_a_try());
        status.down(false, now);
        assert_eq!(wait(&status), Some(Duration::from_secs(16)));
        status.up();
        status.works();
        assert!(status.is_up());
        status.rests();
        assert!(status.is_worth_a_try() && !status.is_up());
        (0..40).for_each(|_| status.down(false, now));
        assert_eq!(wait(&status), Some(MAX_WAIT));
        status.down(true, now);
        assert_eq!(wait(&status), Some(CANNOT));
    }
}
