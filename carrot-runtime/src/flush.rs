//! Waiting for delivery.

use std::time::Duration;

use crate::{FlushReport, export};

/// Has everything delivered that ended before the call, and says what became of it.
///
/// Blocks until that is settled, or for the flush timeout (5 s unless set otherwise). Safe anywhere: in
/// an async runtime of one thread, in a `Drop`, twice. What is open still is shipped as running.
///
/// ```
/// # use carrot_runtime as carrot_ai;
/// let report = carrot_ai::flush();
/// assert_eq!(report.pending, 0);
/// ```
pub fn flush() -> FlushReport {
    export::flush(None)
}

/// What a flush before has waited for in vain is tried once more, not waited for again.
const AGAIN: Duration = Duration::from_millis(250);

/// The flush of the guard, and of the process's exit.
pub(crate) fn at_the_end() {
    if export::gave_up() {
        flush_timeout(AGAIN);
    } else {
        flush();
    }
}

/// Like [`flush`], with a timeout of its own.
pub fn flush_timeout(timeout: Duration) -> FlushReport {
    export::flush(Some(timeout))
}
